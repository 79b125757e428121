package storetest

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

var promisedUsers = []promise{
	{"a user comes back whole by id, name and externalId", func(p *place) {
		u := p.addUser("Ada")
		if u.Seq == 0 {
			p.Fatal("Commit did not fill Seq")
		}
		for name, find := range map[string]func() (directory.User, error){
			"id":         func() (directory.User, error) { return p.store.User(p.ctx(), p.root, p.conn, u.ID) },
			"name":       func() (directory.User, error) { return p.store.UserByName(p.ctx(), p.root, p.conn, "ada") },
			"externalId": func() (directory.User, error) { return p.store.UserByExternalID(p.ctx(), p.root, p.conn, "ext-Ada") },
		} {
			got, err := find()
			if err != nil {
				p.Fatalf("by %s: %v", name, err)
			}
			p.equal(got, u)
		}
	}},
	{"X2 another connection and another root see nothing of it", func(p *place) {
		u := p.addUser("ada")
		other := p.connection("entra")
		stranger := newPlace(p.TB, p.store)
		for _, at := range [][2]string{{p.root, other}, {stranger.root, p.conn}, {stranger.root, stranger.conn}, {"nobody", p.conn}} {
			_, err := p.store.User(p.ctx(), at[0], at[1], u.ID)
			p.wantErr(err, directory.ErrNotFound)
			_, err = p.store.UserByName(p.ctx(), at[0], at[1], "ada")
			p.wantErr(err, directory.ErrNotFound)
			_, err = p.store.UserByExternalID(p.ctx(), at[0], at[1], u.ExternalID)
			p.wantErr(err, directory.ErrNotFound)
			types, err := p.store.Resolve(p.ctx(), at[0], at[1], []string{u.ID})
			p.must(err)
			p.equal(types, map[string]string{})
		}
	}},
	{"an empty externalId is nobody's", func(p *place) {
		p.insertUser(p.userOf(`{"userName":"ada"}`))
		_, err := p.store.UserByExternalID(p.ctx(), p.root, p.conn, "")
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"of equal externalIds the oldest user counts", func(p *place) {
		first := p.insertUser(p.userOf(`{"userName":"ada","externalId":"x"}`))
		p.insertUser(p.userOf(`{"userName":"bob","externalId":"x"}`))
		got, err := p.store.UserByExternalID(p.ctx(), p.root, p.conn, "x")
		p.must(err)
		p.equal(got, first)
	}},
	{"userName is unique per connection, and free again after a delete (T-103)", func(p *place) {
		u, keys := p.newUser("ada")
		u = p.insertUser(u, keys)
		again, againKeys := p.newUser("ADA")
		insert := func() error {
			return p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(nil, &again), AfterKeys: againKeys}}
			})
		}
		p.wantErr(insert(), directory.ErrConflict)
		p.must(p.change(func(c *directory.Change) {
			c.Users = []directory.UserEdit{{Edit: edit(&u, nil), BeforeKeys: keys}}
		}))
		p.must(insert())
		if again.Seq <= u.Seq {
			p.Errorf("seq %d after %d: a sequence number was given twice", again.Seq, u.Seq)
		}
		other := *p
		other.conn = p.connection("entra")
		other.addUser("ada")
	}},
	{"an edit moves the document, its keys and its name, and rests on its version", func(p *place) {
		before, beforeKeys := p.newUser("ada")
		before = p.insertUser(before, beforeKeys)
		after, afterKeys := p.userOf(`{"userName":"ada.l","externalId":"e2","active":false,"emails":[{"value":"new@example.com"}]}`)
		after.ID, after.Subject, after.Seq, after.Version, after.Modified = before.ID, before.Subject, before.Seq, 2, start.Add(time.Hour)
		change := func() error {
			return p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(&before, &after), BeforeKeys: beforeKeys, AfterKeys: afterKeys}}
			})
		}
		p.must(change())
		p.equal(p.user(before.ID), after)
		p.wantErr(change(), directory.ErrConflict)
		for filter, want := range map[string]int{
			`emails.value eq "ada@example.com"`: 0, `emails.value eq "new@example.com"`: 1, `userName eq "ada"`: 0,
			`userName eq "ADA.L"`: 1, `externalId eq "e2"`: 1, `externalId eq "ext-ada"`: 0, `active eq false`: 1,
		} {
			if got := p.find(filter).Total; got != want {
				p.Errorf("%s: %d found, want %d", filter, got, want)
			}
		}
	}},
	{"a delete rests on its version and leaves no index row", func(p *place) {
		u, keys := p.newUser("ada")
		u = p.insertUser(u, keys)
		stale := u
		stale.Version = 7
		remove := func(u directory.User) error {
			return p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(&u, nil), BeforeKeys: keys}}
			})
		}
		p.wantErr(remove(stale), directory.ErrConflict)
		p.must(remove(u))
		p.wantErr(remove(u), directory.ErrConflict)
		_, err := p.store.User(p.ctx(), p.root, p.conn, u.ID)
		p.wantErr(err, directory.ErrNotFound)
		p.equal(p.find(`emails.value eq "ada@example.com"`).Total, 0)
	}},
	{"resolve tells the types of what exists", func(p *place) {
		want := map[string]string{}
		ids := []string{"nobody"}
		for i := range 205 { // more than one query's worth
			u := p.addUser(fmt.Sprint("u", i))
			ids, want[u.ID] = append(ids, u.ID), "User"
		}
		g := p.addGroup("g")
		ids, want[g.ID] = append(ids, g.ID), "Group"
		got, err := p.store.Resolve(p.ctx(), p.root, p.conn, ids)
		p.must(err)
		p.equal(got, want)
		got, err = p.store.Resolve(p.ctx(), p.root, p.conn, nil)
		p.must(err)
		p.equal(got, map[string]string{})
	}},
}

var promisedGroups = []promise{
	{"a group comes back whole by id and name", func(p *place) {
		g := p.addGroup("Engineers")
		if g.Seq == 0 {
			p.Fatal("Commit did not fill Seq")
		}
		p.equal(p.group(g.ID), g)
		got, err := p.store.GroupByName(p.ctx(), p.root, p.conn, "engineers")
		p.must(err)
		p.equal(got, g)
		_, err = p.store.GroupByName(p.ctx(), p.root, p.connection("entra"), "engineers")
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.User(p.ctx(), p.root, p.conn, g.ID) // a group is no user
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"D-18 displayName is unique per connection without regard to case, and no user's name", func(p *place) {
		p.addGroup("Engineers")
		p.addUser("Engineers")
		g, keys := p.groupOf(`{"displayName":"ENGINEERS"}`)
		p.wantErr(p.change(func(c *directory.Change) {
			c.Groups = []directory.GroupEdit{{Edit: edit(nil, &g), AfterKeys: keys}}
		}), directory.ErrConflict)
	}},
	{"an edit rests on its version", func(p *place) {
		before := p.addGroup("one")
		after, _ := p.renamed(before, "two")
		change := func() error { return p.editGroup(before, &after, false) }
		p.must(change())
		p.equal(p.group(before.ID), after)
		p.wantErr(change(), directory.ErrConflict)
	}},
	{"T-096 an edit of any version passes a change of members", func(p *place) {
		before, u := p.addGroup("one"), p.addUser("ada")
		p.must(p.editMembers(directory.MembersEdit{Group: before.ID, Add: []directory.Member{member(before, u)}}))
		after, _ := p.renamed(before, "two")
		p.must(p.editGroup(before, &after, true))
		got := p.group(before.ID)
		p.equal([]any{got.DisplayName, got.Version, got.Members, after.Version}, []any{"two", int64(3), 1, int64(3)})
	}},
	{"an edit of any version does not undo another's edit of the document", func(p *place) {
		before := p.addGroup("one")
		two, _ := p.renamed(before, "two")
		p.must(p.editGroup(before, &two, true))
		three, _ := p.renamed(before, "three")
		p.wantErr(p.editGroup(before, &three, true), directory.ErrConflict)
		p.equal(p.group(before.ID).DisplayName, "two")
	}},
	{"a delete takes the members' count with it", func(p *place) {
		g, u := p.addGroup("g"), p.addUser("ada")
		p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, u)}}))
		p.equal(p.user(u.ID).Groups, 1)
		g = p.group(g.ID)
		p.must(p.editGroup(g, nil, false))
		p.equal(p.user(u.ID).Groups, 0)
		groups, err := p.store.GroupsOf(p.ctx(), p.root, []string{u.ID})
		p.must(err)
		p.equal(groups, map[string][]directory.GroupOf{})
		_, err = p.store.Members(p.ctx(), p.root, g.ID, "", 0)
		p.wantErr(err, directory.ErrNotFound)
	}},
}

// renamed is the group after a change of its displayName, with its keys.
func (p *place) renamed(g directory.Group, name string) (directory.Group, []scim.Key) {
	p.Helper()
	after, keys := p.groupOf(fmt.Sprintf(`{"displayName":%q}`, name))
	after.ID, after.Seq, after.Version, after.Modified = g.ID, g.Seq, g.Version+1, start.Add(time.Hour)
	return after, keys
}

func (p *place) editGroup(before directory.Group, after *directory.Group, anyVersion bool) error {
	return p.change(func(c *directory.Change) {
		c.Groups = []directory.GroupEdit{{Edit: edit(&before, after), AnyVersion: anyVersion}}
	})
}
