package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// place is a workspace with one connection in a store: where most tests begin.
type place struct {
	testing.TB
	store directory.Store
	root  string
	conn  string
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

func newPlace(t testing.TB, s directory.Store) *place {
	t.Helper()
	p := &place{TB: t, store: s, root: newID()}
	p.must(p.change(func(c *directory.Change) {
		c.Workspaces = []directory.Edit[directory.Workspace]{{After: &directory.Workspace{
			Root: p.root, ID: p.root, Key: "KEY-" + p.root, Name: "Acme", DefaultRole: "member", Created: start, Version: 1,
		}}}
	}))
	p.conn = p.connection("okta")
	return p
}

// connection adds a connection and returns its id.
func (p *place) connection(name string) string {
	p.Helper()
	id := newID()
	p.must(p.change(func(c *directory.Change) {
		c.Connections = []directory.Edit[directory.Connection]{{After: &directory.Connection{
			Root: p.root, ID: id, Workspace: p.root, Name: name, Profile: "okta", State: directory.StateEnabled,
			Created: start, Version: 1,
		}}}
	}))
	return id
}

// change commits what fill puts into a change of the place's root.
func (p *place) change(fill func(*directory.Change)) error {
	c := &directory.Change{Root: p.root}
	fill(c)
	return p.store.Commit(p.ctx(), c)
}

func (p *place) ctx() context.Context { return p.Context() }

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *place) wantErr(err, want error) {
	p.Helper()
	if !errors.Is(err, want) {
		p.Fatalf("error: %v, want: %v", err, want)
	}
}

func (p *place) equal(got, want any) {
	p.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		p.Fatalf("got (+), want (-):\n%s", diff)
	}
}

// newID makes ids that are ordered in time, as the directory does.
func newID() string {
	return fmt.Sprintf("%011x%s", time.Now().UnixMilli(), strings.ToLower(rand.Text()[:12]))
}

// edit is an edit of any kind of row.
func edit[T any](before, after *T) directory.Edit[T] {
	return directory.Edit[T]{Before: before, After: after}
}

// newUser returns a user of the place's connection that no store has yet, with its index keys.
func (p *place) newUser(name string) (directory.User, []scim.Key) {
	p.Helper()
	return p.userOf(fmt.Sprintf(`{"userName":%q,"externalId":%q,"name":{"familyName":%q},"emails":[{"value":%q,"type":"work"}]}`,
		name, "ext-"+name, "Family of "+name, name+"@example.com"))
}

// userOf returns the user that a body describes.
func (p *place) userOf(body string) (directory.User, []scim.Key) {
	p.Helper()
	return p.asUser(p.decode(scim.UserType(), body))
}

// groupOf returns the group that a body describes.
func (p *place) groupOf(body string) (directory.Group, []scim.Key) {
	p.Helper()
	return p.asGroup(p.decode(scim.GroupType(), body))
}

func (p *place) asUser(r *scim.Resource) (directory.User, []scim.Key) {
	return directory.User{
		Root: p.root, Connection: p.conn, ID: newID(), Subject: newID(), UserName: r.Text("userName"),
		UserNameKey: scim.FoldName(r.Text("userName")), ExternalID: r.ExternalID, Active: r.Active(), Version: 1,
		Created: start, Modified: start, Body: r.Body(),
	}, r.Keys()
}

func (p *place) asGroup(r *scim.Resource) (directory.Group, []scim.Key) {
	return directory.Group{
		Root: p.root, Connection: p.conn, ID: newID(), DisplayName: r.Text("displayName"),
		DisplayNameKey: scim.FoldName(r.Text("displayName")), ExternalID: r.ExternalID, Version: 1,
		Created: start, Modified: start, Body: r.Body(),
	}, r.Keys()
}

func (p *place) decode(t *scim.ResourceType, body string) *scim.Resource {
	p.Helper()
	profile, _ := scim.ProfileByName("generic")
	r, err := decode(t, profile, body)
	p.must(err)
	return r
}

func decode(t *scim.ResourceType, profile scim.Profile, body string) (*scim.Resource, error) {
	o, err := scim.ParseJSON([]byte(body), scim.Limits{})
	if err != nil {
		return nil, err
	}
	return t.Decode(o, profile)
}

// addUser stores a new user and returns it as stored.
func (p *place) addUser(name string) directory.User {
	p.Helper()
	u, err := p.createUser(name)
	p.must(err)
	return u
}

// createUser does the same where a test must not end: on a goroutine of its own.
func (p *place) createUser(name string) (directory.User, error) {
	u, keys := p.newUser(name)
	err := p.commitUser(&u, keys)
	return u, err
}

func (p *place) insertUser(u directory.User, keys []scim.Key) directory.User {
	p.Helper()
	p.must(p.commitUser(&u, keys))
	return u
}

func (p *place) commitUser(u *directory.User, keys []scim.Key) error {
	return p.change(func(c *directory.Change) {
		c.Users = []directory.UserEdit{{Edit: edit(nil, u), AfterKeys: keys}}
	})
}

// addGroup stores a new group and returns it as stored.
func (p *place) addGroup(name string) directory.Group {
	p.Helper()
	g, keys := p.groupOf(fmt.Sprintf(`{"displayName":%q}`, name))
	p.must(p.change(func(c *directory.Change) {
		c.Groups = []directory.GroupEdit{{Edit: edit(nil, &g), AfterKeys: keys}}
	}))
	return g
}

// editMembers commits one edit of a group's members.
func (p *place) editMembers(e directory.MembersEdit) error {
	_, err := p.editedMembers(e)
	return err
}

// editedMembers is editMembers and the version that the group has reached.
func (p *place) editedMembers(e directory.MembersEdit) (int64, error) {
	if e.Modified.IsZero() {
		e.Modified = start.Add(time.Hour)
	}
	edits := []directory.MembersEdit{e}
	err := p.change(func(c *directory.Change) { c.Members = edits })
	return edits[0].Version, err
}

// member is the row that makes a user a member of a group.
func member(g directory.Group, u directory.User) directory.Member {
	return directory.Member{Root: g.Root, Group: g.ID, ID: u.ID, Type: "User"}
}

func (p *place) user(id string) directory.User {
	p.Helper()
	u, err := p.store.User(p.ctx(), p.root, p.conn, id)
	p.must(err)
	return u
}

func (p *place) group(id string) directory.Group {
	p.Helper()
	g, err := p.store.Group(p.ctx(), p.root, p.conn, id)
	p.must(err)
	return g
}

// memberIDs is the group's list.
func (p *place) memberIDs(group string) []string {
	p.Helper()
	list, err := p.store.Members(p.ctx(), p.root, group, "", 0)
	p.must(err)
	var ids []string
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids
}

// find lists users by a filter text.
func (p *place) find(filter string) directory.UserPage {
	p.Helper()
	profile, _ := scim.ProfileByName("generic")
	f, err := scim.ParseFilter(filter, scim.UserType(), profile)
	p.must(err)
	page, err := p.store.Users(p.ctx(), directory.ListQuery{
		Root: p.root, Connection: p.conn, Type: scim.UserType(), Filter: f, StartIndex: 1, Limit: 1000,
	})
	p.must(err)
	return page
}

func hash(s string) [32]byte { return sha256.Sum256([]byte(s)) }
