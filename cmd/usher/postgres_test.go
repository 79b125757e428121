package main

import (
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
