package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// kind is what a column holds.
type kind int

const (
	integers kind = iota + 1
	texts
	binaries
)

// kinds are the kinds by the names that the engines have for them.
var kinds = map[string]kind{
	"INTEGER": integers, "bigint": integers,
	"TEXT": texts, "text": texts,
	"BLOB": binaries, "bytea": binaries,
}

// column is a column of a table.
type column struct {
	name string
	kind kind
}

// catalogue is what an engine says of its tables: columns in the order of their names, by table. What is called schema_*
// tells of the tables themselves, and is not in it.
type catalogue map[string][]column

// readCatalogue runs an engine's query for table, column and type.
func readCatalogue(ctx context.Context, conn *sql.Conn, query string) (catalogue, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := catalogue{}
	for rows.Next() {
		var table, name, typ string
		if err := rows.Scan(&table, &name, &typ); err != nil {
			return nil, err
		}
		if strings.HasPrefix(table, "schema_") {
			continue
		}
		if kinds[typ] == 0 {
			return nil, fmt.Errorf("column %s.%s is of type %s, which nobody has said how to copy", table, name, typ)
		}
		c[table] = append(c[table], column{name, kinds[typ]})
	}
	for _, columns := range c {
		slices.SortFunc(columns, func(a, b column) int { return strings.Compare(a.name, b.name) })
	}
	return c, rows.Err()
}

// What an engine of one writer and one of several do not have in common. All else must be there on both sides.
var (
	// unused are columns that only SQLite has, from its first version, and that nothing reads.
	unused = []string{"audit.chain", "audit.segment", "event.position"}
	// placed are columns that stand for the order of a log where there are several writers; see log_order.go. Where there
	// is one it is the sequence number.
	placed = map[string]string{"audit.position": "seq", "event.position": "seq"}
	// heads is the table that such an order is given by.
	heads = "log_head"
)

// transfer is how the rows of a table go over.
type transfer struct {
	table   string
	columns []column
	from    []string // what each column is on the other side
}

// names are those of the columns.
func (t transfer) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// match finds where each column comes from. What is on one side only is an error: a table or column that was forgotten
// here would be lost.
func match(from, to catalogue) ([]transfer, error) {
	var list []transfer
	var wrong []error
	for table, columns := range to {
		if table == heads {
			continue
		}
		if from[table] == nil {
			wrong = append(wrong, fmt.Errorf("the table %s is in the new database only", table))
			continue
		}
		t := transfer{table: table, columns: columns}
		for _, c := range columns {
			origin, err := originOf(table, c, from[table])
			t.from, wrong = append(t.from, origin), append(wrong, err)
		}
		list = append(list, t)
	}
	wrong = append(wrong, lostIn(from, to)...)
	slices.SortFunc(list, func(a, b transfer) int { return strings.Compare(a.table, b.table) })
	return list, errors.Join(wrong...)
}

// originOf is the column of the other side that a column is filled from.
func originOf(table string, c column, from []column) (string, error) {
	if origin := placed[table+"."+c.name]; origin != "" {
		return origin, nil
	}
	for _, o := range from {
		if o == c {
			return c.name, nil
		}
	}
	return "", fmt.Errorf("the column %s.%s is not of this kind in both databases", table, c.name)
}

// lostIn lists what would not go over.
func lostIn(from, to catalogue) (lost []error) {
	for table, columns := range from {
		if to[table] == nil {
			lost = append(lost, fmt.Errorf("the table %s is in the old database only", table))
			continue
		}
		for _, c := range columns {
			same := func(o column) bool { return o.name == c.name }
			if !slices.ContainsFunc(to[table], same) && !slices.Contains(unused, table+"."+c.name) {
				lost = append(lost, fmt.Errorf("the column %s.%s is in the old database only", table, c.name))
			}
		}
	}
	return lost
}
