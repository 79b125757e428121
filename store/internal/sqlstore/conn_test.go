package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func TestUnnamed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		query, text string
		args        []int
	}{
		{`COMMIT`, `COMMIT`, nil},
		{`SELECT $1`, `SELECT ?`, []int{0}},
		{`SELECT a FROM t WHERE b = $2 AND c = $1 AND d = $2`, `SELECT a FROM t WHERE b = ? AND c = ? AND d = ?`, []int{1, 0, 1}},
		{`VALUES($9, $10,$11)`, `VALUES(?, ?,?)`, []int{8, 9, 10}},
		{`SELECT '$', $1, '$`, `SELECT '$', ?, '$`, []int{0}},
	} {
		text, args := unnamed(row.query)
		if text != row.text || !slices.Equal(args, row.args) {
			t.Errorf("%s: %s with %v, want %s with %v", row.query, text, args, row.text, row.args)
		}
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	type word string
	type raw []byte
	for _, row := range []struct {
		dest any
		v    driver.Value
		want any // nil: refused
	}{
		{new(int64), int64(7), int64(7)},
		{new(int), int64(7), 7},
		{new(bool), int64(1), true},
		{new(bool), int64(0), false},
		{new(string), "a", "a"},
		{new(string), []byte("a"), "a"},
		{new(word), "a", word("a")},
		{new([]byte), "a", []byte("a")},
		{new([]byte), []byte("a"), []byte("a")},
		{new(raw), "a", raw("a")},
		{&raw{1}, nil, raw(nil)},
		{new(document), []byte("{}"), document("{}")},
		{new(int64), "7", nil},
		{new(int64), nil, nil},
		{new(string), nil, nil},
		{new(string), int64(7), nil},
		{new([]byte), int64(7), nil},
	} {
		err := assign(row.dest, row.v)
		got := reflect.ValueOf(row.dest).Elem().Interface()
		name := fmt.Sprintf("a %T for a %T", row.v, row.dest)
		switch {
		case row.want == nil && err == nil:
			t.Errorf("%s: taken as %v", name, got)
		case row.want != nil && (err != nil || !reflect.DeepEqual(got, row.want)):
			t.Errorf("%s: %#v, %v; want %#v", name, got, err, row.want)
		}
	}
}

func TestConn_LacksAnArgument(t *testing.T) {
	t.Parallel()
	_, err := NewConn(nil).values(&prepared{args: []int{0, 1}}, []any{1})
	if err == nil {
		t.Error("a statement of two arguments runs with one")
	}
}
