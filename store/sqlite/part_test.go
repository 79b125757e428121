package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// TestPart_ReadsNarrowRowsOnly: the index of the keys alone, and what is found by its number.
func TestPart_ReadsNarrowRowsOnly(t *testing.T) {
	t.Parallel()
	s, c := partStore(t, Options{})
	r := &recorder{Driver: s.read.Driver(), queries: map[string]bool{}}
	sql.Register(t.Name(), r)
	db, err := sql.Open(t.Name(), dsn(s.path, Options{}.withDefaults(), "immediate", readerCache))
	must(t, err)
	defer db.Close()
	recorded := recordedStore(db)
	defer recorded.Close()
	for _, filter := range []string{
		`userName co "x"`, `externalId ew "x"`, `displayName co "x"`, `emails co "x" or userName ew "x"`,
		`emails[value co "x" and value ew "y"]`, `not (userName co "x")`, `emails co "x" and active eq true and userName co "y"`,
	} {
		_, err := listPart(t, recorded, c, filter)
		must(t, err)
	}

	seen := 0
	for query := range r.queries {
		if !strings.Contains(query, "AS BLOB") {
			continue
		}
		for _, step := range wholePlan(t, s.read, query) {
			if !ofTable.MatchString(step) {
				continue
			}
			seen++
			if !narrow.MatchString(step) {
				t.Errorf("%s\nof %s", step, query)
			}
		}
	}
	if seen < 10 {
		t.Errorf("%d steps of plans, which is not all that was done", seen)
	}
}

// ofTable are the steps that read a table, and narrow those of them that read no document, or only those of resources
// that are known by their numbers.
var (
	ofTable = regexp.MustCompile(`^(SCAN|SEARCH) (resource|r|attribute)\b`)
	narrow  = regexp.MustCompile(`USING (COVERING INDEX|PRIMARY KEY)|(seq|rowid)=\?`)
)

// TestPart_IsBounded: by the number of resources, and by the time that a scan may take.
func TestPart_IsBounded(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]Options{
		"keys": {ScanKeys: 1, Scan: 1}, "time": {ScanTime: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := partStore(t, opt)
			for _, filter := range []string{`userName co "a"`, `emails ew "a"`} {
				if _, err := listPart(t, s, c, filter); !errors.Is(err, directory.ErrTooMany) {
					t.Errorf("%s: %v, want %v", filter, err, directory.ErrTooMany)
				}
			}
			page, err := listPart(t, s, c, `userName sw "a"`)
			must(t, err)
			if page.Total != 1 {
				t.Errorf("%d match, want 1", page.Total)
			}
		})
	}
}

// partStore has two users.
func partStore(t *testing.T, opt Options) (*Store, directory.Connection) {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "usher.db"), opt)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	ctx, by := t.Context(), directory.Actor{Name: "test"}
	d, err := directory.New(directory.Config{Store: s, Key: directory.NewKey()})
	must(t, err)
	w, err := d.CreateWorkspace(ctx, by, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	must(t, err)
	conn, err := d.CreateConnection(ctx, by, w, directory.NewConnection{Name: "okta", Profile: "rfc"})
	must(t, err)
	for _, name := range []string{"ada", "bob"} {
		createIn(t, d.ClientFor(w, conn, by), scim.UserType(), `{"schemas":["`+scim.URNUser+`"],"userName":"`+name+`",
			"displayName":"`+name+`","emails":[{"value":"`+name+`@example.com"}]}`)
	}
	return s, conn
}

func listPart(t *testing.T, s directory.Store, c directory.Connection, filter string) (directory.UserPage, error) {
	t.Helper()
	f, err := scim.ParseFilter(filter, scim.UserType(), scim.Profile{})
	must(t, err)
	return s.Users(t.Context(), directory.ListQuery{
		Root: c.Root, Connection: c.ID, Type: scim.UserType(), Filter: f, StartIndex: 1, Limit: 10,
	})
}

// wholePlan are all steps of a query's plan, those of what is inside of it too.
func wholePlan(t *testing.T, db *sql.DB, query string) (steps []string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, make([]any, parameters(query))...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	return steps
}
