package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-scim/usher/directory"
)

// version3 is a database of schema version 3: a workspace with two connections, the second of which has no users any
// more; Ada, who is active, and Bob, who is not; Cy, whose connection is deleted.
var version3 = []string{
	`INSERT INTO symbol(no, text) VALUES (1, 'w'), (2, 'w/c/User'), (3, 'w/c/Group')`,
	`INSERT INTO workspace(root, id, key, name, default_role, created, version) VALUES (1, 'w', 'ACME', 'Acme', 'member', 5, 2)`,
	`INSERT INTO role(root, workspace, name, permissions) VALUES (1, 'w', 'admin', '["a"]'), (1, 'w', 'guest', 'null')`,
	`INSERT INTO connection(root, id, workspace, name, profile, state, state_by, state_at, first_contact, last_contact, created, version)
		VALUES (1, 'c', 'w', 'okta', 'okta', 'enabled', '', 0, 0, 0, 5, 1), (1, 'd', 'w', 'entra', 'entra', 'enabled', '', 0, 0, 0, 5, 1)`,
	`INSERT INTO subject(root, id, created) VALUES (1, 'ada', 5), (1, 'bob', 5), (1, 'cy', 5)`,
	`INSERT INTO resource(root, scope, id, subject, name, name_key, external_id, active, version, created, modified, links, ord, body)
		VALUES (1, 2, 'u1', 'ada', 'Ada', 'ada', '', 1, 1, 5, 5, 0, 0, '{}'), (1, 2, 'u2', 'bob', 'Bob', 'bob', '', 0, 1, 5, 5, 0, 0, '{}'),
			(1, 3, 'g1', '', 'G', 'g', '', 0, 1, 5, 5, 0, 0, '{}')`,
	`INSERT INTO membership(root, workspace, subject, role, role_source, status, status_source, created, modified, version)
		VALUES (1, 'w', 'ada', 'admin', 'scim', 'active', 'scim', 6, 7, 3), (1, 'w', 'bob', 'member', '', 'deactivated', '', 6, 7, 1),
			(1, 'w', 'cy', 'member', 'default', 'deactivated', 'scim', 6, 7, 1)`,
}

// What an earlier Usher stored is there, and can be worked on: memberships know whose users grant them.
func TestMigrate_Version3(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := provider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	for _, q := range version3 {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%v in %s", err, q)
		}
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
