package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/internal/sqlstore"
	"github.com/usher-scim/usher/store/storetest"
)

// recorder is the driver that remembers which queries were prepared.
type recorder struct {
	driver.Driver

	mu      sync.Mutex
	queries map[string]bool
}

func (r *recorder) Open(name string) (driver.Conn, error) {
	c, err := r.Driver.Open(name)
	return recordedConn{c, r}, err
}

type recordedConn struct {
	driver.Conn
	r *recorder
}

func (c recordedConn) Prepare(query string) (driver.Stmt, error) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.queries[query] = true
	return c.Conn.Prepare(query)
}

func (c recordedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

// wholeRoot is a step of a plan that reads every row of a root of a table that is long.
var wholeRoot = regexp.MustCompile(`^(SCAN|SEARCH) (resource|r|g|member|m|attribute|a|subject|membership|audit|event|request|session|x|link|app_grant|attempt|replay|message)\b(.* \(root=\?\))?$` +
	`|^SEARCH (session|x) .*\(root=\? AND ends>\?\)$`) // every live session

// TestPlans_NoQueryReadsAWholeRoot: SQLite has no statistics, and takes an index of the root alone as soon as a condition
// on the root stands beside a better one.
func TestPlans_NoQueryReadsAWholeRoot(t *testing.T) {
	t.Parallel()
	storetest.SkipUnderRace(t)
	r := &recorder{queries: map[string]bool{}}
	open := recording(t, r)
	t.Run("suite", func(t *testing.T) { storetest.Run(t, open) })
	work(t, open(t))
	plans, err := Open(t.Context(), t.TempDir(), Options{})
	must(t, err)
	defer plans.Close()
	seen := 0
	for query := range r.queries {
		for _, step := range planOf(t, plans.read, query) {
			seen++
			if wholeRoot.MatchString(step) && !inOrder.MatchString(query) {
				t.Errorf("%s\nof %s", step, query)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d steps of plans, which is not all that was done", seen)
	}
}

// inOrder are queries that read a root in the order of an index, up to a limit, and the licence view's count, which is
// taken now and then.
var inOrder = regexp.MustCompile(`ORDER BY r\.id( DESC)?, r\.seq LIMIT|FROM request .* LIMIT|^SELECT workspace, connection, count\(\*\) FROM membership`)

// recording opens stores whose queries are remembered.
func recording(t *testing.T, r *recorder) storetest.Open {
	t.Helper()
	plain, err := sql.Open("sqlite", ":memory:")
	must(t, err)
	defer plain.Close()
	r.Driver = plain.Driver()
	name := t.Name()
	sql.Register(name, r)
	return func(t *testing.T) directory.Store {
		t.Helper()
		first, err := Open(t.Context(), t.TempDir(), Options{DangerSynchronousOff: true})
		must(t, err)
		db, err := sql.Open(name, dsn(first.path, Options{}.withDefaults(), "immediate", readerCache))
		must(t, err)
		t.Cleanup(func() { must(t, errors.Join(db.Close(), first.Close())) })
		return recordedStore(db)
	}
}

func recordedStore(db *sql.DB) *sqlstore.Store {
	stmts := sqlstore.NewStatements(db)
	return sqlstore.New(sqlstore.Engine{
		Dialect: sqlstore.Dialect{Unique: isUnique, Busy: isBusy}, Read: db,
		Write: func(ctx context.Context, _ int, fn func(*sqlstore.Tx) error) error {
			in, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = in.Rollback() }()
			if err := fn(sqlstore.NewTx(ctx, stmts, in)); err != nil {
				return err
			}
			return in.Commit()
		},
	}, sqlstore.Options{})
}

func planOf(t *testing.T, db *sql.DB, query string) (steps []string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, make([]any, parameters(query))...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		if parent == 0 { // what is below picks the rows of one slice, up to a limit
			steps = append(steps, step)
		}
	}
	return steps
}

var parameter = regexp.MustCompile(`\$([0-9]+)`)

func parameters(query string) (most int) {
	for _, m := range parameter.FindAllStringSubmatch(query, -1) {
		n := 0
		for _, digit := range m[1] {
			n = 10*n + int(digit-'0')
		}
		most = max(most, n)
	}
	return most
}

// work does what makes most of the queries: users, groups and lists, and deletes all in the end.
func work(t *testing.T, s directory.Store) {
	t.Helper()
	ctx, by := t.Context(), directory.Actor{Name: "test"}
	d, err := directory.New(directory.Config{Store: s, Key: directory.NewKey(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	w, err := d.CreateWorkspace(ctx, by, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	must(t, err)
	conn, err := d.CreateConnection(ctx, by, w, directory.NewConnection{Name: "okta", Profile: "rfc"})
	must(t, err)
	_, err = d.CreateToken(ctx, by, conn, time.Now().AddDate(0, 1, 0))
	must(t, err)
	c := d.ClientFor(w, conn, by)
	user := createIn(t, c, scim.UserType(), `{"schemas":["`+scim.URNUser+`"],"userName":"ada","emails":[{"value":"ada@example.com"}]}`)
	group := createIn(t, c, scim.GroupType(), `{"schemas":["`+scim.URNGroup+`"],"displayName":"All","members":[{"value":"`+user+`"}]}`)
	for _, filter := range []string{
		"", `userName eq "ada"`, `userName sw "a"`, `emails.value eq "ada@example.com"`, `externalId eq "x"`, `id eq "` + user + `"`,
		`title eq "x"`, `active eq true`, `userName co "d"`, `not (userName eq "x")`,
	} {
		q := scim.Query{StartIndex: 1, Count: 10}
		if filter != "" {
			q.Filter, err = scim.ParseFilter(filter, scim.UserType(), scim.Profile{})
			must(t, err)
		}
		_, err = c.List(ctx, scim.UserType(), q)
		must(t, err)
	}
	_, err = d.People(ctx, w, directory.PeopleFilter{Text: "a", Role: "member"})
	must(t, err)
	_, err = d.Feed(ctx, w, 0, 10, 0)
	must(t, err)
	must(t, d.SealAudit(ctx))
	_, err = d.RequestLog(ctx, w, directory.RequestQuery{Limit: 10})
	must(t, err)
	must(t, c.Delete(ctx, scim.GroupType(), group, scim.Write{}))
	must(t, d.DeleteConnection(ctx, by, conn))
	must(t, d.DeleteWorkspace(ctx, by, w.Key))
}

func createIn(t *testing.T, c *directory.Client, typ *scim.ResourceType, body string) string {
	t.Helper()
	doc, err := scim.ParseJSON([]byte(body), scim.Limits{})
	must(t, err)
	r, err := typ.Decode(doc, scim.Profile{})
	must(t, err)
	record, err := c.Create(t.Context(), r, scim.Write{})
	must(t, err)
	return record.ID
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
