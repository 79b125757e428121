package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/input"
)

// PeopleFilter asks for one page of the members of a workspace. Empty fields match everything.
type PeopleFilter struct {
	Text, Role, Team, Connection string // Text is a part of name or e-mail; Connection is an id
	Status                       MemberStatus
	// Inherited lists those too who are members of a workspace above, by what counts for them here.
	Inherited bool
	After     string // subject id of the last one of the page before
	Limit     int    // 100 unless told, at most 1000
}

const (
	peoplePage    = 100
	maxPeoplePage = 1000
)

// People lists members, by subject id.
func (d *Directory) People(ctx context.Context, w Workspace, f PeopleFilter) ([]Person, error) {
	q, err := d.peopleQuery(ctx, w, f)
	if err != nil {
		return nil, err
	}
	return d.store.People(ctx, q)
}

// PeoplePage lists members, by subject id, in bounded time: a page may have fewer people than there are, or none, while
// more follow. Its Next says so.
func (d *Directory) PeoplePage(ctx context.Context, w Workspace, f PeopleFilter) (PeoplePage, error) {
	q, err := d.peopleQuery(ctx, w, f)
	if err != nil {
		return PeoplePage{}, err
	}
	return d.store.PeoplePage(ctx, q)
}

func (d *Directory) peopleQuery(ctx context.Context, w Workspace, f PeopleFilter) (PeopleQuery, error) {
	q := PeopleQuery{
		Root: w.Root, Workspaces: []string{w.ID}, Text: f.Text, Role: f.Role, Team: f.Team, Connection: f.Connection,
		Status: f.Status, After: f.After, Limit: peoplePage,
	}
	if f.Limit > 0 {
		q.Limit = min(f.Limit, maxPeoplePage)
	}
	if f.Inherited {
		_, b, err := d.standing(ctx, w)
		if err != nil {
			return q, err
		}
		q.Workspaces = b.path()
	}
	return q, nil
}

// Member returns who is a member of the workspace itself, with the manager.
func (d *Directory) Member(ctx context.Context, w Workspace, subject string) (Person, error) {
	m, err := d.membership(ctx, w, subject)
	if err != nil {
		return Person{}, err
	}
	p := Person{Membership: m}
	if p.Who, err = d.store.Subject(ctx, w.Root, subject); err != nil {
		return p, err
	}
	p.Manager, err = d.managerOf(ctx, p)
	return p, err
}

func (d *Directory) membership(ctx context.Context, w Workspace, subject string) (Membership, error) {
	m, err := d.store.Membership(ctx, w.Root, w.ID, subject)
	if there, err := found(err); err != nil || there {
		return m, err
	}
	return m, d.notAMember(ctx, w, subject)
}

// notAMember says where the person is a member instead, if that counts here.
func (d *Directory) notAMember(ctx context.Context, w Workspace, subject string) error {
	_, b, err := d.standing(ctx, w)
	if err != nil {
		return err
	}
	above, _, err := d.nearest(ctx, b, subject)
	if err != nil {
		return err
	}
	hint := "list the people of the workspace to see who is there"
	if above != nil {
		hint = fmt.Sprintf("the membership is in %s, the workspace above: change it there, or invite the person here as well", above.Key)
	}
	return refuse(RefusedNotFound, hint, "workspace %s has no member %q", b.Key, subject)
}

// liveConnection names the connection that grants the membership; "" when it is gone or never was.
func (d *Directory) liveConnection(ctx context.Context, m *Membership) (string, error) {
	if m.Connection == "" {
		return "", nil
	}
	c, err := d.store.Connection(ctx, m.Root, m.Connection)
	_, err = found(err)
	return c.Name, err
}

// MemberChange is what of a membership gets another value; nil fields stay.
type MemberChange struct {
	Role    *string
	Teams   *[]string
	Status  *MemberStatus
	Blocked *bool // no access, whatever the identity provider says
	Version int64 // that the change rests on, else it is refused; 0 is any
}

// ChangeMember changes a membership by hand. The note says what the identity provider will overwrite; it is empty when
// the change lasts.
func (d *Directory) ChangeMember(
	ctx context.Context, by Actor, w Workspace, subject string, c MemberChange,
) (Person, string, error) {
	note := ""
	err := d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		before, err := d.membership(ctx, w, subject)
		if err != nil {
			return err
		}
		if err := rests(c.Version, before.Version); err != nil {
			return err
		}
		after := before
		if err := c.apply(&after, b, p.now); err != nil {
			return err
		}
		if after.equal(&before) {
			return nil
		}
		if !slices.Equal(before.Teams, after.Teams) {
			if err := d.planTeams(ctx, p, b, after.Teams); err != nil {
				return err
			}
		}
		e := p.editMembership(&before, &after)
		if note, err = d.overwriteNote(ctx, e); err != nil {
			return err
		}
		return d.planByHand(ctx, p, t, b, e, ActionMemberUpdate, nil)
	})
	if err != nil {
		return Person{}, "", err
	}
	person, err := d.Member(ctx, w, subject)
	return person, note, err
}

// apply takes the new values. What is already so keeps its source.
func (c MemberChange) apply(m *Membership, b *branch, now time.Time) error {
	if c.Role != nil && *c.Role != m.Role {
		if _, ok := b.role(*c.Role); !ok {
			return unknownRole(b, *c.Role)
		}
		m.Role, m.RoleSource = *c.Role, SourceManual
	}
	if c.Teams != nil && !slices.Equal(input.Set(*c.Teams), m.Teams) {
		m.Teams, m.TeamsSource = input.Set(*c.Teams), SourceManual
	}
	if c.Status != nil && *c.Status != m.Status {
		if *c.Status != StatusActive && *c.Status != StatusDeactivated {
			return refuse(RefusedInvalid, "choose active or deactivated", "nobody can be made %q", *c.Status)
		}
		m.setStatus(*c.Status, SourceManual, StatusActive, now)
	}
	set(&m.Blocked, c.Blocked)
	return nil
}

// planTeams makes the teams that do not exist, or refuses them, as the workspace decides.
func (d *Directory) planTeams(ctx context.Context, p *plan, b *branch, teams []string) error {
	if len(teams) == 0 {
		return nil
	}
	known, err := d.store.HasTeams(ctx, b.Root, b.ID, teams)
	if err != nil {
		return err
	}
	for _, name := range teams {
		if known[name] {
			continue
		}
		if b.Settings.KnownTeams {
			return refuse(RefusedNotFound, "list the teams to see their names, or make it first", "workspace %s has no team %q", b.Key, name)
		}
		t := Team{Root: b.Root, Workspace: b.ID, Name: name, Version: 1}
		if err := t.check(); err != nil {
			return err
		}
		if err := p.insertTeam(&t); err != nil {
			return err
		}
	}
	return nil
}

// editMembership plans a membership before and after, and the record of one that is removed.
func (p *plan) editMembership(before, after *Membership) Edit[Membership] {
	switch {
	case after == nil:
		p.Removals = append(p.Removals, insert(Removal{Membership: *before, Removed: p.now}))
	case before == nil:
		after.Created, after.Modified, after.Version = p.now, p.now, 1
	default:
		after.Modified, after.Version = p.since(before.Modified), before.Version+1
	}
	e := Edit[Membership]{Before: before, After: after}
	p.Memberships = append(p.Memberships, e)
	return e
}

// memberDetail is the detail of what was done to a membership by hand.
type memberDetail struct {
	membershipChange
	Changed []string `json:"changed,omitempty"`
	Blocked bool     `json:"blocked,omitempty"`
	Name    string   `json:"name,omitempty"`
	Email   string   `json:"email,omitempty"`
}

// planByHand passes the guard and leaves the entry and the event of one membership's edit. who is somebody new, or nil.
func (d *Directory) planByHand(
	ctx context.Context, p *plan, t *tree, b *branch, e Edit[Membership], action string, who *Subject,
) error {
	if err := d.byHand(ctx, p, t); err != nil {
		return err
	}
	detail := memberDetail{membershipChange: membershipChange{Workspace: b.Key, Before: stateOf(e.Before), After: stateOf(e.After)}}
	if e.Before != nil && e.After != nil {
		detail.Changed = changedOf(e)
	}
	if e.After != nil {
		detail.Blocked = e.After.Blocked
	}
	if who != nil {
		detail.Name, detail.Email = who.Name, who.Email
	}
	subject := cmp.Or(e.After, e.Before).Subject
	if err := p.auditIn(b.ID, action, targetMember, subject, subject, detail); err != nil {
		return err
	}
	return p.tellMember(e, who)
}

// tellMember adds the event of one membership's edit. To be blocked is to lose access, whatever the status says.
func (p *plan) tellMember(e Edit[Membership], who *Subject) error {
	typ := memberEventOf(e)
	var data memberEvent
	if e.After != nil {
		data.setMembership(*e.After)
	}
	if who != nil {
		data.Profile = who.Profile
	}
	if e.Before != nil && e.After != nil {
		data.Changed = changedOf(e)
		switch had, has := e.Before.access(), e.After.access(); {
		case had && !has:
			typ = EventMemberDeactivated
		case !had && has:
			typ = EventMemberReactivated
		case typ != "":
			typ = EventMemberUpdated
		}
	}
	if typ == "" {
		return nil
	}
	return p.eventIn(workspaceOf(e), typ, cmp.Or(e.After, e.Before).Subject, data)
}

// access reports that the person is not kept out.
func (m *Membership) access() bool { return m.Status != StatusDeactivated && !m.Blocked }

// overwriteNote says which of the new values a live connection sets anew. One that the identity provider never gave
// stays (M8), and a block holds against it.
func (d *Directory) overwriteNote(ctx context.Context, e Edit[Membership]) (string, error) {
	source := map[string]Source{"role": e.Before.RoleSource, "teams": e.Before.TeamsSource, "status": e.Before.StatusSource}
	values := slices.DeleteFunc(changedOf(e), func(name string) bool { return source[name] != SourceSCIM })
	name, err := d.liveConnection(ctx, e.Before)
	if err != nil || name == "" || len(values) == 0 {
		return "", err
	}
	return fmt.Sprintf("the connection %q sets %s at its next update of this person", name, strings.Join(values, " and ")), nil
}

// RemoveMember ends a membership. It can be restored for 30 days. The note says that a connection will bring the person
// back; it is empty when nothing does.
func (d *Directory) RemoveMember(ctx context.Context, by Actor, w Workspace, subject string) (string, error) {
	note := ""
	err := d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		before, err := d.membership(ctx, w, subject)
		if err != nil {
			return err
		}
		name, err := d.liveConnection(ctx, &before)
		if err != nil {
			return err
		}
		if name != "" {
			note = fmt.Sprintf("the connection %q brings the person back at its next update; take the assignment away there, or block the person instead", name)
		}
		return d.planByHand(ctx, p, t, b, p.editMembership(&before, nil), ActionMemberRemove, nil)
	})
	return note, err
}

// ReportLogin notes that a person has signed in to the workspace: who was invited is active from now on (M11).
func (d *Directory) ReportLogin(ctx context.Context, by Actor, w Workspace, subject string) error {
	return d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		at, before, err := d.nearest(ctx, b, subject)
		if err != nil {
			return err
		}
		switch {
		case before == nil:
			return d.notAMember(ctx, w, subject)
		case !before.access():
			return refuse(RefusedInvalid, "end the session: the person has no access", "%q is deactivated or blocked in workspace %s", subject, at.Key)
		case before.Status != StatusInvited:
			return nil
		}
		after := *before
		after.setStatus(StatusActive, before.StatusSource, StatusActive, p.now)
		return d.planByHand(ctx, p, t, at, p.editMembership(before, &after), ActionMemberLogin, nil)
	})
}
