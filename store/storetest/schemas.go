package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func (p *place) declaration(id string) directory.Declaration {
	return directory.Declaration{
		Root: p.root, Workspace: p.root, Kind: directory.DeclaredSchema, ID: id, Body: []byte(`{"id":"` + id + `"}`),
		Created: start, Modified: start, Version: 1, Since: map[string]int64{"role": 1},
	}
}

func (p *place) workspace() directory.Workspace {
	p.Helper()
	w, err := p.store.Workspace(p.ctx(), p.root, p.root)
	p.must(err)
	return w
}

// declare commits an edit of a declaration with the epoch that it begins.
func (p *place) declare(e directory.Edit[directory.Declaration]) error {
	before := p.workspace()
	after := before
	after.Epoch++
	after.Version++
	return p.change(func(c *directory.Change) {
		c.Workspaces = []directory.Edit[directory.Workspace]{edit(&before, &after)}
		c.Declarations = []directory.Edit[directory.Declaration]{e}
	})
}

var promisedDeclarations = []promise{
	{"a workspace comes with its declarations, in the order in which they were made", func(p *place) {
		first, second := p.declaration("urn:x:b"), p.declaration("urn:x:a")
		second.Created = start.Add(time.Second)
		p.must(p.declare(edit(nil, &first)))
		p.must(p.declare(edit(nil, &second)))
		want := []directory.Declaration{first, second}
		p.equal(p.workspace().Declarations, want)
		p.equal(p.workspace().Epoch, int64(2))
		byKey, err := p.store.WorkspaceByKey(p.ctx(), "KEY-"+p.root)
		p.must(err)
		p.equal(byKey.Declarations, want)
		all, err := p.store.Workspaces(p.ctx())
		p.must(err)
		p.equal(all[0].Declarations, want)
		p.equal(len(newPlace(p.TB, p.store).workspace().Declarations), 0)
	}},
	{"edits of declarations rest on their versions", func(p *place) {
		before := p.declaration("urn:x:a")
		p.must(p.declare(edit(nil, &before)))
		again := before
		p.wantErr(p.declare(edit(nil, &again)), directory.ErrConflict)
		after := before
		after.Version, after.Body, after.Since = 2, []byte(`{}`), map[string]int64{"role": 2, "level": 2}
		p.must(p.declare(edit(&before, &after)))
		p.wantErr(p.declare(edit(&before, &after)), directory.ErrConflict)
		p.equal(p.workspace().Declarations, []directory.Declaration{after})
		p.wantErr(p.declare(edit(&before, nil)), directory.ErrConflict)
		p.must(p.declare(edit(&after, nil)))
		p.equal(len(p.workspace().Declarations), 0)
	}},
	{"what a connection announces comes back: all, some, none", func(p *place) {
		for i, schemas := range [][]string{nil, {"urn:x:a", "urn:x:b"}, {}} {
			before, err := p.store.Connection(p.ctx(), p.root, p.conn)
			p.must(err)
			after := before
			after.Schemas, after.Announced, after.Settled, after.Version = schemas, int64(i), int64(2*i), before.Version+1
			p.must(p.change(func(c *directory.Change) {
				c.Connections = []directory.Edit[directory.Connection]{edit(&before, &after)}
			}))
			got, err := p.store.Connection(p.ctx(), p.root, p.conn)
			p.must(err)
			p.equal(got, after)
			p.equal(got.Schemas == nil, schemas == nil)
		}
	}},
	{"a change on a basis that has moved on is stale, and nothing of it is written", func(p *place) {
		write := func(name string, epoch, announced int64) error {
			u, keys := p.newUser(name)
			return p.change(func(c *directory.Change) {
				c.Basis = &directory.Basis{Workspace: p.root, Connection: p.conn, Epoch: epoch, Announced: announced}
				c.Users = []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}}
			})
		}
		p.must(write("ada", 0, 0))
		d := p.declaration("urn:x:a")
		p.must(p.declare(edit(nil, &d)))
		p.wantErr(write("bob", 0, 0), directory.ErrStale)
		p.wantErr(write("bob", 1, 1), directory.ErrStale)
		p.must(write("cy", 1, 0))
		p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, "").Total, 2)
	}},
	{"a deleted workspace takes its declarations along", func(p *place) {
		d := p.declaration("urn:x:a")
		p.must(p.declare(edit(nil, &d)))
		p.must(p.store.DeleteWorkspace(p.ctx(), p.root, p.root, nil))
		p.must(p.change(func(c *directory.Change) {
			c.Workspaces = []directory.Edit[directory.Workspace]{{After: &directory.Workspace{Root: p.root, ID: p.root, Key: "again", Epoch: 1, Version: 1}}}
		}))
		p.equal(len(p.workspace().Declarations), 0)
	}},
}

// deviceType is a declared resource type.
func deviceType() *scim.ResourceType {
	return &scim.ResourceType{
		ID: "Device", Name: "Device", Endpoint: "/Devices", Stamp: 5,
		Schema: &scim.Schema{ID: "urn:x:device", Attributes: []*scim.Attribute{{Name: "displayName", Indexed: true, Generation: 1}}},
	}
}

func (p *place) newDevice(name string) (directory.Resource, []scim.Key) {
	p.Helper()
	r := p.decode(deviceType(), fmt.Sprintf(`{"displayName":%q,"externalId":%q}`, name, "ext-"+name))
	return directory.Resource{
		Root: p.root, Connection: p.conn, Type: "Device", ID: newID(), ExternalID: r.ExternalID, Version: 1,
		Created: start, Modified: start, Body: r.Body(), Stamp: 5,
	}, r.Keys()
}

func (p *place) addDevice(name string) directory.Resource {
	p.Helper()
	r, keys := p.newDevice(name)
	p.must(p.change(func(c *directory.Change) {
		c.Resources = []directory.ResourceEdit{{Edit: edit(nil, &r), AfterKeys: keys}}
	}))
	return r
}

func (p *place) devices(filter string) directory.ResourcePage {
	p.Helper()
	q := directory.ListQuery{Root: p.root, Connection: p.conn, Type: deviceType(), StartIndex: 1, Limit: 10_000}
	if filter != "" {
		profile, _ := scim.ProfileByName("generic")
		f, err := scim.ParseFilter(filter, q.Type, profile)
		p.must(err)
		q.Filter = f
	}
	page, err := p.store.Resources(p.ctx(), q)
	p.must(err)
	return page
}

var promisedResources = []promise{
	{"a resource of a declared type comes back whole, and is no user", func(p *place) {
		r := p.addDevice("Laptop")
		if r.Seq == 0 {
			p.Fatal("Commit did not fill Seq")
		}
		got, err := p.store.Resource(p.ctx(), p.root, p.conn, "Device", r.ID)
		p.must(err)
		p.equal(got, r)
		_, err = p.store.Resource(p.ctx(), p.root, p.conn, "Other", r.ID)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.Resource(p.ctx(), p.root, p.connection("entra"), "Device", r.ID)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.User(p.ctx(), p.root, p.conn, r.ID)
		p.wantErr(err, directory.ErrNotFound)
		types, err := p.store.Resolve(p.ctx(), p.root, p.conn, []string{r.ID})
		p.must(err)
		p.equal(types, map[string]string{})
		p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, "").Total, 0)
		p.equal(p.devices("").Resources, []directory.Resource{r})
	}},
	{"an edit moves the document and its keys, and rests on its version; so does a delete", func(p *place) {
		before := p.addDevice("Laptop")
		p.addDevice("Phone")
		_, beforeKeys := p.newDevice("Laptop")
		after, afterKeys := p.newDevice("Tablet")
		after.ID, after.Seq, after.Version, after.Modified = before.ID, before.Seq, 2, start.Add(time.Hour)
		change := func(e directory.Edit[directory.Resource], keys, to []scim.Key) error {
			return p.change(func(c *directory.Change) {
				c.Resources = []directory.ResourceEdit{{Edit: e, BeforeKeys: keys, AfterKeys: to}}
			})
		}
		p.must(change(edit(&before, &after), beforeKeys, afterKeys))
		p.wantErr(change(edit(&before, &after), beforeKeys, afterKeys), directory.ErrConflict)
		for filter, want := range map[string]int{
			`displayName eq "laptop"`: 0, `displayName eq "TABLET"`: 1, `displayName pr`: 2, `externalId eq "ext-Tablet"`: 1,
		} {
			p.equal(p.devices(filter).Total, want)
		}
		p.wantErr(change(edit(&before, nil), beforeKeys, nil), directory.ErrConflict)
		p.must(change(edit(&after, nil), afterKeys, nil))
		p.equal(p.devices("").Total, 1)
		p.equal(p.devices(`displayName eq "tablet"`).Total, 0)
	}},
	{"resources up to a place go in slices with what hangs on them, and later ones stay", func(p *place) {
		for i := range 5 {
			p.addDevice(fmt.Sprint("old", i))
		}
		u := p.addUser("ada")
		scopes, err := p.store.Scopes(p.ctx(), p.root, p.conn)
		p.must(err)
		p.equal(len(scopes), 2)
		p.equal(scopes[0].Type, "Device")
		p.equal(scopes[1], directory.Scope{Type: "User", Last: u.Seq})
		kept := p.addDevice("new")
		p.must(p.store.DropResources(p.ctx(), p.root, p.conn, "Device", scopes[0].Last))
		p.equal(p.devices("").Resources, []directory.Resource{kept})
		p.equal(p.devices("").Total, 1)
		p.equal(p.devices(`displayName sw "old"`).Total, 0)
		p.must(p.store.DropResources(p.ctx(), p.root, p.conn, "Nothing", 1<<40))
		p.equal(p.user(u.ID), u)
	}},
	{"E2 a deleted connection takes them along", func(p *place) {
		p.addDevice("Laptop")
		p.must(p.store.DeleteConnection(p.ctx(), p.root, p.conn, nil))
		p.equal(p.devices("").Total, 0)
		p.equal(p.devices(`displayName pr`).Total, 0)
	}},
}

// claims are keys of one unique attribute.
func claims(values ...string) []scim.Key {
	var keys []scim.Key
	for _, v := range values {
		keys = append(keys, scim.Key{Attr: "badge#1", Value: v})
	}
	return keys
}

// claimant stores a user with claims.
func (p *place) claimant(name string, values ...string) (directory.User, error) {
	u, keys := p.newUser(name)
	u.Stamp = 5
	err := p.change(func(c *directory.Change) {
		c.Users = []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys, Claims: directory.Claims{After: claims(values...)}}}
	})
	return u, err
}

func (p *place) reclaim(u directory.User, rekey bool, before, after []scim.Key) error {
	next := u
	next.Version++
	return p.change(func(c *directory.Change) {
		c.Users = []directory.UserEdit{{Edit: edit(&u, &next), Claims: directory.Claims{Before: before, After: after}, Rekey: rekey}}
	})
}

var promisedClaims = []promise{
	{"a unique value has one owner, and is free when that gives it up or goes", func(p *place) {
		u, err := p.claimant("ada", "x")
		p.must(err)
		owner := func(value string) string {
			id, err := p.store.Claimed(p.ctx(), p.root, p.conn, "User", claims(value)[0])
			if err != nil {
				p.wantErr(err, directory.ErrNotFound)
			}
			return id
		}
		p.equal(owner("x"), u.ID)
		_, err = p.claimant("bob", "x")
		p.wantErr(err, directory.ErrConflict)
		p.equal(p.find(`userName eq "bob"`).Total, 0)
		other := *p
		other.conn = p.connection("entra")
		_, err = other.claimant("ada", "x")
		p.must(err)
		p.must(p.reclaim(u, false, claims("x"), claims("y")))
		p.equal([]string{owner("x"), owner("y")}, []string{"", u.ID})
		_, err = p.claimant("bob", "x")
		p.must(err)
		u = p.user(u.ID)
		p.wantErr(p.reclaim(u, false, claims("y"), claims("x")), directory.ErrConflict)
		p.must(p.change(func(c *directory.Change) { c.Users = []directory.UserEdit{{Edit: edit(&u, nil)}} }))
		p.equal(owner("y"), "")
		_, err = p.claimant("cy", "y")
		p.must(err)
	}},
	{"of many who claim one value at once one gets it", func(p *place) {
		won := p.race(16, func(i int) error {
			_, err := p.claimant(fmt.Sprint("u", i), "x")
			return err
		})
		p.equal(won, 1)
	}},
	{"an edit of a document from before may lack rows: what it keeps is another's if another has it", func(p *place) {
		_, err := p.claimant("ada", "x")
		p.must(err)
		u, err := p.claimant("bob")
		p.must(err)
		p.must(p.reclaim(u, true, claims("x", "y"), claims("x", "y")))
		u = p.user(u.ID)
		p.wantErr(p.reclaim(u, true, nil, claims("x")), directory.ErrConflict)
		_, err = p.claimant("cy", "y")
		p.wantErr(err, directory.ErrConflict)
	}},
}

var promisedRewrites = []promise{
	{"a rewrite moves stamp and keys; version and time only with the document; and rests on the document", func(p *place) {
		u := p.addUser("ada")
		rewrite := func(after string, stamp int64, keys ...scim.Key) error {
			if after == "" {
				after = string(u.Body)
			}
			return p.change(func(c *directory.Change) {
				c.Rewrites = []directory.Rewrite{{
					Connection: p.conn, Type: "User", ID: u.ID, Before: u.Body, After: []byte(after), Stamp: stamp,
					Modified: start.Add(time.Hour), Keys: keys, Claims: claims("x"),
				}}
			})
		}
		k := scim.Key{Attr: "role#1", Value: "admin"}
		p.must(rewrite("", 5, k))
		want := u
		want.Stamp = 5
		p.equal(p.user(u.ID), want)
		p.must(rewrite("", 5, k)) // again: nothing is there twice
		names, err := p.store.KeyNames(p.ctx(), p.root, p.conn, "User")
		p.must(err)
		p.equal(len(names) > 3 && slices.Contains(names, "role#1") && slices.Contains(names, "badge#1") && slices.Contains(names, "emails.value"), true)
		p.must(rewrite(`{"userName":"ada"}`, 6))
		want.Stamp, want.Version, want.Modified, want.Body = 6, 2, start.Add(time.Hour), []byte(`{"userName":"ada"}`)
		p.equal(p.user(u.ID), want)
		p.wantErr(rewrite("", 7), directory.ErrConflict)
		p.equal(p.find(`emails.value eq "ada@example.com"`).Total, 1) // its other rows stay
	}},
	{"documents come by seq, but for those with a stamp", func(p *place) {
		var want []string
		for i := range 7 {
			u, keys := p.newUser(fmt.Sprint("u", i))
			u.Stamp = int64(i % 2)
			u = p.insertUser(u, keys)
			if i%2 == 0 {
				want = append(want, u.ID)
			}
		}
		var got []string
		for after := int64(0); ; {
			docs, err := p.store.Documents(p.ctx(), p.root, p.conn, "User", 1, after, 2)
			p.must(err)
			if len(docs) == 0 {
				break
			}
			for _, d := range docs {
				got, after = append(got, d.ID), d.Seq
				u := p.user(d.ID)
				p.equal(d, directory.Document{
					ID: u.ID, Subject: u.Subject, Name: u.UserName, ExternalID: u.ExternalID, Seq: u.Seq, Version: u.Version, Body: u.Body,
				})
			}
		}
		p.equal(got, want)
		docs, err := p.store.Documents(p.ctx(), p.root, p.conn, "User", -1, 0, 100)
		p.must(err)
		p.equal(len(docs), 7)
		docs, err = p.store.Documents(p.ctx(), p.root, p.conn, "Nothing", 0, 0, 100)
		p.must(err)
		p.equal(len(docs), 0)
	}},
	{"the keys of one name go, and no others", func(p *place) {
		_, err := p.claimant("ada", "x")
		p.must(err)
		p.must(p.store.DropKeys(p.ctx(), p.root, p.conn, "User", "badge#1"))
		p.must(p.store.DropKeys(p.ctx(), p.root, p.conn, "User", "emails.value"))
		names, err := p.store.KeyNames(p.ctx(), p.root, p.conn, "User")
		p.must(err)
		p.equal(slices.Contains(names, "badge#1") || slices.Contains(names, "emails.value") || !slices.Contains(names, "name.familyname"), false)
		_, err = p.claimant("bob", "x")
		p.must(err)
	}},
}
