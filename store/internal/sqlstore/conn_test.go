package sqlstore

import (
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

func TestConn_LacksAnArgument(t *testing.T) {
	t.Parallel()
	_, err := NewConn(nil).values(&prepared{args: []int{0, 1}}, []any{1})
	if err == nil {
		t.Error("a statement of two arguments runs with one")
	}
}
