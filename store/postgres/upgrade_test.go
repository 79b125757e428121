package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/usher-scim/usher/store/postgres"
)

// What is in the tables of an earlier version is there after the migration to the present one.
func TestMigrate_FromEachVersion(t *testing.T) {
	t.Parallel()
	schema, err := postgres.ReadSchema(t.Context(), server.URL("postgres"))
	must(t, err)
	for _, from := range schema.Known[:len(schema.Known)-1] {
		t.Run(fmt.Sprint(from.Version), func(t *testing.T) {
			t.Parallel()
			url := server.Database(t, "")
			migrateTo(t, url, from.Version)
			tables := columnsOf(t, url)
			want := map[string][]string{}
			for table, columns := range tables {
				alter(t, "pgx", url, insertRows(table, columns))
				want[table] = textsOf(t, url, table, columns)
			}
			must(t, open(t, url).Ping(t.Context()))
			for table, columns := range tables {
				if diff := cmp.Diff(want[table], textsOf(t, url, table, columns)); diff != "" || len(want[table]) != upgradedRows {
					t.Errorf("table %s: of version %d (-), migrated (+):\n%s", table, from.Version, diff)
				}
			}
			if now, err := postgres.ReadSchema(t.Context(), url); err != nil || now.Version != now.Newest() {
				t.Errorf("the schema is %+v, %v", now, err)
			}
		})
	}
}

// migrateTo applies the migrations up to a version.
func migrateTo(t *testing.T, url string, version int64) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithTableName("schema_version"))
	must(t, err)
	_, err = p.UpTo(context.Background(), version)
	must(t, err)
}

// column is one of a table, with its type.
type column struct{ name, kind string }

func columnsOf(t *testing.T, url string) map[string][]column {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'schema\_%' ORDER BY ordinal_position`)
	must(t, err)
	defer rows.Close()
	tables := map[string][]column{}
	for rows.Next() {
		var table string
		var c column
		must(t, rows.Scan(&table, &c.name, &c.kind))
		tables[table] = append(tables[table], c)
	}
	must(t, rows.Err())
	return tables
}

// upgradedRows are in each table that is migrated: not so few that all keys look alike, some of them long.
const upgradedRows = 200

func insertRows(table string, columns []column) string {
	var names, values []string
	for _, c := range columns {
		names = append(names, c.name)
		switch c.kind {
		case "bigint", "integer", "smallint":
			values = append(values, "n")
		case "bytea":
			values = append(values, "convert_to('bytes' || n, 'UTF8')")
		default:
			values = append(values, "repeat('x', (n % 9 * 40)::int) || n")
		}
	}
	return fmt.Sprintf(`INSERT INTO %s(%s) SELECT %s FROM generate_series(1, %d) n`, table, strings.Join(names, ", "), strings.Join(values, ", "), upgradedRows)
}

// textsOf reads some columns of a table: each row as one text, in order.
func textsOf(t *testing.T, url, table string, columns []column) (list []string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	var cells []string
	for _, c := range columns {
		cells = append(cells, c.name+"::text")
	}
	rows, err := db.Query(`SELECT concat_ws('|', ` + strings.Join(cells, ", ") + `) FROM ` + table + ` ORDER BY 1`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var row string
		must(t, rows.Scan(&row))
		list = append(list, row)
	}
	must(t, rows.Err())
	return list
}
