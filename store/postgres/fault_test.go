package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// While the server is away callers hear that the store is busy; when it is back all goes on, and what was acknowledged
// is there.
func TestFault_ServerCrashesAndComesBack(t *testing.T) {
	t.Parallel()
	own, err := postgrestest.Start("fsync=on")
	must(t, err)
	t.Cleanup(func() { must(t, own.Stop()) })
	s, err := postgres.Open(t.Context(), own.URL("postgres"), postgres.Options{Timeout: 2 * time.Second})
	must(t, err)
	t.Cleanup(func() { s.Close() })

	var mu sync.Mutex
	acknowledged := map[string]bool{}
	busy := 0
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for k := 0; ; k++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("w%dk%d", w, k)
				err := s.Commit(t.Context(), logged(id))
				mu.Lock()
				switch {
				case err == nil:
					acknowledged[id] = true
				case errors.Is(err, directory.ErrBusy):
					busy++
				default:
					t.Errorf("neither done nor busy: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	progress := func(more int) func() bool {
		mu.Lock()
		goal := len(acknowledged) + more
		mu.Unlock()
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged) >= goal
		}
	}
	await(t, progress(50))
	must(t, own.Halt())
	await(t, func() bool { mu.Lock(); defer mu.Unlock(); return busy > 10 })
	if _, err := s.Workspaces(t.Context()); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("a read without a server: %v", err)
	}
	if _, err := s.WorkspaceByKey(t.Context(), "X"); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("a look-up without a server: %v", err)
	}
	must(t, own.Resume())
	back := time.Now()
	await(t, progress(50))
	if took := time.Since(back); took > 10*time.Second {
		t.Errorf("it took %s to go on", took)
	}
	close(stop)
	wg.Wait()
	page, err := s.Events(t.Context(), root, 0, 0)
	must(t, err)
	there := map[string]bool{}
	for _, e := range page {
		there[e.ID] = true
	}
	for id := range acknowledged {
		if !there[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
}

// Who waits for a row longer than the bound hears that the store is busy, and nothing was written.
func TestFault_LockTimeoutIsBusy(t *testing.T) {
	t.Parallel()
	url := database(t)
	s, err := postgres.Open(t.Context(), url, postgres.Options{LockTimeout: 50 * time.Millisecond})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	w := directory.Workspace{Root: root, ID: root, Key: "ACME", Created: time.Unix(1, 0), Version: 1}
	must(t, s.Commit(t.Context(), &directory.Change{Root: root, Workspaces: []directory.Edit[directory.Workspace]{{After: &w}}}))
	release := lockRows(t, url, `UPDATE workspace SET name = name`)
	defer release()
	c := logged("x")
	c.Config = 1
	if err := s.Commit(t.Context(), c); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("committed: %v", err)
	}
	if page, err := s.Events(t.Context(), root, 0, 0); err != nil || len(page) != 0 {
		t.Errorf("%d events, %v", len(page), err)
	}
}

// A pool that is exhausted makes callers wait, and then tells them.
func TestFault_PoolExhausted(t *testing.T) {
	t.Parallel()
	url := database(t)
	s, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 2})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	w := directory.Workspace{Root: root, ID: root, Key: "ACME", Created: time.Unix(1, 0), Version: 1}
	must(t, s.Commit(t.Context(), &directory.Change{Root: root, Workspaces: []directory.Edit[directory.Workspace]{{After: &w}}}))
	release := lockRows(t, url, `UPDATE workspace SET name = name`)
	first := make(chan error, 1)
	go func() {
		c := logged("first")
		c.Config = 1
		first <- s.Commit(t.Context(), c)
	}()
	await(t, func() bool { return waiting(t, url) == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Commit(ctx, logged("second")); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("committed: %v", err)
	}
	release()
	must(t, <-first)
}

// A server that refuses writes is not ready and says so. Its connections go, so that the next ones may find a server that
// takes them: a setting of the role holds for as long as a session.
func TestFault_ConnectionsToAServerThatRefusesWritesGo(t *testing.T) {
	t.Parallel()
	own, _ := alone(t, postgres.Options{})
	set := func(statement string) {
		execute(t, own.URL("postgres")+"&default_transaction_read_only=off", statement)
	}
	set(`ALTER ROLE usher SET default_transaction_read_only = on`)
	s := open(t, own.URL("postgres"))
	err := s.Commit(t.Context(), logged("refused"))
	if !errors.Is(err, directory.ErrBusy) || !postgres.IsReadOnly(err) {
		t.Errorf("committed: %v", err)
	}
	set(`ALTER ROLE usher RESET default_transaction_read_only`)
	must(t, s.Commit(t.Context(), logged("second")))
	err = s.Ping(t.Context()) // on a connection that reads, which was opened before
	if !errors.Is(err, directory.ErrReadOnly) || !strings.Contains(err.Error(), "default_transaction_read_only is on") {
		t.Errorf("ping: %v", err)
	}
	must(t, s.Ping(t.Context()))
}

// What keeps the store from its tables, and an operator can undo, is no fault of a request: callers hear that the store is
// busy, and when it is undone all goes on.
func TestFault_WhatAnOperatorCanUndoIsBusy(t *testing.T) {
	t.Parallel()
	own, _ := alone(t, postgres.Options{})
	execute(t, own.URL("postgres"), `CREATE ROLE app LOGIN`)
	execute(t, own.URL("postgres"), `CREATE DATABASE app OWNER app`)
	s := open(t, strings.Replace(own.URL("app"), "usher@", "app@", 1))
	const writes, all = false, true
	for _, test := range []struct {
		name, in, do, undo string
		refused            bool // all of it
	}{
		{"taken out of service", "postgres", `ALTER DATABASE app ALLOW_CONNECTIONS false`, `ALTER DATABASE app ALLOW_CONNECTIONS true`, all},
		{"renamed", "postgres", `ALTER DATABASE app RENAME TO gone`, `ALTER DATABASE gone RENAME TO app`, all},
		{"a role that may not log in", "postgres", `ALTER ROLE app NOLOGIN`, `ALTER ROLE app LOGIN`, all},
		{"rights to read and write", "app", `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM app`, `GRANT ALL ON ALL TABLES IN SCHEMA public TO app`, all},
		{"rights to write", "app", `REVOKE INSERT ON ALL TABLES IN SCHEMA public FROM app`, `GRANT INSERT ON ALL TABLES IN SCHEMA public TO app`, writes},
	} {
		must(t, s.Commit(t.Context(), logged("before "+test.name)))
		if test.in == "postgres" { // nobody comes in between
			execute(t, own.URL("postgres"), `ALTER ROLE app CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'app'`)
		}
		execute(t, own.URL(test.in), test.do)
		execute(t, own.URL("postgres"), `ALTER ROLE app CONNECTION LIMIT -1`)
		asked := []error{s.Commit(t.Context(), logged("while "+test.name))}
		if test.refused == all {
			_, list := s.Workspaces(t.Context())
			_, lookup := s.WorkspaceByKey(t.Context(), "X")
			asked = append(asked, list, lookup, s.Ping(t.Context()))
		}
		for i, err := range asked {
			if !errors.Is(err, directory.ErrBusy) {
				t.Errorf("%s: answer %d: %v", test.name, i, err)
			}
		}
		execute(t, own.URL(test.in), test.undo)
		must(t, s.Commit(t.Context(), logged("after "+test.name)))
		must(t, s.Ping(t.Context()))
	}
}

// A statement that is wrong is a fault of ours.
func TestFault_AMissingTableIsNotBusy(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	execute(t, url, `ALTER TABLE workspace RENAME TO another`)
	defer execute(t, url, `ALTER TABLE another RENAME TO workspace`)
	if _, err := s.Workspaces(t.Context()); err == nil || errors.Is(err, directory.ErrBusy) {
		t.Error(err)
	}
}

// A standby is not ready.
func TestStandby_IsNotReady(t *testing.T) {
	t.Parallel()
	primary, err := postgrestest.StartNetwork("fsync=on")
	must(t, err)
	t.Cleanup(func() { must(t, primary.Stop()) })
	must(t, open(t, primary.URL("postgres")).Ping(t.Context()))
	standby, err := primary.Standby()
	must(t, err)
	t.Cleanup(func() { must(t, standby.Stop()) })
	s := open(t, standby.URL("postgres"))
	err = s.Ping(t.Context())
	if !errors.Is(err, directory.ErrReadOnly) || !strings.Contains(err.Error(), "is a standby") {
		t.Errorf("ping: %v", err)
	}
	must(t, standby.Promote())
	await(t, func() bool { return s.Ping(t.Context()) == nil })
	must(t, s.Commit(t.Context(), logged("first")))
}

func execute(t *testing.T, url, statements string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	_, err = db.Exec(statements)
	must(t, err)
}
