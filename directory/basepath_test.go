package directory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestConnectionAt_C1(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	at := func(path string) string {
		t.Helper()
		id, rest, ok := w.directory.ConnectionAt(w.ctx, path)
		return fmt.Sprintf("%s %s %t", id, rest, ok)
	}
	set := func(c directory.Connection, s directory.ConnectionSettings) {
		t.Helper()
		_, err := w.directory.UpdateConnection(w.ctx, operator, c, directory.ConnectionChange{Settings: &s})
		check(t, err)
		w.clock.add(time.Second)
	}
	if w.directory.HasBasePaths(w.ctx) {
		t.Error("there is none yet")
	}
	set(w.connection, directory.ConnectionSettings{BasePath: "/nx/v2"})
	second, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{
		Name: "second", Settings: directory.ConnectionSettings{BasePath: "/nx/v2/idp"},
	})
	check(t, err)
	w.clock.add(time.Second)
	one, two := w.connection.ID, second.ID
	for path, want := range map[string]string{
		"/nx/v2":                    one + "  true",
		"/nx/v2/Users/1":            one + " /Users/1 true",
		"//nx///v2//Users":          one + " //Users true", // T-016
		"/nx/v2/idp/Users":          two + " /Users true",
		"/nx/v2/idpx/Users":         one + " /idpx/Users true",
		"/nx/v2/Users/nx/v2/idp":    one + " /Users/nx/v2/idp true",
		"/nx":                       "  false",
		"/NX/v2":                    "  false",
		"/n%78/v2":                  "  false",
		"/x/nx/v2":                  "  false",
		"":                          "  false",
		fmt.Sprintf("/%0300d/a", 0): "  false",
	} {
		if got := at(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
	set(second, directory.ConnectionSettings{BasePath: "/nx/v2"})
	if got := at("/nx/v2/Users"); got != " /Users true" {
		t.Errorf("of two connections neither is meant before the token is seen: %q", got)
	}
	set(second, directory.ConnectionSettings{BasePath: "/scim/v2"}) // which is everybody's
	if got := at("/nx/v2/Users"); got != one+" /Users true" {
		t.Errorf("a connection that has moved on: %q", got)
	}
}

// countingStore counts the reads that unknown paths could cause.
type countingStore struct {
	directory.Store
	workspaces, connections int
}

func (s *countingStore) Workspaces(ctx context.Context) ([]directory.Workspace, error) {
	s.workspaces++
	return s.Store.Workspaces(ctx)
}

func (s *countingStore) Connections(ctx context.Context, root, workspace string) ([]directory.Connection, error) {
	s.connections++
	return s.Store.Connections(ctx, root, workspace)
}

func TestConnectionAt_UnknownPathsCostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	store := &countingStore{Store: w.store}
	d, err := directory.New(directory.Config{Store: store, Key: w.key, Now: w.clock.Now})
	check(t, err)
	for range 100 {
		d.ConnectionAt(w.ctx, "/guess")
	}
	w.clock.add(time.Second)
	for range 100 {
		d.ConnectionAt(w.ctx, "/guess")
	}
	if store.workspaces != 2 || store.connections != 1 {
		t.Errorf("%d reads of workspaces and %d of connections for two moments, one of them with nothing new", store.workspaces, store.connections)
	}
}
