package directory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// merger is a tenant with three identity providers, in which people are also moved and merged.
type merger struct {
	*world
	rt        *rapid.T
	workspace directory.Workspace
	providers []*world
	child     directory.Workspace
}

// Whatever identity providers do, and however their users are moved and subjects merged meanwhile: every user and every
// membership has a subject that exists, no connection has two users of one subject, what is granted by a connection is
// granted to one of its users, or to somebody who was one, and the events replayed into an empty map give the members.
func TestProperty_B10_MovesAndMerges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := newMerger(t, rt)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			m.step()
			m.checkRows()
		}
		if got, want := fmt.Sprint(m.replayed()), fmt.Sprint(m.stored()); got != want {
			rt.Fatalf("the events come to\n%s\nwant\n%s", got, want)
		}
	})
}

func newMerger(t *testing.T, rt *rapid.T) *merger {
	w := newWorld(t, "okta")
	child, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "EU", Parent: "ACC123"})
	check(t, err)
	m := &merger{world: w, rt: rt, workspace: w.workspace, child: child}
	m.providers = []*world{w, w.provider("entra"), w.provider("onelogin")}
	return m
}

// step does one thing that is possible, or refused.
func (m *merger) step() {
	p := m.provided("provider")
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(m.rt, "name")
	id := rapid.SampledFrom([]string{"", "1", "2"}).Draw(m.rt, "externalId")
	var err error
	switch rapid.SampledFrom([]string{"post", "post", "patch", "delete", "move", "merge", "invite", "remove", "restore"}).Draw(m.rt, "what") {
	case "post":
		doc := fmt.Sprintf(`{"userName":%q,"externalId":%q,"active":%t}`, name, id, rapid.Bool().Draw(m.rt, "active"))
		if id == "" {
			doc = fmt.Sprintf(`{"userName":%q}`, name)
		}
		_, err = p.Create(m.ctx, decode(m.t, p.Client, p.userType(), doc), scim.Write{})
	case "patch":
		err = m.atUser(p, func(u directory.User) error {
			value := rapid.SampledFrom([]string{"true", "false"}).Draw(m.rt, "active")
			_, err := p.Patch(m.ctx, u.ID, parsePatch(m.t, p.Client, p.userType(), replaceOp("active", value)), scim.Write{})
			return err
		})
	case "delete":
		err = m.atUser(p, func(u directory.User) error { return p.Delete(m.ctx, p.userType(), u.ID, scim.Write{}) })
	case "move":
		err = m.move(p, m.provided("to"))
	case "merge":
		all := m.subjects()
		if len(all) > 1 {
			_, err = m.directory.MergeSubjects(m.ctx, operator, m.workspace, rapid.SampledFrom(all).Draw(m.rt, "keep"),
				rapid.SampledFrom(all).Draw(m.rt, "drop"), rapid.Bool().Draw(m.rt, "preview"))
		}
	case "invite":
		in := rapid.SampledFrom([]directory.Workspace{m.workspace, m.child}).Draw(m.rt, "workspace")
		role := rapid.SampledFrom([]string{"owner", ""}).Draw(m.rt, "role")
		_, err = m.directory.Invite(m.ctx, operator, in, directory.Invitation{Email: name + "@x.org", Role: role})
	case "remove":
		if all := m.subjects(); len(all) > 0 {
			_, err = m.directory.RemoveMember(m.ctx, operator, m.workspace, rapid.SampledFrom(all).Draw(m.rt, "who"))
		}
	case "restore":
		if all := m.subjects(); len(all) > 0 {
			_, err = m.directory.RestoreMember(m.ctx, operator, m.workspace, rapid.SampledFrom(all).Draw(m.rt, "who"))
		}
	}
	var refused *directory.Refusal
	var unfit *scim.Error
	if err != nil && !errors.As(err, &refused) && !errors.As(err, &unfit) {
		m.rt.Fatalf("a fault: %v", err)
	}
}

func (m *merger) provided(label string) *world {
	return m.providers[rapid.IntRange(0, len(m.providers)-1).Draw(m.rt, label)]
}

// move moves all users, as the preview says, and lets the provider in again.
func (m *merger) move(from, to *world) error {
	preview, err := m.directory.MoveUsers(m.ctx, operator, from.connection, to.connection, directory.MoveOptions{Preview: true})
	if err != nil {
		return err
	}
	r, err := m.directory.MoveUsers(m.ctx, operator, from.connection, to.connection, directory.MoveOptions{Pause: true})
	if err != nil {
		return err
	}
	if left := len(m.usersOf(from)); left != r.Conflicts || r.Moved+r.Merged+r.Conflicts != r.Users || fmt.Sprint(numbers(preview)) != fmt.Sprint(numbers(r)) {
		m.rt.Fatalf("%d users are left of %v, whose preview was %v", left, numbers(r), numbers(preview))
	}
	_, err = m.directory.ResumeConnection(m.ctx, operator, from.connection)
	return err
}

func (m *merger) usersOf(p *world) []directory.User {
	page, err := m.store.Users(m.ctx, directory.ListQuery{
		Root: m.workspace.Root, Connection: p.connection.ID, Type: scim.UserType(), StartIndex: 1, Limit: 100,
	})
	check(m.t, err)
	return page.Users
}

func (m *merger) atUser(p *world, do func(directory.User) error) error {
	all := m.usersOf(p)
	if len(all) == 0 {
		return nil
	}
	return do(rapid.SampledFrom(all).Draw(m.rt, "user"))
}

// subjects are those who are members or have users, in an order that a run can be repeated in.
func (m *merger) subjects() []string {
	all := map[string]bool{}
	for _, one := range m.memberships() {
		all[one.Subject] = true
	}
	for _, p := range m.providers {
		for _, u := range m.usersOf(p) {
			all[u.Subject] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (m *merger) memberships() []directory.Membership {
	var all []directory.Membership
	for _, w := range []directory.Workspace{m.workspace, m.child} {
		list, err := m.store.Memberships(m.ctx, w.Root, w.ID, "", 0)
		check(m.t, err)
		all = append(all, list...)
	}
	return all
}

func (m *merger) checkRows() {
	exists := func(subject string) {
		if _, err := m.store.Subject(m.ctx, m.workspace.Root, subject); err != nil {
			m.rt.Fatalf("subject %s: %v", subject, err)
		}
	}
	for _, p := range m.providers {
		seen := map[string]bool{}
		for _, u := range m.usersOf(p) {
			exists(u.Subject)
			if seen[u.Subject] {
				m.rt.Fatalf("connection %s has two users of subject %s", p.connection.Name, u.Subject)
			}
			seen[u.Subject] = true
		}
	}
	for _, one := range m.memberships() {
		exists(one.Subject)
	}
	for _, w := range []directory.Workspace{m.workspace, m.child} {
		removed, err := m.store.Removals(m.ctx, w.Root, w.ID, 0)
		check(m.t, err)
		for _, r := range removed {
			exists(r.Subject)
		}
	}
}

func (m *merger) stored() map[string]plainMember {
	all := map[string]plainMember{}
	for _, one := range m.memberships() {
		all[one.Workspace+" "+one.Subject] = plainMember{one.Role, one.Teams, one.Status, one.Blocked}
	}
	return all
}

func (m *merger) replayed() map[string]plainMember {
	events, err := m.directory.EventLog(m.ctx, m.workspace, 0, 0)
	check(m.t, err)
	members := map[string]plainMember{}
	for _, e := range events {
		var one plainMember
		check(m.t, json.Unmarshal(e.Data, &one))
		key := e.Workspace + " " + e.Subject
		switch {
		case e.Type == directory.EventMemberLeft:
			delete(members, key)
		case one.Status != "": // who is a member there
			members[key] = one
		}
	}
	return members
}

func numbers(r directory.MoveReport) []int { return []int{r.Users, r.Moved, r.Merged, r.Conflicts} }
