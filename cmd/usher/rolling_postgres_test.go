package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// TestReplicas_OldOnesServeOnExpandedTables lets replicas serve while a later release migrates the tables below them, and
// fills what it has added: no request is refused, and nothing is lost. When that release takes away what they need, they
// say that they are not ready, and none starts.
func TestReplicas_OldOnesServeOnExpandedTables(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.StartNetwork()
	stopAfter(t, server, err)
	f := newFleet(t, server, 2, server.Addr())
	l, end := f.startTraffic()
	l.progress(t, 5, 10*time.Second)

	later := f.laterRelease(server)
	later.expand()
	f.add() // an old one comes up on the new tables
	later.backfill()
	l.progress(t, 10, 20*time.Second)
	f.awaitReady(http.StatusOK, time.Second)
	seen := l.takeSeen()
	if seen["503"] > 0 || seen["no answer"] > 0 {
		t.Errorf("requests were refused while the tables were expanded:%s", inWords(seen))
	}
	end()

	later.contract()
	f.awaitReady(http.StatusServiceUnavailable, 10*time.Second)
	f.wantRefused()
	later.undo()
	f.awaitReady(http.StatusOK, 10*time.Second)
	f.verify(l)
}

// TestReplicas_OldAndNewServeTogether is a rolling upgrade: a binary of a later release, which has one migration more,
// comes up beside two of this one, and takes their place one after the other. No request is refused, and nothing is lost.
func TestReplicas_OldAndNewServeTogether(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.StartNetwork()
	stopAfter(t, server, err)
	f := newFleet(t, server, 2, server.Addr())
	schema, err := postgres.ReadSchema(context.Background(), server.URL("postgres"))
	f.check(err)
	later := f.buildLater(schema.Newest() + 1)
	l, end := f.startTraffic()
	l.progress(t, 5, 10*time.Second)

	old := f.running()
	f.addOf(later)
	l.progress(t, 10, 20*time.Second)
	f.awaitReady(http.StatusOK, time.Second)
	f.add() // an old one that starts again, too
	for _, r := range append(old, f.running()[3]) {
		f.drain(r)
		f.addOf(later)
		l.progress(t, 5, 10*time.Second)
	}
	if seen := l.takeSeen(); seen["503"] > 0 || seen["no answer"] > 0 {
		t.Errorf("requests were refused while replicas were replaced:%s", inWords(seen))
	}
	end()
	schema, err = postgres.ReadSchema(context.Background(), server.URL("postgres"))
	f.check(err)
	if want := schema.Newest() + 1; schema.Version != want {
		t.Errorf("the schema has version %d, want %d", schema.Version, want)
	}
	f.verify(l)
}

// buildLater builds usher with one migration more.
func (f *fleet) buildLater(version int64) string {
	f.Helper()
	root, err := filepath.Abs("../..")
	f.check(err)
	binary, migration, overlay := filepath.Join(f.dir, "later"), filepath.Join(f.dir, "later.sql"), filepath.Join(f.dir, "overlay.json")
	f.check(os.WriteFile(migration, fmt.Appendf(nil, `-- +goose Up
SET LOCAL lock_timeout = '2s';
ALTER TABLE resource ADD COLUMN colour TEXT COLLATE "C";
INSERT INTO schema_floor(version, oldest) VALUES (%d, %d);
`, version, version-1), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(root, "store/postgres/migrations", fmt.Sprintf("%05d_later.sql", version)): migration,
	}})
	f.check(err)
	f.check(os.WriteFile(overlay, replace, 0o600))
	cmd := exec.Command("go", "build", "-overlay", overlay, "-o", binary, "./cmd/usher")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		f.Fatalf("%v: %s", err, out)
	}
	return binary
}

// laterRelease works on the database as the next release of Usher does.
type laterRelease struct {
	*fleet
	db      *sql.DB
	version int64 // of its first migration
}

func (f *fleet) laterRelease(server *postgrestest.Server) *laterRelease {
	f.Helper()
	schema, err := postgres.ReadSchema(context.Background(), server.URL("postgres"))
	f.check(err)
	return &laterRelease{f, f.open(server), schema.Newest() + 1}
}

// expand adds a column, a table and an index to those of this release, which goes on working.
func (r *laterRelease) expand() {
	r.Helper()
	r.migrate(r.version, `-- +goose Up
		SET LOCAL lock_timeout = '2s';
		ALTER TABLE resource ADD COLUMN colour TEXT COLLATE "C";
		CREATE TABLE palette (root BIGINT NOT NULL, id TEXT COLLATE "C" NOT NULL, PRIMARY KEY (root, id));
		INSERT INTO schema_floor(version, oldest) VALUES (%d, %d);`, r.version, r.version-1)
	r.migrate(r.version+1, `-- +goose NO TRANSACTION
		-- +goose Up
		CREATE INDEX CONCURRENTLY resource_colour ON resource(root, colour);`)
}

// migrate applies one more migration.
func (r *laterRelease) migrate(version int64, format string, args ...any) {
	r.Helper()
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\t", "")
	files := fstest.MapFS{fmt.Sprintf("%05d_later.sql", version): &fstest.MapFile{Data: []byte(text)}}
	p, err := goose.NewProvider(goose.DialectPostgres, r.db, files, goose.WithTableName("schema_version"))
	r.check(err)
	_, err = p.Up(context.Background())
	r.check(err)
}

// backfill writes into what was added, row by row, while the old release writes the same rows.
func (r *laterRelease) backfill() {
	r.Helper()
	var seqs []int64
	rows, err := r.db.Query(`SELECT seq FROM resource`)
	r.check(err)
	defer rows.Close()
	for rows.Next() {
		var seq int64
		r.check(rows.Scan(&seq))
		seqs = append(seqs, seq)
	}
	r.check(rows.Err())
	if len(seqs) == 0 {
		r.Fatal("there is nothing to fill")
	}
	for _, seq := range seqs {
		_, err := r.db.Exec(`UPDATE resource SET colour = 'blue' WHERE seq = $1`, seq)
		r.check(err)
	}
}

// contract says that the tables are no longer for this release.
func (r *laterRelease) contract() {
	r.Helper()
	r.migrate(r.version+2, `-- +goose Up
		INSERT INTO schema_floor(version, oldest) VALUES (%d, %d);`, r.version+2, r.version)
}

func (r *laterRelease) undo() {
	r.Helper()
	_, err := r.db.Exec(`DELETE FROM schema_floor WHERE oldest >= $1`, r.version)
	r.check(err)
}

// wantRefused starts a replica that is not to come up.
func (f *fleet) wantRefused() {
	f.Helper()
	cmd := exec.Command(os.Args[0], "serve", "--addr", "127.0.0.1:0", "--database", f.app.Database, "--key-file", f.app.KeyFile)
	cmd.Env = append(os.Environ(), asUsher+"=1")
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		f.Errorf("serve has ended with %v", err)
	}
	for _, want := range []string{"the database was made by a newer Usher", "schema needs version", "hint: "} {
		if !strings.Contains(string(out), want) {
			f.Errorf("serve says %q, and nothing of %q", out, want)
		}
	}
}
