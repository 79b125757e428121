package sqlstore

import (
	"cmp"
	"fmt"
	"strings"
)

// together is a statement that many rows of arguments can share. Where statements are sent together all of them are one
// statement, which costs the server a fraction of one for each.
type together interface {
	// named reports that a query may use what the statement changes or looks at.
	named(query string) bool
	// of is the statement of these rows.
	of(rows [][]any) Queued
}

// insert is the statement of new rows of a table of whose outcome nobody asks.
type insert struct {
	table string
	types []string
	one   string // of a row, of which each column is an argument
	many  string // of rows, of which each column is an argument that is a list
}

// newInsert returns the one for these columns, "name TYPE, name, …"; TEXT need not be told.
func newInsert(table, columns string) *insert {
	names, types := columnsOf(columns)
	places := make([]string, len(types))
	for i := range types {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	into := "INSERT INTO " + table + "(" + strings.Join(names, ", ") + ") "
	return &insert{
		table: table, types: types,
		one:  into + "VALUES(" + strings.Join(places, ", ") + ")",
		many: into + "SELECT * FROM " + unnested(types),
	}
}

// columnsOf are the names and the types of columns; see newInsert.
func columnsOf(columns string) (names, types []string) {
	for column := range strings.SplitSeq(columns, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(column), " ")
		names, types = append(names, name), append(types, cmp.Or(typ, typeText))
	}
	return names, types
}

// unnested is a table of rows that are the first arguments, a list for each column.
func unnested(types []string) string {
	places := make([]string, len(types))
	for i, typ := range types {
		places[i] = fmt.Sprintf("$%d::%s[]", i+1, typ)
	}
	return "unnest(" + strings.Join(places, ", ") + ")"
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
	return Queued{Query: in.many, Args: lists(in.types, rows)}
}

// lists are the columns of rows.
func lists(types []string, rows [][]any) []any {
	args := make([]any, len(types))
	for i, typ := range types {
		switch typ {
		case typeBigint:
			args[i] = list(rows, i, number64)
		case typeBytea:
			args[i] = list(rows, i, func(v any) []byte { return v.([]byte) })
		default:
			args[i] = list(rows, i, textOrNull)
		}
	}
	return args
}

// absence is the statement that makes sure that a table has no row with any of these keys; one that is there is a conflict.
type absence struct {
	table string
	types []string
	query string // divides by zero when it finds one; see Queued
}

// newAbsence returns the one for a key of these columns; see newInsert.
func newAbsence(table, columns string) *absence {
	names, types := columnsOf(columns)
	same := make([]string, len(names))
	for i, name := range names {
		same[i] = "t." + name + " = k." + name
	}
	// OFFSET has each looked up by its key: nothing is to be joined.
	return &absence{table, types, "WITH found AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM " + unnested(types) + " AS k(" +
		strings.Join(names, ", ") + ") WHERE EXISTS (SELECT 1 FROM " + table + " t WHERE " + strings.Join(same, " AND ") +
		" OFFSET 0))) SELECT 1 / count(*) FROM found"}
}

func (a *absence) named(query string) bool { return names(query, a.table) }

func (a *absence) of(rows [][]any) Queued {
	return Queued{Query: a.query, Args: lists(a.types, rows), Must: true}
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

func (in *insert) named(query string) bool { return names(query, in.table) }

// names reports that a query may use a table: its name stands there, and not as one of several columns.
func names(query, table string) bool {
	for {
		before, rest, found := strings.Cut(query, table)
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
