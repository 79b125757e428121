package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-scim/usher/directory"
)

// What an earlier Usher stored is there, and can be worked on: memberships know whose users grant them.
func TestMigrate_Version3(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := migrations.Provider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile("testdata/version3.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(rows)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := reopen(t, dir)
	at := func(n int64) time.Time { return time.Unix(0, n).UTC() }
	member := func(subject, connection, role string, status directory.MemberStatus, source directory.Source, joined time.Time, version int64) directory.Membership {
		return directory.Membership{
			Root: "w", Workspace: "w", Subject: subject, Connection: connection, Role: role, RoleSource: source, Status: status,
			StatusSource: source, Joined: joined, Created: at(6), Modified: at(7), Version: version,
		}
	}
	cy := member("cy", "", "member", directory.StatusDeactivated, directory.SourceSCIM, time.Time{}, 1)
	cy.RoleSource = directory.SourceDefault
	tree, err := s.Tree(t.Context(), "w")
	same(t, tree, err, []directory.Workspace{{
		Root: "w", ID: "w", Key: "ACME", Name: "Acme", DefaultRole: "member", Created: at(5), Config: 1, Version: 2,
	}})
	roles, err := s.Roles(t.Context(), "w", "w")
	same(t, roles, err, []directory.Role{
		{Root: "w", Workspace: "w", Name: "admin", Permissions: []string{"a"}, Version: 1}, {Root: "w", Workspace: "w", Name: "guest", Version: 1},
	})
	ada := directory.Subject{Root: "w", ID: "ada", Created: at(5), Version: 1}
	subject, err := s.Subject(t.Context(), "w", "ada")
	same(t, subject, err, ada)
	members, err := s.Memberships(t.Context(), "w", "w", "", 0)
	want := []directory.Membership{
		member("ada", "c", "admin", directory.StatusActive, directory.SourceSCIM, at(6), 3),
		member("bob", "c", "member", directory.StatusDeactivated, "", time.Time{}, 1), cy,
	}
	same(t, members, err, want)
	after := want[1]
	after.Teams, after.Version = []string{"Ops"}, 2
	named := ada
	named.Name, named.Version = "Ada", 2
	err = s.Commit(t.Context(), &directory.Change{
		Root: "w", Config: 1, Reconfigures: true, Memberships: []directory.Edit[directory.Membership]{{Before: &want[1], After: &after}},
		Subjects: []directory.Edit[directory.Subject]{{Before: &ada, After: &named}},
	})
	if err != nil {
		t.Fatal(err)
	}
	users, err := s.UsersOf(t.Context(), "w", "bob")
	if err != nil || len(users) != 1 || users[0].Connection != "c" {
		t.Errorf("Bob's users are %+v, %v", users, err)
	}
}

func same[T any](t *testing.T, got T, err error, want T) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("got (+), want (-):\n%s", diff)
	}
}
