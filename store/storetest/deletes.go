package storetest

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
)

var promisedDeletes = []promise{
	{"E2 a deleted connection takes its users, groups and tokens, and leaves people and the other connection", func(p *place) {
		other := *p
		other.conn = p.connection("entra")
		kept := other.addUser("kept")
		p.must(p.store.Commit(p.ctx(), p.fullChange("ada")))
		subject := p.find(`userName eq "ada"`).Users[0].Subject
		g := p.addGroup("big")
		e := directory.MembersEdit{Group: g.ID}
		for _, u := range p.addMany(1200) { // more than one slice
			e.Add = append(e.Add, member(g, u))
		}
		p.must(p.editMembers(e))
		tok := p.token("one")

		end := &directory.Change{Root: p.root, Audit: []directory.AuditEntry{p.auditEntry("connection.delete", "")}}
		p.must(p.store.DeleteConnection(p.ctx(), p.root, p.conn, end))
		_, err := p.store.Connection(p.ctx(), p.root, p.conn)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.TokenByHash(p.ctx(), p.root, tok.Hash)
		p.wantErr(err, directory.ErrNotFound)
		for _, filter := range []string{"", `emails.value eq "ada@example.com"`, `name.familyName pr`} {
			p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, filter), directory.UserPage{})
		}
		groups, err := p.store.Groups(p.ctx(), directory.ListQuery{Root: p.root, Connection: p.conn, Limit: 10})
		p.must(err)
		p.equal(groups, directory.GroupPage{})
		_, err = p.store.Membership(p.ctx(), p.root, p.root, subject)
		p.must(err)
		_, err = p.store.Subject(p.ctx(), p.root, subject)
		p.must(err)
		p.equal(other.user(kept.ID), kept)
		audit, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
		p.must(err)
		p.equal(audit[len(audit)-1].Action, "connection.delete")
		p.wantErr(p.store.DeleteConnection(p.ctx(), p.root, p.conn, end), directory.ErrNotFound)
	}},
	{"E1 a connection made anew under the same name starts empty", func(p *place) {
		p.addUser("ada")
		p.must(p.store.DeleteConnection(p.ctx(), p.root, p.conn, &directory.Change{Root: p.root}))
		p.conn = p.connection("okta")
		p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, ""), directory.UserPage{})
		p.addUser("ada")
	}},
	{"a deletion whose change fails can be called again", func(p *place) {
		p.addUser("ada")
		bad := &directory.Change{Root: p.root, Subjects: []directory.Edit[directory.Subject]{edit(&directory.Subject{Root: p.root, ID: "gone"}, nil)}}
		p.wantErr(p.store.DeleteConnection(p.ctx(), p.root, p.conn, bad), directory.ErrConflict)
		_, err := p.store.Connection(p.ctx(), p.root, p.conn)
		p.must(err)
		p.must(p.store.DeleteConnection(p.ctx(), p.root, p.conn, nil))
	}},
	{"a deleted workspace takes everything of its root and nothing else", func(p *place) {
		other := newPlace(p.TB, p.store)
		kept := other.addUser("kept")
		for i := range 3 {
			p.must(p.store.Commit(p.ctx(), p.fullChange(fmt.Sprint("ada", i))))
		}
		p.must(p.change(func(c *directory.Change) {
			c.Roles = []directory.Edit[directory.Role]{edit(nil, &directory.Role{Root: p.root, Workspace: p.root, Name: "member"})}
			c.Secrets = []directory.Secret{{Root: p.root, Name: "s", Sealed: []byte("x")}}
		}))
		p.must(p.store.DeleteWorkspace(p.ctx(), p.root, p.root, nil))
		_, err := p.store.Workspace(p.ctx(), p.root, p.root)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.Secret(p.ctx(), p.root, "s")
		p.wantErr(err, directory.ErrNotFound)
		connections, err := p.store.Connections(p.ctx(), p.root, p.root)
		p.must(err)
		roles, err := p.store.Roles(p.ctx(), p.root, p.root)
		p.must(err)
		members, err := p.store.Memberships(p.ctx(), p.root, p.root, "", 0)
		p.must(err)
		audit, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
		p.must(err)
		events, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		users := p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, "").Total
		p.equal([]int{len(connections), len(roles), len(members), len(audit), len(events), users}, []int{0, 0, 0, 0, 0, 0})
		p.equal(other.user(kept.ID), kept)
		p.wantErr(p.store.DeleteWorkspace(p.ctx(), p.root, p.root, nil), directory.ErrNotFound)
	}},
}
