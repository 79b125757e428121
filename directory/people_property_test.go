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
)

// plainMember is a member as the app sees one: the state that events carry.
type plainMember struct {
	Role    string                 `json:"role"`
	Teams   []string               `json:"teams"`
	Status  directory.MemberStatus `json:"status"`
	Blocked bool                   `json:"blocked"`
}

func (m plainMember) owns() bool {
	return m.Role == "owner" && m.Status == directory.StatusActive && !m.Blocked
}

// office is a workspace, in which things are done by hand, and what the plain rules make of them.
type office struct {
	*world
	rt        *rapid.T
	workspace directory.Workspace
	members   map[string]plainMember // by subject
	removed   map[string]plainMember
}

// Whatever is done by hand: the members are what the plain rules say, the events replayed into an empty map give the
// same, what changes nothing leaves no trace (M12), and the last owner stays (B11).
func TestProperty_WhatIsDoneByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		o := &office{
			world: w, rt: rt, workspace: w.below("", fmt.Sprintf("N%d", n)),
			members: map[string]plainMember{}, removed: map[string]plainMember{},
		}
		people := make([]string, 3)
		for i := range people {
			p, err := w.directory.Invite(w.ctx, operator, o.workspace, directory.Invitation{Email: fmt.Sprintf("p%d@x.org", i)})
			check(t, err)
			people[i] = p.Subject
			o.members[p.Subject] = plainMember{Role: "member", Status: directory.StatusInvited}
		}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			o.step(rapid.SampledFrom(people).Draw(rt, "who"))
		}
		if got, want := fmt.Sprint(o.stored()), fmt.Sprint(o.members); got != want {
			rt.Fatalf("members are\n%s\nwant\n%s", got, want)
		}
		if got, want := fmt.Sprint(o.replayed()), fmt.Sprint(o.members); got != want {
			rt.Fatalf("the events come to\n%s\nwant\n%s", got, want)
		}
	})
}

// step does one thing to one person, and says what is to come of it.
func (o *office) step(who string) {
	d, before := o.directory, o.trail()
	m, there := o.members[who]
	want, err := m, error(nil)
	switch what := rapid.SampledFrom([]string{"role", "teams", "status", "block", "remove", "restore", "login"}).Draw(o.rt, "what"); what {
	case "remove":
		_, err = d.RemoveMember(o.ctx, operator, o.workspace, who)
		o.expect(err, there, who, nil)
		if there && err == nil {
			o.removed[who] = m
			delete(o.members, who)
		}
		return
	case "restore":
		_, err = d.RestoreMember(o.ctx, operator, o.workspace, who)
		if gone, was := o.removed[who]; was && !there {
			o.expect(err, true, who, &gone)
			o.members[who] = gone
			delete(o.removed, who)
		}
		if there && m.Status == directory.StatusDeactivated {
			want.Status = directory.StatusActive
			o.expect(err, true, who, &want)
			o.members[who] = want
		}
		return
	case "login":
		if want.Status == directory.StatusInvited && !m.Blocked {
			want.Status = directory.StatusActive
		}
		err = d.ReportLogin(o.ctx, operator, o.workspace, who)
		there = there && m.Status != directory.StatusDeactivated && !m.Blocked
	default:
		_, _, err = d.ChangeMember(o.ctx, operator, o.workspace, who, o.draw(what, &want))
	}
	o.expect(err, there, who, &want)
	if err != nil {
		return
	}
	o.members[who] = want
	if moved, differs := o.trail()-before, fmt.Sprint(m) != fmt.Sprint(want); moved > 0 != differs {
		o.rt.Fatalf("%v became %v and left %d entries and events", m, want, moved)
	}
}

// draw draws a change of one value, and makes it in the model.
func (o *office) draw(what string, want *plainMember) directory.MemberChange {
	switch what {
	case "role":
		want.Role = rapid.SampledFrom([]string{"owner", "admin", "member"}).Draw(o.rt, "role")
		return directory.MemberChange{Role: &want.Role}
	case "teams":
		want.Teams = rapid.SampledFrom([][]string{nil, {"A"}, {"A", "B"}}).Draw(o.rt, "teams")
		return directory.MemberChange{Teams: &want.Teams}
	case "status":
		want.Status = rapid.SampledFrom([]directory.MemberStatus{directory.StatusActive, directory.StatusDeactivated}).Draw(o.rt, "status")
		return directory.MemberChange{Status: &want.Status}
	}
	want.Blocked = rapid.Bool().Draw(o.rt, "blocked")
	return directory.MemberChange{Blocked: &want.Blocked}
}

// expect fails unless the error is what the plain rules say of a step after which the person is as wanted, nil for
// nobody.
func (o *office) expect(err error, possible bool, who string, want *plainMember) {
	after := maps.Clone(o.members)
	delete(after, who)
	if want != nil {
		after[who] = *want
	}
	kind := directory.RefusalKind("")
	if o.owned(o.members) && !o.owned(after) {
		kind = directory.RefusedLastOwner
	}
	var r *directory.Refusal
	switch errors.As(err, &r); {
	case !possible && err == nil:
		o.rt.Fatalf("what cannot be done to %s is done", who)
	case !possible:
	case err == nil && kind != "", r != nil && r.Kind != kind, r == nil && err != nil:
		o.rt.Fatalf("the error is %v, want %q", err, kind)
	}
}

func (o *office) owned(members map[string]plainMember) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(members)), plainMember.owns)
}

// trail counts the entries and events of the workspace.
func (o *office) trail() int {
	entries, err := o.directory.AuditLog(o.ctx, o.workspace, 0, 0)
	check(o.t, err)
	events, err := o.directory.EventLog(o.ctx, o.workspace, 0, 0)
	check(o.t, err)
	return len(entries) + len(events)
}

func (o *office) stored() map[string]plainMember {
	people, err := o.directory.People(o.ctx, o.workspace, directory.PeopleFilter{})
	check(o.t, err)
	members := map[string]plainMember{}
	for _, p := range people {
		members[p.Subject] = plainMember{p.Role, p.Teams, p.Status, p.Blocked}
	}
	return members
}

func (o *office) replayed() map[string]plainMember {
	events, err := o.directory.EventLog(o.ctx, o.workspace, 0, 0)
	check(o.t, err)
	members := map[string]plainMember{}
	for _, e := range events {
		var m plainMember
		check(o.t, json.Unmarshal(e.Data, &m))
		members[e.Subject] = m
		if e.Type == directory.EventMemberLeft {
			delete(members, e.Subject)
		}
	}
	return members
}
