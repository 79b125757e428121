package storetest

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

var promisedWorkspaces = []promise{
	{"a workspace is found by key and by id, and only in its root", func(p *place) {
		want := directory.Workspace{
			Root: p.root, ID: p.root, Key: "KEY-" + p.root, Name: "Acme", DefaultRole: "member", Created: start, Config: 1, Version: 1,
		}
		got, err := p.store.WorkspaceByKey(p.ctx(), want.Key)
		p.must(err)
		p.equal(got, want)
		got, err = p.store.Workspace(p.ctx(), p.root, p.root)
		p.must(err)
		p.equal(got, want)
		_, err = p.store.WorkspaceByKey(p.ctx(), "key-"+p.root) // keys are case-sensitive
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.Workspace(p.ctx(), "other", p.root)
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"all workspaces are listed by key", func(p *place) {
		other := newPlace(p.TB, p.store)
		list, err := p.store.Workspaces(p.ctx())
		p.must(err)
		var keys []string
		for _, w := range list {
			keys = append(keys, w.Key)
		}
		want := []string{"KEY-" + p.root, "KEY-" + other.root}
		slices.Sort(want)
		p.equal(keys, want)
	}},
	{"a key is unique in the whole installation", func(p *place) {
		other := newPlace(p.TB, p.store)
		err := other.change(func(c *directory.Change) {
			c.Workspaces = []directory.Edit[directory.Workspace]{edit(nil, &directory.Workspace{
				Root: other.root, ID: newID(), Key: "KEY-" + p.root, Version: 1,
			})}
		})
		p.wantErr(err, directory.ErrConflict)
	}},
	{"an edit rests on its version", func(p *place) {
		before, err := p.store.Workspace(p.ctx(), p.root, p.root)
		p.must(err)
		after := before
		after.Name, after.DefaultRole, after.Version = "Acme Ltd", "guest", 2
		change := func() error {
			return p.change(func(c *directory.Change) { c.Workspaces = []directory.Edit[directory.Workspace]{edit(&before, &after)} })
		}
		p.must(change())
		got, err := p.store.Workspace(p.ctx(), p.root, p.root)
		p.must(err)
		p.equal(got, after)
		p.wantErr(change(), directory.ErrConflict)
	}},
	{"roles are listed by name and keep their permissions", func(p *place) {
		guest := directory.Role{Root: p.root, Workspace: p.root, Name: "guest"}
		admin := directory.Role{Root: p.root, Workspace: p.root, Name: "Admin", Permissions: []string{"a", "b"}}
		p.must(p.change(func(c *directory.Change) {
			c.Roles = []directory.Edit[directory.Role]{edit(nil, &guest), edit(nil, &admin)}
		}))
		list, err := p.store.Roles(p.ctx(), p.root, p.root)
		p.must(err)
		p.equal(list, []directory.Role{admin, guest})
		p.wantErr(p.change(func(c *directory.Change) {
			c.Roles = []directory.Edit[directory.Role]{edit(nil, &guest)}
		}), directory.ErrConflict)
		owner := directory.Role{Root: p.root, Workspace: p.root, Name: "owner", Permissions: []string{"c"}}
		p.must(p.change(func(c *directory.Change) {
			c.Roles = []directory.Edit[directory.Role]{edit(&guest, nil), edit(&admin, &owner)}
		}))
		list, err = p.store.Roles(p.ctx(), p.root, p.root)
		p.must(err)
		p.equal(list, []directory.Role{owner})
	}},
	{"a secret is replaced", func(p *place) {
		_, err := p.store.Secret(p.ctx(), p.root, "hash")
		p.wantErr(err, directory.ErrNotFound)
		for _, sealed := range []string{"one", "two"} {
			want := directory.Secret{Root: p.root, Name: "hash", Sealed: []byte(sealed)}
			p.must(p.change(func(c *directory.Change) { c.Secrets = []directory.Secret{want} }))
			got, err := p.store.Secret(p.ctx(), p.root, "hash")
			p.must(err)
			p.equal(got, want)
		}
	}},
	{"the store answers", func(p *place) {
		p.must(p.store.Ping(p.ctx()))
	}},
}

var promisedConnections = []promise{
	{"a connection comes back whole, and only in its root", func(p *place) {
		want := directory.Connection{
			Root: p.root, ID: newID(), Workspace: p.root, Name: "entra", Profile: "entra", State: directory.StatePaused,
			StateBy: "cli:root", StateAt: start.Add(time.Minute), FirstContact: start.Add(2 * time.Minute),
			LastContact: start.Add(3 * time.Minute), Created: start, Version: 1,
		}
		p.must(p.change(func(c *directory.Change) {
			c.Connections = []directory.Edit[directory.Connection]{edit(nil, &want)}
		}))
		got, err := p.store.Connection(p.ctx(), p.root, want.ID)
		p.must(err)
		p.equal(got, want)
		_, err = p.store.Connection(p.ctx(), newPlace(p.TB, p.store).root, want.ID)
		p.wantErr(err, directory.ErrNotFound)
		list, err := p.store.Connections(p.ctx(), p.root, p.root)
		p.must(err)
		p.equal([]string{list[0].Name, list[1].Name}, []string{"entra", "okta"})
	}},
	{"a connection's root is found, and all connections of a root", func(p *place) {
		root, err := p.store.RootOf(p.ctx(), p.conn)
		p.must(err)
		p.equal(root, p.root)
		_, err = p.store.RootOf(p.ctx(), "none")
		p.wantErr(err, directory.ErrNotFound)
		list, err := p.store.Connections(p.ctx(), p.root, "")
		p.must(err)
		p.equal([]string{list[0].ID}, []string{p.conn})
		p.equal(len(list), 1)
	}},
	{"a name is unique in its workspace", func(p *place) {
		p.wantErr(p.change(func(c *directory.Change) {
			c.Connections = []directory.Edit[directory.Connection]{edit(nil, &directory.Connection{
				Root: p.root, ID: newID(), Workspace: p.root, Name: "okta", Version: 1,
			})}
		}), directory.ErrConflict)
	}},
	{"an edit rests on its version and leaves the contact marks", func(p *place) {
		before, err := p.store.Connection(p.ctx(), p.root, p.conn)
		p.must(err)
		_, err = p.store.Touch(p.ctx(), p.root, p.conn, "", start.Add(time.Hour))
		p.must(err)
		after := before
		after.State, after.StateBy, after.StateAt, after.Version = directory.StatePaused, "cli:root", start, 2
		change := func() error {
			return p.change(func(c *directory.Change) {
				c.Connections = []directory.Edit[directory.Connection]{edit(&before, &after)}
			})
		}
		p.must(change())
		got, err := p.store.Connection(p.ctx(), p.root, p.conn)
		p.must(err)
		after.FirstContact, after.LastContact = start.Add(time.Hour), start.Add(time.Hour)
		p.equal(got, after)
		p.wantErr(change(), directory.ErrConflict)
	}},
}

var promisedTokens = []promise{
	{"a token is found by its hash, in its root only", func(p *place) {
		want := p.token("one")
		got, err := p.store.TokenByHash(p.ctx(), p.root, want.Hash)
		p.must(err)
		p.equal(got, want)
		_, err = p.store.TokenByHash(p.ctx(), newPlace(p.TB, p.store).root, want.Hash)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.TokenByHash(p.ctx(), p.root, hash("other"))
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"a token is found by its id, in its root only, with its kind and its user", func(p *place) {
		secret := directory.Token{
			Root: p.root, ID: newID(), Connection: p.conn, Kind: directory.TokenSecret, User: "ada", Replaces: "old",
			Hash: hash("secret"), Created: start, Expires: start.Add(time.Hour), Version: 1,
		}
		p.must(p.change(func(c *directory.Change) { c.Tokens = []directory.Edit[directory.Token]{edit(nil, &secret)} }))
		for _, want := range []directory.Token{secret, p.token("one")} {
			got, err := p.store.Token(p.ctx(), p.root, want.ID)
			p.must(err)
			p.equal(got, want)
			_, err = p.store.Token(p.ctx(), newPlace(p.TB, p.store).root, want.ID)
			p.wantErr(err, directory.ErrNotFound)
		}
		_, err := p.store.Token(p.ctx(), p.root, "none")
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.Token(p.ctx(), "nowhere", secret.ID)
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"a rotation is opened and ended by edits", func(p *place) {
		old, next := p.token("old"), p.token("next")
		for i, replaces := range []string{old.ID, ""} {
			after := next
			after.Replaces, after.Version = replaces, next.Version+1
			p.must(p.change(func(c *directory.Change) { c.Tokens = []directory.Edit[directory.Token]{edit(&next, &after)} }))
			got, err := p.store.Token(p.ctx(), p.root, next.ID)
			p.must(err)
			p.equal(got, after)
			p.equal(got.Version, int64(i+2))
			next = after
		}
	}},
	{"several are live at once, and one is revoked", func(p *place) {
		one, two := p.token("one"), p.token("two")
		revoked := one
		revoked.Revoked, revoked.Version = start.Add(time.Hour), 2
		change := func() error {
			return p.change(func(c *directory.Change) { c.Tokens = []directory.Edit[directory.Token]{edit(&one, &revoked)} })
		}
		p.must(change())
		list, err := p.store.Tokens(p.ctx(), p.root, p.conn)
		p.must(err)
		p.equal(list, []directory.Token{revoked, two})
		p.wantErr(change(), directory.ErrConflict)
	}},
}

// token stores a new token of that text.
func (p *place) token(text string) directory.Token {
	p.Helper()
	tok := directory.Token{
		Root: p.root, ID: newID(), Connection: p.conn, Kind: directory.TokenBearer, Hash: hash(text), Created: time.Now().UTC().Round(0),
		Expires: start.Add(24 * time.Hour), Version: 1,
	}
	p.must(p.change(func(c *directory.Change) { c.Tokens = []directory.Edit[directory.Token]{edit(nil, &tok)} }))
	return tok
}

var promisedTouch = []promise{
	{"M4 the first contact is told once, and marks move forward only", func(p *place) {
		tok := p.token("one")
		for _, step := range []struct {
			at, last time.Time
			first    bool
		}{
			{start.Add(time.Hour), start.Add(time.Hour), true},
			{start.Add(2 * time.Hour), start.Add(2 * time.Hour), false},
			{start.Add(time.Minute), start.Add(2 * time.Hour), false},
		} {
			first, err := p.store.Touch(p.ctx(), p.root, p.conn, tok.ID, step.at)
			p.must(err)
			p.equal(first, step.first)
			c, err := p.store.Connection(p.ctx(), p.root, p.conn)
			p.must(err)
			p.equal([]any{c.FirstContact, c.LastContact, c.Version, c.Status()},
				[]any{start.Add(time.Hour), step.last, int64(1), "active"})
			got, err := p.store.TokenByHash(p.ctx(), p.root, tok.Hash)
			p.must(err)
			p.equal([]any{got.LastUsed, got.Version}, []any{step.last, int64(1)})
		}
	}},
	{"what is gone needs no mark", func(p *place) {
		for _, root := range []string{p.root, "nobody"} {
			first, err := p.store.Touch(p.ctx(), root, "gone", "gone", start)
			p.must(err)
			p.equal(first, false)
		}
	}},
}

var promisedSubjects = []promise{
	{"a subject comes back and its id is unique", func(p *place) {
		want := directory.Subject{Root: p.root, ID: newID(), Created: start}
		insert := func() error {
			return p.change(func(c *directory.Change) { c.Subjects = []directory.Edit[directory.Subject]{edit(nil, &want)} })
		}
		p.must(insert())
		got, err := p.store.Subject(p.ctx(), p.root, want.ID)
		p.must(err)
		p.equal(got, want)
		p.wantErr(insert(), directory.ErrConflict)
		p.must(p.change(func(c *directory.Change) { c.Subjects = []directory.Edit[directory.Subject]{edit(&want, nil)} }))
		_, err = p.store.Subject(p.ctx(), p.root, want.ID)
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"memberships are paged by subject", func(p *place) {
		var want []directory.Membership
		for i := range 5 {
			m := directory.Membership{
				Root: p.root, Workspace: p.root, Subject: string(rune('a' + i)), Role: "member", RoleSource: directory.SourceDefault,
				Status: directory.StatusActive, StatusSource: directory.SourceSCIM, Created: start, Modified: start, Version: 1,
			}
			want = append(want, m)
			p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &m)} }))
		}
		list, err := p.store.Memberships(p.ctx(), p.root, p.root, "b", 2)
		p.must(err)
		p.equal(list, want[2:4])
		list, err = p.store.Memberships(p.ctx(), p.root, p.root, "", 0)
		p.must(err)
		p.equal(list, want)
	}},
	{"a membership's edit rests on its version", func(p *place) {
		one := directory.Membership{Root: p.root, Workspace: p.root, Subject: "s", Role: "member", Status: directory.StatusActive, Version: 1}
		p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &one)} }))
		two := one
		two.Status, two.StatusSource, two.Modified, two.Version = directory.StatusDeactivated, directory.SourceSCIM, start, 2
		change := func() error {
			return p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(&one, &two)} })
		}
		p.must(change())
		got, err := p.store.Membership(p.ctx(), p.root, p.root, "s")
		p.must(err)
		p.equal(got, two)
		p.wantErr(change(), directory.ErrConflict)
		p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(&two, nil)} }))
		_, err = p.store.Membership(p.ctx(), p.root, p.root, "s")
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"a tombstone is found by its hash; the later one counts; it is lifted once", func(p *place) {
		key := hash("ada")
		_, err := p.store.Tombstone(p.ctx(), p.root, p.conn, "userName", key)
		p.wantErr(err, directory.ErrNotFound)
		var last directory.Tombstone
		for _, subject := range []string{"one", "two"} {
			last = directory.Tombstone{Root: p.root, Connection: p.conn, Kind: "userName", Hash: key, Subject: subject, Created: start}
			p.must(p.change(func(c *directory.Change) { c.Tombstones = []directory.Edit[directory.Tombstone]{edit(nil, &last)} }))
			got, err := p.store.Tombstone(p.ctx(), p.root, p.conn, "userName", key)
			p.must(err)
			p.equal(got, last)
		}
		_, err = p.store.Tombstone(p.ctx(), p.root, p.conn, "principal", key)
		p.wantErr(err, directory.ErrNotFound)
		lift := func() error {
			return p.change(func(c *directory.Change) { c.Tombstones = []directory.Edit[directory.Tombstone]{edit(&last, nil)} })
		}
		p.must(lift())
		p.wantErr(lift(), directory.ErrConflict)
		_, err = p.store.Tombstone(p.ctx(), p.root, p.conn, "userName", key)
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"who is taken for new is not, when one of the keys is buried", func(p *place) {
		buried := directory.Tombstone{Root: p.root, Connection: p.conn, Kind: "userName", Hash: hash("ada"), Subject: "s", Created: start}
		p.must(p.change(func(c *directory.Change) { c.Tombstones = []directory.Edit[directory.Tombstone]{edit(nil, &buried)} }))
		u, keys := p.newUser("ada")
		post := func(kind string, hash [32]byte) error {
			other := directory.Tombstone{Root: p.root, Connection: p.conn, Kind: kind, Hash: hash}
			free := directory.Tombstone{Root: p.root, Connection: p.conn, Kind: "principal", Hash: [32]byte{1}}
			return p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}}
				c.Absent = []directory.Tombstone{free, other}
			})
		}
		p.wantErr(post("userName", buried.Hash), directory.ErrConflict)
		_, err := p.store.User(p.ctx(), p.root, p.conn, u.ID)
		p.wantErr(err, directory.ErrNotFound)
		p.must(post("subject", buried.Hash)) // another kind, and another connection, are other keys
		p.must(p.change(func(c *directory.Change) {
			c.Absent = []directory.Tombstone{{Root: p.root, Connection: "other", Kind: "userName", Hash: buried.Hash}}
		}))
	}},
}
