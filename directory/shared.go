package directory

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/scim"
)

// The scopes of a connection (C6).
const (
	// ScopeOwn, the default: the connection sees the users that it has made.
	ScopeOwn = "own"
	// ScopeWorkspace: it also sees the members of its workspace whom nobody's connection owns, to take them over, and
	// those of other connections of this scope, to know of them.
	ScopeWorkspace = "workspace"
)

// Whom a connection of scope workspace sees beside its own users are people without a document of this connection. They
// are shown from their profiles, under an id that is reserved for connection and person; a write makes the document
// there. In lists they stand behind the connection's own users.

// firstOther is the Seq of the first of them: behind every row.
const firstOther = 1 << 60

// maxOthers bounds how many of them a list looks through (D-30).
const maxOthers = 10_000

// shares reports whether the connection sees more than its own users.
func (c *Client) shares() bool { return c.Connection.Settings.Scope == ScopeWorkspace }

// reservedID is the id under which a person without a document is shown.
func (c *Client) reservedID(subject string) string { return subject + "-" + c.Connection.ID }

// other is a person without a document of the connection, and whose the person is.
type other struct {
	Person
	owner *Connection // nil: nobody's
}

// otherOf returns the person behind a reserved id. ErrNotFound: it is none, or the person is not seen.
func (c *Client) otherOf(ctx context.Context, id string) (other, error) {
	subject, ok := strings.CutSuffix(id, "-"+c.Connection.ID)
	if !ok || !c.shares() {
		return other{}, ErrNotFound
	}
	return c.otherPerson(ctx, subject)
}

func (c *Client) otherPerson(ctx context.Context, subject string) (other, error) {
	m, err := c.directory.store.Membership(ctx, c.Connection.Root, c.Connection.Workspace, subject)
	if err != nil {
		return other{}, err
	}
	s, err := c.directory.store.Subject(ctx, c.Connection.Root, subject)
	if err != nil {
		return other{}, err
	}
	return c.seen(ctx, Person{Membership: m, Who: s}, map[string]*Connection{})
}

// seen says whose a member is, and ErrNotFound for one whom the connection does not see, or has a document of. owners
// remembers connections between calls.
func (c *Client) seen(ctx context.Context, p Person, owners map[string]*Connection) (other, error) {
	o := other{Person: p}
	users, err := c.directory.store.UsersOf(ctx, c.Connection.Root, p.Subject)
	if err != nil {
		return other{}, err
	}
	if len(users) == 0 {
		if deleted, err := c.directory.isDeleted(ctx, p.Membership); err != nil || deleted {
			return other{}, cmp.Or(err, ErrNotFound)
		}
	}
	for _, u := range users {
		if u.Connection == c.Connection.ID {
			return other{}, ErrNotFound
		}
		owner, known := owners[u.Connection]
		if !known {
			row, err := c.directory.store.Connection(ctx, u.Root, u.Connection)
			if err != nil {
				return other{}, err
			}
			owner = &row
			owners[u.Connection] = owner
		}
		if owner.Settings.Scope != ScopeWorkspace || owner.Workspace != c.Connection.Workspace {
			return other{}, ErrNotFound
		}
		o.owner = owner
	}
	return o, nil
}

// isDeleted reports that a live connection has granted the membership and has no document of the person any more: such
// a person is tombstoned, and nobody's to take over.
func (d *Directory) isDeleted(ctx context.Context, m Membership) (bool, error) {
	if m.Connection == "" {
		return false, nil
	}
	_, err := d.store.Connection(ctx, m.Root, m.Connection)
	return found(err)
}

// record shows the person as a User.
func (c *Client) otherRecord(o other, seq int64) (*scim.Record, error) {
	r, err := c.otherResource(o)
	if err != nil {
		return nil, err
	}
	return &scim.Record{
		Type: c.userType(), ID: c.reservedID(o.Subject), Version: o.Who.Version, Seq: firstOther + seq,
		Created: o.Created, LastModified: o.Modified, Body: r.Body(), Stamp: r.Type.Stamp,
	}, nil
}

// otherResource makes a User of a profile.
func (c *Client) otherResource(o other) (*scim.Resource, error) {
	userName, active := cmp.Or(o.Who.Email, o.Who.Name, o.Subject), o.Status != StatusDeactivated && !o.Blocked
	doc, err := profile.Profile(o.Who.Profile).User(userName, o.Who.Email, active)
	return &scim.Resource{Type: c.userType(), Attributes: doc}, err
}

// listShared is a list of a connection of scope workspace: its own users, then the others.
func (c *Client) listShared(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	others, err := c.others(ctx, q.Filter)
	if err != nil {
		return scim.Page{}, listError(q, err)
	}
	if q.Sort != nil {
		return c.sortShared(ctx, t, q, others)
	}
	own := scim.Page{}
	skip := 0 // of the others
	if q.After != nil && q.After.Seq >= firstOther {
		head := q
		head.After, head.StartIndex, head.Count = nil, 1, 0
		own, err = c.listOwn(ctx, t, head)
		skip = int(q.After.Seq-firstOther) + 1
	} else {
		own, err = c.listOwn(ctx, t, q)
		if q.After == nil {
			skip = max(0, q.StartIndex-1-own.Total)
		}
	}
	if err != nil {
		return scim.Page{}, err
	}
	page := scim.Page{Total: own.Total + len(others), Records: own.Records, More: own.More}
	if own.More {
		return page, nil
	}
	rest := others[min(skip, len(others)):]
	room := max(0, q.Count-len(page.Records))
	page.Records = append(page.Records, rest[:min(room, len(rest))]...)
	page.More = len(rest) > room
	return page, nil
}

// sortShared sorts both kinds together, in memory.
func (c *Client) sortShared(ctx context.Context, t *scim.ResourceType, q scim.Query, others []*scim.Record) (scim.Page, error) {
	all := q
	all.Sort, all.After, all.StartIndex, all.Count = nil, nil, 1, maxOthers
	own, err := c.listOwn(ctx, t, all)
	if err != nil {
		return scim.Page{}, err
	}
	if own.More {
		return scim.Page{}, listError(q, ErrTooMany)
	}
	q.Filter = nil // both are filtered
	return q.Answer(append(own.Records, others...))
}

// others lists whom the connection sees beside its own users, in the order of their ids.
func (c *Client) others(ctx context.Context, filter *scim.Filter) ([]*scim.Record, error) {
	if filter != nil {
		if name, ok := filter.UserName(); ok {
			return c.othersNamed(ctx, name)
		}
	}
	owners := map[string]*Connection{}
	var records []*scim.Record
	q := PeopleQuery{Root: c.Connection.Root, Workspaces: []string{c.Connection.Workspace}}
	for p, err := range c.directory.eachPerson(ctx, q) {
		if err != nil {
			return nil, err
		}
		if p.Connection == c.Connection.ID {
			continue
		}
		rec, err := c.matchOther(ctx, p, filter, owners, len(records))
		if err != nil {
			return nil, err
		}
		if rec != nil {
			records = append(records, rec)
		}
		if len(records) > maxOthers {
			return nil, ErrTooMany
		}
	}
	return records, nil
}

// matchOther returns the record of a member who is seen and whom the filter lets through, else nil.
func (c *Client) matchOther(
	ctx context.Context, p Person, filter *scim.Filter, owners map[string]*Connection, n int,
) (*scim.Record, error) {
	o, err := c.seen(ctx, p, owners)
	if there, err := found(err); !there || err != nil {
		return nil, err
	}
	rec, err := c.otherRecord(o, int64(n))
	if err != nil || filter == nil {
		return rec, err
	}
	ok, err := filter.Match(rec)
	if !ok || err != nil {
		return nil, err
	}
	return rec, nil
}

// othersNamed finds them by the userName under which they are shown, which is the e-mail address of most.
func (c *Client) othersNamed(ctx context.Context, name string) ([]*scim.Record, error) {
	o, err := c.otherNamed(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rec, err := c.otherRecord(o, 0)
	return []*scim.Record{rec}, err
}

func (c *Client) otherNamed(ctx context.Context, name string) (other, error) {
	all, err := c.directory.store.SubjectsByEmail(ctx, c.Connection.Root, name, maxNamesakes)
	if err != nil {
		return other{}, err
	}
	for _, s := range all {
		o, err := c.otherPerson(ctx, s.ID)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return o, err
		}
	}
	return other{}, ErrNotFound
}

// takeOver finds the person whom a new document is about among the others: by the userName under which the person is
// shown, else by the primary e-mail address. One of another live connection is refused (D-23), and so is one with a
// privileged role, which only its holder links (B11).
func (c *Client) takeOver(ctx context.Context, pol *policy, r *scim.Resource) (person, error) {
	for _, key := range []string{r.Text("userName"), r.Email()} {
		if key == "" {
			continue
		}
		o, err := c.otherNamed(ctx, key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return person{}, err
		}
		return c.take(ctx, pol, o)
	}
	return person{}, ErrNotFound
}

// take is the person to be written by this connection from now on, if that may be.
func (c *Client) take(ctx context.Context, pol *policy, o other) (person, error) {
	if o.owner != nil {
		return person{}, scim.NewError(scim.KindForeignUser, "userName", o.Who.Email,
			"users of connection "+o.owner.Name+" are written by that connection alone")
	}
	who, err := c.directory.person(ctx, c.Connection.Root, o.Subject)
	if err != nil {
		return person{}, err
	}
	for _, m := range who.memberships {
		if pol.isPrivileged(m) {
			return person{}, scim.NewError(scim.KindForeignUser, "userName", o.Who.Email,
				"who has a privileged role is linked by an admin alone")
		}
	}
	who.reserved = c.reservedID(o.Subject)
	return who, nil
}

// isUnknown reports the refusal of an id that is no row.
func isUnknown(err error) bool {
	var e *scim.Error
	return errors.As(err, &e) && e.Kind == scim.KindUnknownResource
}

// getOther shows the person behind a reserved id.
func (c *Client) getOther(ctx context.Context, id string) (*scim.Record, error) {
	o, err := c.otherOf(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, scim.NewError(scim.KindUnknownResource, typeUser, id, "")
	}
	if err != nil {
		return nil, scimError(err)
	}
	return c.otherRecord(o, 0)
}

// planTakeOver plans a PUT or PATCH of somebody who has no document here: the document is made under the id that was
// shown, as if the person had had the one that was shown.
func (c *Client) planTakeOver(ctx context.Context, p *plan, id string, w scim.Write, to edit) (User, error) {
	o, err := c.otherOf(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return User{}, scim.NewError(scim.KindUnknownResource, typeUser, id, "")
	}
	if err != nil {
		return User{}, err
	}
	if err := checkVersion(w, o.Who.Version); err != nil {
		return User{}, err
	}
	pol, err := c.directory.policy(ctx, p, c.Connection)
	if err != nil {
		return User{}, err
	}
	who, err := c.take(ctx, pol, o)
	if err != nil {
		return User{}, err
	}
	shown, err := c.otherResource(o)
	if err != nil {
		return User{}, err
	}
	wanted, err := to(shown)
	if err != nil {
		return User{}, err
	}
	u := User{
		Root: c.Connection.Root, Connection: c.Connection.ID, ID: id, Subject: who.ID, Version: 1, Created: p.now, Modified: p.now,
	}
	u.setDocument(wanted)
	return u, c.planDocument(ctx, p, pol, &u, wanted, who)
}

// refuseDeletion answers a DELETE of somebody who has no document here: nothing of this connection's would go.
func (c *Client) refuseDeletion(ctx context.Context, id string) error {
	o, err := c.otherOf(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return scim.NewError(scim.KindUnknownResource, typeUser, id, "")
	case err != nil:
		return err
	case o.owner != nil:
		return scim.NewError(scim.KindForeignUser, "id", id, "users of connection "+o.owner.Name+" are deleted by that connection alone")
	}
	return scim.NewError(scim.KindForeignUser, "id", id, "a PUT or PATCH first, by which this connection takes the user over")
}
