package postgres_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// server is the one of this test binary.
var server *postgrestest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (status int) {
	var err error
	if server, err = postgrestest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}()
	if err := server.Template("migrated", func(url string) error {
		s, err := postgres.Open(context.Background(), url, postgres.Options{})
		if err != nil {
			return err
		}
		return s.Close()
	}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// database makes a database with the present schema.
func database(t testing.TB) string {
	t.Helper()
	return server.Database(t, "migrated")
}

// open opens a store of its own for a test. A machine that is busy has the time for scans.
func open(t testing.TB, url string) *postgres.Store {
	t.Helper()
	return openWith(t, url, postgres.Options{})
}

func openWith(t testing.TB, url string, opt postgres.Options) *postgres.Store {
	t.Helper()
	opt.Connections, opt.ScanTime = 16, time.Minute
	s, err := postgres.Open(t.Context(), url, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
