package postgres_test

import (
	"database/sql"
	"errors"
	neturl "net/url"
	"sync"
	"testing"

	"github.com/usher-scim/usher/store/postgres"
)

// Of replicas that start at once on an empty database one migrates, and all come up.
func TestMigrate_ThreeStartAtOnce(t *testing.T) {
	t.Parallel()
	url := server.Database(t, "")
	stores := make([]*postgres.Store, 3)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), url, postgres.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	for i, s := range stores {
		if s == nil {
			continue
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("store %d: %v", i, err)
		}
		if _, err := s.Workspaces(t.Context()); err != nil {
			t.Errorf("store %d: %v", i, err)
		}
		must(t, s.Close())
	}
	if n := count(t, url, `SELECT count(*) FROM schema_version WHERE version_id = 4`); n != 1 {
		t.Errorf("the first migration was applied %d times", n)
	}
}

func count(t *testing.T, url, query string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	must(t, db.QueryRow(query).Scan(&n))
	return n
}

// A database that a newer Usher has changed beyond what this one knows is refused, at the start and by Ping.
func TestSchemaFloor_NewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	url := server.Database(t, "")
	s := open(t, url)
	count(t, url, `INSERT INTO schema_floor(version, oldest) VALUES (1000, 999) RETURNING 1`)
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrNewerSchema) {
		t.Errorf("opened: %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, postgres.ErrNewerSchema) {
		t.Errorf("ping: %v", err)
	}
}

// Where tables would have no schema, the one that the URL names is told.
func TestMigrate_NoSchema(t *testing.T) {
	t.Parallel()
	url := server.Database(t, "")
	execute(t, url, `CREATE SCHEMA secluded`)
	execute(t, url, `DO $$ BEGIN IF to_regrole('stranger') IS NULL THEN CREATE ROLE stranger LOGIN; END IF; END $$`)
	for _, test := range []struct{ query, text, hint string }{
		{"search_path=nosuch", "no schema nosuch", "CREATE SCHEMA nosuch AUTHORIZATION usher;"},
		{"search_path=" + neturl.PathEscape(`"No ""such"", one" ,nowhere`), `no schema "No ""such"", one"`, `CREATE SCHEMA "No ""such"", one" AUTHORIZATION usher;`},
		{"search_path=" + neturl.PathEscape(`"$user"`), "no schema usher", "CREATE SCHEMA usher AUTHORIZATION usher;"},
		{"search_path=" + neturl.PathEscape(`""`), "names no schema", "search_path=usher"},
		{"search_path=secluded&user=stranger", "stranger may not use the schema secluded", "GRANT USAGE, CREATE ON SCHEMA secluded TO stranger"},
	} {
		wantRefused(t, url+"&"+test.query, test.text, test.hint)
	}
}

// Every key and unique constraint begins with the root, but for tables that are the installation's.
func TestSchema_KeysBeginWithTheRoot(t *testing.T) {
	t.Parallel()
	url := database(t)
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
		WHERE n.nspname = 'public' AND a.attname <> 'root' AND c.relname NOT LIKE 'schema%' ORDER BY 1`)
	must(t, err)
	defer rows.Close()
	known := map[string]bool{
		"symbol_pkey": true, "symbol_text_key": true, // append-only, and small: a reference table
		"workspace_key_key": true, "domain_owner": true, // one in the installation
		"connection_id":       true, // a login knows the connection alone
		"idempotency_subject": true, // keys of the installation answer for subjects of any root
	}
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		if !known[name] {
			t.Errorf("index %s does not begin with the root", name)
		}
	}
	must(t, rows.Err())
}

// Texts compare by their bytes in every column, whatever the database's collation is.
func TestSchema_TextsCompareByBytes(t *testing.T) {
	t.Parallel()
	n := count(t, database(t), `SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'
		AND table_name NOT LIKE 'schema%' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	if n != 0 {
		t.Errorf("%d columns have another collation", n)
	}
}
