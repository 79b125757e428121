package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"testing"
)

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
