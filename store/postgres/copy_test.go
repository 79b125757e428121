package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/sqlite"
)

// sqliteFile makes a database with the present tables, and runs statements on it.
func sqliteFile(t *testing.T, statements ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), sqlite.FileName)
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	must(t, s.Close())
	alter(t, "sqlite", path, statements...)
	return path
}

// alter runs statements on a database of either engine.
func alter(t *testing.T, driver, address string, statements ...string) {
	t.Helper()
	db, err := sql.Open(driver, address)
	must(t, err)
	defer db.Close()
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%v in %s", err, q)
		}
	}
}

// copyFile copies a database file into the database of the URL.
func copyFile(ctx context.Context, path, url string, progress func(step string, done, total int64)) ([]postgres.Copied, error) {
	source, err := sqlite.OpenSource(ctx, path, false)
	if err != nil {
		return nil, err
	}
	copied, err := postgres.Copy(ctx, url, source, progress)
	return copied, errors.Join(err, source.Close())
}

func TestCopy_EveryValueOfEveryColumnOfEveryTable(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t), server.Database(t, "")
	want := fill(t, path)
	copied, err := copyFile(t.Context(), path, url, nil)
	must(t, err)
	for _, c := range copied {
		if c.Rows < fillRows {
			t.Errorf("%d rows of %s were copied", c.Rows, c.Table)
		}
	}
	if len(copied) != len(want) {
		t.Errorf("%d tables were copied, of %d", len(copied), len(want))
	}
	for table, rows := range want {
		if diff := cmp.Diff(rows, rowsOf(t, "pgx", url, table)); diff != "" {
			t.Errorf("table %s: in the copy (+), in the source (-):\n%s", table, diff)
		}
	}
}

// fillRows is how many rows fill makes in each table.
const fillRows = 4

// fill makes rows of the most unlike values that columns may have, and returns them as they are to arrive.
func fill(t *testing.T, path string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	tables := map[string][]string{}
	rows, err := db.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'schema%'`)
	must(t, err)
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables[name] = nil
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	for name := range tables {
		fillTable(t, db, name)
		tables[name] = rowsOf(t, "sqlite", path, name)
	}
	return tables
}

func fillTable(t *testing.T, db *sql.DB, name string) {
	t.Helper()
	rows, err := db.Query(`SELECT name, type, "notnull" + pk > 0, pk > 0 FROM pragma_table_info($1)`, name)
	must(t, err)
	defer rows.Close()
	var names, places []string
	var make []func(row int) any
	for rows.Next() {
		var column, typ string
		var needed, key bool
		must(t, rows.Scan(&column, &typ, &needed, &key))
		names, places = append(names, column), append(places, fmt.Sprintf("$%d", len(places)+1))
		make = append(make, values(typ, needed, key))
	}
	must(t, rows.Err())
	for row := range fillRows {
		var args []any
		for _, v := range make {
			args = append(args, v(row))
		}
		_, err := db.Exec(`INSERT INTO `+name+`(`+strings.Join(names, ", ")+`) VALUES(`+strings.Join(places, ", ")+`)`, args...)
		must(t, err)
	}
}

// values makes one column's value for each row.
func values(typ string, needed, key bool) func(row int) any {
	var list []any
	switch {
	case typ == "INTEGER" && key:
		list = []any{11, 12, 1 << 40, 14}
	case typ == "INTEGER":
		list = []any{0, -1, math.MaxInt64, math.MinInt64}
	case typ == "TEXT":
		list = []any{"", "NUL \x00, mark \x01", "no UTF-8: \xff", []byte("Zoë 🙂 " + strings.Repeat("x", 1000))}
	default:
		list = []any{[]byte{}, []byte{0, 1, 0xff}, "text in a column of bytes", []byte(strings.Repeat("\x00", 2000))}
	}
	if !needed {
		list[1] = nil
	}
	return func(row int) any { return list[row] }
}

// rowsOf reads a table: each row as one text, in the order of these.
func rowsOf(t *testing.T, driver, address, table string) (list []string) {
	t.Helper()
	db, err := sql.Open(driver, address)
	must(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT * FROM ` + table)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		cells, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			dest[i] = &cells[i]
		}
		must(t, rows.Scan(dest...))
		list = append(list, rowText(table, columns, cells))
	}
	must(t, rows.Err())
	slices.Sort(list)
	return list
}

// unstored is how texts with what PostgreSQL does not take stand there, and what they are.
var unstored = strings.NewReplacer("\x01\uFDD0", "\x00", "\x01\uFDD1", "\x01", "\x01\uFDD2ff", "\xff")

// rowText leaves out what the engines do not have in common: see log_order.go in sqlstore.
func rowText(table string, columns []string, cells []any) string {
	var texts []string
	for i, name := range columns {
		if slices.Contains([]string{"audit.position", "audit.segment", "audit.chain", "event.position"}, table+"."+name) {
			continue
		}
		texts = append(texts, fmt.Sprintf("%s=%q", name, unstored.Replace(fmt.Sprintf("%s", cell(cells[i])))))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func cell(v any) any {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case int64:
		return fmt.Sprint(v)
	}
	return v
}

// What is numbered after the copy comes behind all that was ever numbered before it, the deleted included: a reader that
// remembers how far it has come misses nothing.
func TestCopy_NumbersGoOnBehindThoseThatWereGiven(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t, `INSERT INTO symbol(no, text) VALUES (7, 'w')`,
		`INSERT INTO workspace(root, id, key, name, default_role, created, version) VALUES (7, 'w', 'ACME', 'Acme', 'member', 5, 2)`,
		`INSERT INTO event(root, seq, id, time, type, workspace, connection, subject, data) VALUES (7, 41, 'e', 5, 'x', 'w', '', '', '{}'),
			(7, 50, 'gone', 5, 'x', 'w', '', '', '{}')`, `DELETE FROM event WHERE seq = 50`), server.Database(t, "")
	_, err := copyFile(t.Context(), path, url, nil)
	must(t, err)
	s := open(t, url)
	read := func(after int64) (seqs []int64) {
		events, err := s.Events(t.Context(), "w", after, 10)
		must(t, err)
		for _, e := range events {
			seqs = append(seqs, e.Seq)
		}
		return seqs
	}
	if got := read(0); !slices.Equal(got, []int64{41}) {
		t.Errorf("events %v", got)
	}
	must(t, s.Commit(t.Context(), &directory.Change{Root: "w", Events: []directory.Event{{Root: "w", ID: "f", Type: "x", Workspace: "w", Data: []byte("{}")}}}))
	if got := read(50); !slices.Equal(got, []int64{51}) {
		t.Errorf("behind 50 there are %v", got)
	}
	for table, least := range map[string]int{"symbol": 8, "event": 51, "resource": 1, "audit": 1, "request": 1} {
		column := map[string]string{"symbol": "no"}[table]
		if column == "" {
			column = "seq"
		}
		if n := count(t, url, fmt.Sprintf(`SELECT nextval(pg_get_serial_sequence('%s', '%s'))`, table, column)); n < least {
			t.Errorf("the next number of %s is %d", table, n)
		}
	}
}

// A copy that is cut leaves nothing but the mark by which a server refuses the database. It can be run again.
func TestCopy_CutInTheMiddle(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range 5000 {
		values = append(values, fmt.Sprintf(`(%d, 'text %d')`, i+1, i))
	}
	path, url := sqliteFile(t, `INSERT INTO symbol(no, text) VALUES `+strings.Join(values, ",")), server.Database(t, "")
	for _, step := range []string{"copied", "verified"} {
		ctx, cut := context.WithCancel(t.Context())
		_, err := copyFile(ctx, path, url, func(at string, done, _ int64) {
			if at == step && done >= 2000 {
				cut()
			}
		})
		if err == nil {
			t.Fatal("a copy that was cut has ended")
		}
		if n := count(t, url, `SELECT count(*) FROM symbol`); n != 0 {
			t.Errorf("%d symbols are left", n)
		}
		if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrUnfinished) {
			t.Errorf("opened: %v", err)
		}
		if s, err := postgres.ReadSchema(t.Context(), url); err != nil || !s.Unfinished {
			t.Errorf("the schema is %+v, %v", s, err)
		}
	}
	_, err := copyFile(t.Context(), path, url, nil)
	must(t, err)
	must(t, open(t, url).Ping(t.Context()))
	if n := count(t, url, `SELECT count(*) FROM symbol`); n != 5000 {
		t.Errorf("%d symbols are there", n)
	}
}

func TestCopy_WhatDiffersIsFound(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t, `INSERT INTO symbol(no, text) VALUES (1, 'a'), (2, 'b'), (3, 'c')`), server.Database(t, "")
	must(t, open(t, url).Ping(t.Context()))
	alter(t, "pgx", url, `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.text := upper(NEW.text); RETURN NEW; END'`,
		`CREATE TRIGGER spoil BEFORE INSERT ON symbol FOR EACH ROW WHEN (NEW.no = 2) EXECUTE FUNCTION spoil()`)
	if _, err := copyFile(t.Context(), path, url, nil); !errors.Is(err, postgres.ErrDiffers) || !strings.Contains(err.Error(), "table symbol") {
		t.Errorf("a text that was changed on its way: %v", err)
	}
	alter(t, "pgx", url, `DROP TRIGGER spoil ON symbol`,
		`CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
		`CREATE TRIGGER spoil BEFORE INSERT ON symbol FOR EACH ROW WHEN (NEW.no = 2) EXECUTE FUNCTION spoil()`)
	if _, err := copyFile(t.Context(), path, url, nil); !errors.Is(err, postgres.ErrDiffers) {
		t.Errorf("a row that was lost on its way: %v", err)
	}
}

func TestCopy_RefusesWhatHoldsSomething(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t), server.Database(t, "")
	s := open(t, url)
	alter(t, "pgx", url, `INSERT INTO symbol(text) VALUES ('a')`)
	if _, err := copyFile(t.Context(), path, url, nil); !errors.Is(err, postgres.ErrNotEmpty) || !strings.Contains(err.Error(), "symbol") {
		t.Errorf("copied: %v", err)
	}
	must(t, s.Ping(t.Context())) // and goes on to be served
}

// What is on one side only would be lost, or missed.
func TestCopy_RefusesTablesThatAreNotAlike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, target, want string }{
		"a new table":    {`CREATE TABLE colour (root INTEGER, id TEXT)`, ``, "the table colour is in the old database only"},
		"a new column":   {`ALTER TABLE team ADD COLUMN colour TEXT`, ``, "the column team.colour is in the old database only"},
		"another table":  {``, `CREATE TABLE colour (root BIGINT, id TEXT)`, "the table colour is in the new database only"},
		"another column": {``, `ALTER TABLE team ADD COLUMN colour TEXT`, "the column team.colour is not of this kind in both databases"},
		"another type":   {`ALTER TABLE team ADD COLUMN colour TEXT`, `ALTER TABLE team ADD COLUMN colour BIGINT`, "team.colour"},
		"a strange type": {``, `ALTER TABLE team ADD COLUMN since TIMESTAMPTZ`, "column team.since is of type timestamp with time zone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, url := sqliteFile(t, c.source), server.Database(t, "")
			must(t, open(t, url).Ping(t.Context()))
			alter(t, "pgx", url, c.target)
			if _, err := copyFile(t.Context(), path, url, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want: %s", err, c.want)
			}
		})
	}
}

// A source that is served is not copied. When it is meant, the copy is what was there at the beginning.
func TestCopy_SourceThatIsServed(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t, `INSERT INTO symbol(no, text) VALUES (1, 'before')`), server.Database(t, "")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	defer s.Close()
	if _, err := copyFile(t.Context(), path, url, nil); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("copied: %v", err)
	}
	source, err := sqlite.OpenSource(t.Context(), path, true)
	must(t, err)
	alter(t, "sqlite", path, `INSERT INTO symbol(no, text) VALUES (2, 'after')`)
	_, err = postgres.Copy(t.Context(), url, source, nil)
	must(t, errors.Join(err, source.Close()))
	if n := count(t, url, `SELECT count(*) FROM symbol`); n != 1 {
		t.Errorf("%d rows were copied", n)
	}
}

// Nobody opens the source while it is copied.
func TestCopy_KeepsOthersOutOfTheSource(t *testing.T) {
	t.Parallel()
	path := sqliteFile(t)
	source, err := sqlite.OpenSource(t.Context(), path, false)
	must(t, err)
	defer source.Close()
	if err := sqlite.CheckUnused(t.Context(), path); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("unused: %v", err)
	}
}

// What the first binaries stored can be moved, when it has been migrated.
func TestCopy_Version3(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), sqlite.FileName)
	db, err := sql.Open("sqlite", path)
	must(t, err)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../sqlite/migrations"), goose.WithTableName("schema_version"))
	must(t, err)
	_, err = p.UpTo(t.Context(), 3)
	must(t, err)
	data, err := os.ReadFile("../sqlite/testdata/version3.sql")
	must(t, err)
	_, err = db.Exec(string(data))
	must(t, errors.Join(err, db.Close()))
	old, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	want := answers(t, old)
	must(t, old.Close())
	url := server.Database(t, "")
	_, err = copyFile(t.Context(), path, url, nil)
	must(t, err)
	if diff := cmp.Diff(want, answers(t, open(t, url))); diff != "" {
		t.Errorf("of the copy (+), of the source (-):\n%s", diff)
	}
}

// answers are what a store says of the people of version 3.
func answers(t *testing.T, s directory.Store) (all []any) {
	t.Helper()
	tree, err := s.Tree(t.Context(), "w")
	must(t, err)
	roles, err := s.Roles(t.Context(), "w", "w")
	must(t, err)
	members, err := s.Memberships(t.Context(), "w", "w", "", 0)
	must(t, err)
	users, err := s.UsersOf(t.Context(), "w", "bob")
	must(t, err)
	ada, err := s.Subject(t.Context(), "w", "ada")
	must(t, err)
	if len(members) != 3 || len(users) != 1 {
		t.Errorf("%d members, %d users", len(members), len(users))
	}
	return []any{tree, roles, members, users, ada}
}

// Of two copies at once one is refused. So is a copy into a database that somebody works in.
func TestCopy_WaitsForNobodyForLong(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t), server.Database(t, "")
	must(t, open(t, url).Ping(t.Context()))
	release := lockRows(t, url, `LOCK TABLE subject IN ROW EXCLUSIVE MODE`)
	defer release()
	if _, err := copyFile(t.Context(), path, url, nil); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("copied: %v", err)
	}
}

func TestCopy_ThroughPgBouncer(t *testing.T) {
	t.Parallel()
	path, url := sqliteFile(t), server.Database(t, "")
	fill(t, path)
	_, err := copyFile(t.Context(), path, pooled(t, "")(url), nil)
	must(t, err)
	must(t, open(t, url).Ping(t.Context()))
}
