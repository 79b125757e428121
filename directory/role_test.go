package directory_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
)

func TestRole_CreateUpdateDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	made, err := w.directory.CreateRole(w.ctx, operator, w.workspace, directory.Role{
		Name: "Editor", Description: "may write", Permissions: []string{"pages.write", "pages.read", "pages.write"},
	})
	check(t, err)
	equal(t, "permissions", made.Permissions, []string{"pages.read", "pages.write"})
	w.wantHappened(`role.create Editor by cli:test: {"name":"Editor","description":"may write","permissions":["pages.read","pages.write"]}`)

	// M12: what differs in nothing is not written.
	same := []string{"pages.write", "pages.read"}
	unchanged, err := w.directory.UpdateRole(w.ctx, operator, w.workspace, "Editor", directory.RoleChange{Permissions: &same})
	check(t, err)
	equal(t, "unchanged", unchanged, made)
	w.wantHappened()

	fewer := []string{"pages.read"}
	updated, err := w.directory.UpdateRole(w.ctx, operator, w.workspace, "Editor", directory.RoleChange{Permissions: &fewer})
	check(t, err)
	equal(t, "updated", []any{updated.Permissions, updated.Description, updated.Version}, []any{fewer, "may write", int64(2)})
	w.wantHappened(`role.update Editor by cli:test: {"name":"Editor","description":"may write","permissions":["pages.read"]}`)
	roles, err := w.directory.Roles(w.ctx, w.workspace)
	check(t, err)
	equal(t, "stored", roles[0], updated)

	check(t, w.directory.DeleteRole(w.ctx, operator, w.workspace, "Editor"))
	w.wantHappened(`role.delete Editor by cli:test: {"name":"Editor","description":"may write","permissions":["pages.read"]}`)
	err = w.directory.DeleteRole(w.ctx, operator, w.workspace, "Editor")
	wantRefusal(t, err, directory.RefusedNotFound, `no role "Editor"`)
}

func TestRole_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf("p%d", i)
	}
	for _, row := range []struct {
		role directory.Role
		kind directory.RefusalKind
		text string
	}{
		{directory.Role{Name: ""}, directory.RefusedInvalid, "role name"},
		{directory.Role{Name: "owner"}, directory.RefusedExists, `"owner"`},
		{directory.Role{Name: "r", Permissions: []string{"Pages"}}, directory.RefusedInvalid, `"Pages"`},
		{directory.Role{Name: "r", Permissions: []string{""}}, directory.RefusedInvalid, `""`},
		{directory.Role{Name: "r", Permissions: []string{"a b"}}, directory.RefusedInvalid, `"a b"`},
		{directory.Role{Name: "r", Permissions: []string{"a\n"}}, directory.RefusedInvalid, `"a\n"`},
		{directory.Role{Name: "r", Permissions: many}, directory.RefusedInvalid, "101"},
		{directory.Role{Name: "r", Description: strings.Repeat("x", 501)}, directory.RefusedInvalid, "500"},
	} {
		_, err := w.directory.CreateRole(w.ctx, operator, w.workspace, row.role)
		wantRefusal(t, err, row.kind, row.text)
	}
	// M9: names tell upper from lower case.
	_, err := w.directory.UpdateRole(w.ctx, operator, w.workspace, "Owner", directory.RoleChange{})
	wantRefusal(t, err, directory.RefusedNotFound, `no role "Owner"`)
	w.wantHappened()
}

func TestRole_WhatIsUsedStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, i := range []string{"a@x.org", "b@x.org"} {
		w.invite(directory.Invitation{Email: i, Role: "admin"})
	}
	settings := directory.ConnectionSettings{Roles: []string{"owner"}}
	_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
	check(t, err)
	w.skip()
	for _, row := range []struct{ role, text string }{
		{"member", "default role"},
		{"admin", "2 members"},
		{"owner", `connection "okta-1"`},
	} {
		err := w.directory.DeleteRole(w.ctx, operator, w.workspace, row.role)
		wantRefusal(t, err, directory.RefusedInUse, row.text)
	}
	w.wantHappened()
}

func TestRole_B11_TheOnlyOwnersRoleKeepsItsPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	none := []string{}
	drop := directory.RoleChange{Permissions: &none}
	jane := w.member("jane@x.org", "owner")
	w.skip()
	_, err := w.directory.UpdateRole(w.ctx, operator, w.workspace, "owner", drop)
	wantRefusal(t, err, directory.RefusedLastOwner, `"owner"`)
	w.wantHappened()
	_, err = w.directory.CreateRole(w.ctx, operator, w.workspace, directory.Role{Name: "founder", Permissions: []string{directory.PermissionOwn}})
	check(t, err)
	w.change(jane, directory.MemberChange{Role: new("founder")})
	_, err = w.directory.UpdateRole(w.ctx, operator, w.workspace, "owner", drop)
	check(t, err)
}

// A role that is deleted while it is given to somebody is either still there or given to nobody.
func TestRole_GivenWhileItIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "")
	elsewhere := w.open(w.key)
	for i := range 10 {
		name := fmt.Sprintf("r%d", i)
		_, err := w.directory.CreateRole(w.ctx, operator, w.workspace, directory.Role{Name: name})
		check(t, err)
		var both sync.WaitGroup
		var deleted, given error
		both.Go(func() { deleted = w.directory.DeleteRole(w.ctx, operator, w.workspace, name) })
		both.Go(func() {
			_, _, given = elsewhere.ChangeMember(w.ctx, operator, w.workspace, jane, directory.MemberChange{Role: &name})
		})
		both.Wait()
		if (deleted == nil) == (given == nil) {
			t.Fatalf("deleting says %v, giving says %v; exactly one is to be refused", deleted, given)
		}
	}
}

func TestTeam_CreateUpdateDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	made, err := w.directory.CreateTeam(w.ctx, operator, w.workspace, directory.Team{Name: "East", Description: "of the sun"})
	check(t, err)
	w.wantHappened(`team.create East by cli:test: {"name":"East","description":"of the sun"}`)
	_, err = w.directory.CreateTeam(w.ctx, operator, w.workspace, directory.Team{Name: "East"})
	wantRefusal(t, err, directory.RefusedExists, `"East"`)
	_, err = w.directory.CreateTeam(w.ctx, operator, w.workspace, directory.Team{Name: " "})
	wantRefusal(t, err, directory.RefusedInvalid, "team name")

	unchanged, err := w.directory.UpdateTeam(w.ctx, operator, w.workspace, "East", directory.TeamChange{Description: new("of the sun")})
	check(t, err)
	equal(t, "unchanged", unchanged, made)
	w.wantHappened()
	_, err = w.directory.UpdateTeam(w.ctx, operator, w.workspace, "East", directory.TeamChange{Description: new("")})
	check(t, err)
	w.wantHappened(`team.update East by cli:test: {"name":"East"}`)

	jane := w.invite(directory.Invitation{Email: "jane@x.org", Teams: []string{"East"}})
	w.skip()
	err = w.directory.DeleteTeam(w.ctx, operator, w.workspace, "East")
	wantRefusal(t, err, directory.RefusedInUse, "1 member ")
	w.change(jane.Subject, directory.MemberChange{Teams: &[]string{}})
	w.skip()
	check(t, w.directory.DeleteTeam(w.ctx, operator, w.workspace, "East"))
	w.wantHappened(`team.delete East by cli:test: {"name":"East"}`)
	teams, err := w.directory.Teams(w.ctx, w.workspace)
	check(t, err)
	equal(t, "teams", len(teams), 0)
	err = w.directory.DeleteTeam(w.ctx, operator, w.workspace, "East")
	wantRefusal(t, err, directory.RefusedNotFound, `"East"`)
}
