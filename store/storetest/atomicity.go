package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

var promisedAtomicity = append(failures(), []promise{
	{"a change holds whole", func(p *place) {
		c := p.fullChange("ada")
		p.must(p.store.Commit(p.ctx(), c))
		p.equal(p.memberIDs(c.Groups[0].After.ID), []string{c.Users[0].After.ID})
		u := p.user(c.Users[0].After.ID)
		p.equal([]any{u.Groups, u.Seq}, []any{1, c.Users[0].After.Seq})
		m, err := p.store.Membership(p.ctx(), p.root, p.root, u.Subject)
		p.must(err)
		p.equal(m.Status, directory.StatusActive)
		audit, err := p.store.Audit(p.ctx(), p.root, p.root, 0, 0)
		p.must(err)
		events, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		p.equal([]int{len(audit), len(events)}, []int{1, 1})
	}},
	{"a change whose context has ended writes nothing", func(p *place) {
		u, keys := p.newUser("ada")
		c := &directory.Change{Root: p.root, Users: []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}}}
		ctx, cancel := context.WithCancel(p.ctx())
		cancel()
		err := p.store.Commit(ctx, c)
		_, found := p.store.User(p.ctx(), p.root, p.conn, u.ID)
		if (err == nil) != (found == nil) {
			p.Fatalf("commit: %v, but reading: %v", err, found)
		}
	}},
}...)

// failing puts into a change, last of its kind, what fails.
var failing = map[string]func(*place, *directory.Change){
	"workspace": func(p *place, c *directory.Change) {
		c.Workspaces = []directory.Edit[directory.Workspace]{edit(&directory.Workspace{Root: p.root, ID: p.root, Version: 9}, nil)}
	},
	"role": func(p *place, c *directory.Change) {
		c.Roles = []directory.Edit[directory.Role]{edit(&directory.Role{Root: p.root, Workspace: p.root, Name: "gone"}, nil)}
	},
	"connection": func(p *place, c *directory.Change) {
		c.Connections = []directory.Edit[directory.Connection]{edit(&directory.Connection{Root: p.root, ID: "gone", Version: 1}, nil)}
	},
	"token": func(p *place, c *directory.Change) {
		c.Tokens = []directory.Edit[directory.Token]{edit(&directory.Token{Root: p.root, ID: "gone", Version: 1}, nil)}
	},
	"subject": func(p *place, c *directory.Change) {
		c.Subjects = append(c.Subjects, edit(&directory.Subject{Root: p.root, ID: "gone"}, nil))
	},
	"user": func(p *place, c *directory.Change) {
		c.Users = append(c.Users, directory.UserEdit{
			Edit: edit(&directory.User{Root: p.root, Connection: p.conn, ID: "gone", Version: 1}, nil),
		})
	},
	"user of a connection that is gone": func(p *place, c *directory.Change) {
		u := *c.Users[0].After
		u.ID, u.UserNameKey, u.Connection = "other", "other", "gone"
		c.Users = append(c.Users, directory.UserEdit{Edit: edit(nil, &u)})
	},
	"group of a connection that is gone": func(p *place, c *directory.Change) {
		g := *c.Groups[0].After
		g.ID, g.DisplayNameKey, g.Connection = "other", "other", "gone"
		c.Groups = append(c.Groups, directory.GroupEdit{Edit: edit(nil, &g)})
	},
	"group": func(p *place, c *directory.Change) {
		c.Groups = append(c.Groups, directory.GroupEdit{
			Edit: edit(&directory.Group{Root: p.root, Connection: p.conn, ID: "gone", Version: 1}, nil),
		})
	},
	"members": func(p *place, c *directory.Change) {
		c.Members = append(c.Members, directory.MembersEdit{Group: c.Groups[0].After.ID, Remove: []string{"gone"}})
	},
	"membership": func(p *place, c *directory.Change) {
		c.Memberships = append(c.Memberships, edit(&directory.Membership{Root: p.root, Workspace: p.root, Subject: "gone", Version: 1}, nil))
	},
	"key that is buried": func(p *place, c *directory.Change) {
		buried := directory.Tombstone{Root: p.root, Connection: p.conn, Kind: "principal", Hash: hash("old"), Subject: "s", Created: start}
		p.must(p.change(func(c *directory.Change) { c.Tombstones = []directory.Edit[directory.Tombstone]{edit(nil, &buried)} }))
		c.Absent = []directory.Tombstone{buried}
	},
	"tombstone": func(p *place, c *directory.Change) {
		c.Tombstones = append(c.Tombstones, edit(&directory.Tombstone{Root: p.root, Connection: p.conn, Kind: "gone"}, nil))
	},
}

// failures promises for each part of a change in which it can fail that the parts before leave nothing.
func failures() (list []promise) {
	for part, fail := range failing {
		list = append(list, promise{"a change that fails in its last " + part + " leaves nothing", func(p *place) {
			p.failsWhole(fail)
		}})
	}
	return list
}

func (p *place) failsWhole(fail func(*place, *directory.Change)) {
	p.Helper()
	c := p.fullChange("ada")
	fail(p, c)
	u, g, s, ts := c.Users[0].After, c.Groups[0].After, c.Subjects[0].After, c.Tombstones[0].After
	p.wantErr(p.store.Commit(p.ctx(), c), directory.ErrConflict)
	_, err := p.store.User(p.ctx(), p.root, p.conn, u.ID)
	p.wantErr(err, directory.ErrNotFound)
	_, err = p.store.Group(p.ctx(), p.root, p.conn, g.ID)
	p.wantErr(err, directory.ErrNotFound)
	_, err = p.store.Subject(p.ctx(), p.root, s.ID)
	p.wantErr(err, directory.ErrNotFound)
	_, err = p.store.Membership(p.ctx(), p.root, p.root, s.ID)
	p.wantErr(err, directory.ErrNotFound)
	_, err = p.store.Tombstone(p.ctx(), p.root, p.conn, ts.Kind, ts.Hash)
	p.wantErr(err, directory.ErrNotFound)
	p.equal(p.find(`emails.value eq "ada@example.com"`).Total, 0)
	page, err := p.store.Users(p.ctx(), directory.ListQuery{Root: p.root, Connection: p.conn, Limit: 10})
	p.must(err)
	p.equal(page.Total, 0)
	audit, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
	p.must(err)
	events, err := p.store.Events(p.ctx(), p.root, 0, 0)
	p.must(err)
	p.equal([]int{len(audit), len(events)}, []int{0, 0})
	// The very same change, without what failed, then holds.
	p.must(p.store.Commit(p.ctx(), p.fullChange("ada")))
	p.equal(p.find(`userName eq "ada"`).Total, 1)
}

// fullChange creates a user with all that goes with it.
func (p *place) fullChange(name string) *directory.Change {
	p.Helper()
	u, keys := p.newUser(name)
	g, groupKeys := p.groupOf(fmt.Sprintf(`{"displayName":%q}`, "group of "+name))
	return &directory.Change{
		Root:     p.root,
		Subjects: []directory.Edit[directory.Subject]{edit(nil, &directory.Subject{Root: p.root, ID: u.Subject, Created: start})},
		Users:    []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}},
		Groups:   []directory.GroupEdit{{Edit: edit(nil, &g), AfterKeys: groupKeys}},
		Members:  []directory.MembersEdit{{Group: g.ID, Add: []directory.Member{member(g, u)}, Modified: start}},
		Memberships: []directory.Edit[directory.Membership]{edit(nil, &directory.Membership{
			Root: p.root, Workspace: p.root, Subject: u.Subject, Role: "member", RoleSource: directory.SourceDefault,
			Status: directory.StatusActive, StatusSource: directory.SourceSCIM, Created: start, Modified: start, Version: 1,
		})},
		Tombstones: []directory.Edit[directory.Tombstone]{edit(nil, &directory.Tombstone{
			Root: p.root, Connection: p.conn, Kind: "userName", Hash: hash(name), Subject: u.Subject, Created: start,
		})},
		Audit:  []directory.AuditEntry{p.auditEntry("user.create", u.Subject)},
		Events: []directory.Event{p.event("member.joined", u.Subject)},
	}
}

func (p *place) auditEntry(action, subject string) directory.AuditEntry {
	return directory.AuditEntry{
		Root: p.root, ID: newID(), Time: start.Add(time.Second), Workspace: p.root, Connection: p.conn, Actor: "token:t",
		Action: action, TargetType: "User", Target: "u", Subject: subject, RequestID: "r", Address: "127.0.0.1",
		Detail: []byte(`{"userName":"ada"}`), Salt: [16]byte{1, 2}, Digest: hash("detail"),
	}
}

func (p *place) event(typ, subject string) directory.Event {
	return directory.Event{
		Root: p.root, ID: newID(), Time: start.Add(time.Second), Type: typ, Workspace: p.root, Connection: p.conn,
		Subject: subject, Data: []byte(`{"role":"member"}`),
	}
}
