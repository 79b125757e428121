package sqlstore

import (
	"cmp"
	"fmt"
	"strings"
)

// insert is the statement of new rows of a table of whose outcome nobody asks. Where statements are sent together all rows
// are one statement, which costs the server a fraction of one for each.
type insert struct {
	table string
	types []string
	one   string // of a row, of which each column is an argument
	many  string // of rows, of which each column is an argument that is a list
}

// newInsert returns the one for these columns, "name TYPE, name, …"; TEXT need not be told.
func newInsert(table, columns string) *insert {
	in := &insert{table: table}
	var names, places, lists []string
	for i, column := range strings.Split(columns, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(column), " ")
		typ = cmp.Or(typ, typeText)
		in.types = append(in.types, typ)
		names = append(names, name)
		places = append(places, fmt.Sprintf("$%d", i+1))
		lists = append(lists, fmt.Sprintf("$%d::%s[]", i+1, typ))
	}
	into := "INSERT INTO " + table + "(" + strings.Join(names, ", ") + ") "
	in.one = into + "VALUES(" + strings.Join(places, ", ") + ")"
	in.many = into + "SELECT * FROM unnest(" + strings.Join(lists, ", ") + ")"
	return in
}

// The types of the columns.
const (
	typeText   = "TEXT"
	typeBigint = "BIGINT"
	typeBytea  = "BYTEA"
)

// of is the statement of these rows.
func (in *insert) of(rows [][]any) Queued {
	if len(rows) == 1 {
		return Queued{Query: in.one, Args: rows[0]}
	}
	args := make([]any, len(in.types))
	for i, typ := range in.types {
		switch typ {
		case typeBigint:
			args[i] = list(rows, i, number64)
		case typeBytea:
			args[i] = list(rows, i, func(v any) []byte { return v.([]byte) })
		default:
			args[i] = list(rows, i, textOrNull)
		}
	}
	return Queued{Query: in.many, Args: args}
}

// list is a column of rows.
func list[T any](rows [][]any, column int, value func(any) T) []T {
	values := make([]T, len(rows))
	for i, row := range rows {
		values[i] = value(row[column])
	}
	return values
}

func number64(v any) int64 {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v.(int64)
}

func textOrNull(v any) *string {
	if v == nil {
		return nil
	}
	s := v.(string)
	return &s
}

// named reports that a query may use the table: its name stands there, and not as one of several columns.
func (in *insert) named(query string) bool {
	for {
		before, rest, found := strings.Cut(query, in.table)
		if !found {
			return false
		}
		if !strings.HasPrefix(rest, ",") && !isName(rest[:min(len(rest), 1)]) && !isName(before[max(len(before)-1, 0):]) {
			return true
		}
		query = rest
	}
}

// isName reports that a character is one of a name, as a table's or a column's is.
func isName(c string) bool { return c == "_" || c == "." || "a" <= c && c <= "z" }
