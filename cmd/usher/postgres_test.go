package main

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// startPostgres starts a server that lives as long as the script, and sets the environment variable to the URL of its
// database: postgres VAR
func startPostgres(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: postgres VAR")
	}
	s, err := postgrestest.Start()
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Stop()) })
	ts.Setenv(args[0], s.URL("postgres"))
}

// runProgram runs one of PostgreSQL's own programs, of the release that the scripts' servers are of:
// program pg_dump ARGUMENT…
func runProgram(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: program NAME ARGUMENT…")
	}
	path, err := postgrestest.Program(args[0])
	ts.Check(err)
	ts.Check(ts.Exec(path, args[1:]...))
}

// serveOnPostgres is serve on a PostgreSQL that lives as long as the test.
func serveOnPostgres(t *testing.T, flags ...string) *served {
	t.Helper()
	server, err := postgrestest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		t.Fatal(err)
	}
	return serveFrom(t, "", []string{"--database", server.URL("postgres"), "--key-file", file}, flags...)
}
