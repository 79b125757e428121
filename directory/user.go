package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// user reads a user of this connection. Another connection's id is as unknown as one that never was (X2).
func (c *Client) user(ctx context.Context, id string) (User, error) {
	u, err := c.directory.store.User(ctx, c.Connection.Root, c.Connection.ID, id)
	if errors.Is(err, ErrNotFound) {
		return User{}, scim.NewError(scim.KindUnknownResource, typeUser, id, "")
	}
	return u, scimError(err)
}

// known reads a user of this connection with its person, likewise.
func (c *Client) known(ctx context.Context, id string) (User, person, error) {
	u, s, memberships, err := c.directory.store.UserAndPerson(ctx, c.Connection.Root, c.Connection.ID, id)
	if errors.Is(err, ErrNotFound) {
		return User{}, person{}, scim.NewError(scim.KindUnknownResource, typeUser, id, "")
	}
	return u, person{Subject: s, memberships: memberships}, scimError(err)
}

// setDocument takes a resource into the row.
func (u *User) setDocument(r *scim.Resource) {
	u.UserName = r.Text("userName")
	u.UserNameKey = scim.FoldName(u.UserName)
	u.ExternalID = r.ExternalID
	u.Active = r.Active()
	u.Body, u.Stamp = r.Body(), r.Type.Stamp
}

func (c *Client) createUser(ctx context.Context, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	u := User{Root: c.Connection.Root, Connection: c.Connection.ID, Version: 1}
	u.setDocument(r)
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		pol, err := c.directory.policy(ctx, p, c.Connection)
		if err != nil {
			return err
		}
		p.presumes = p.attempt == 0
		who, err := c.match(ctx, p, pol, u, r)
		if err != nil {
			return err
		}
		u.ID, u.Subject, u.Created, u.Modified = cmp.Or(who.reserved, ident.NewRow(p.now)), who.ID, p.now, p.now
		if err := c.planDocument(ctx, p, pol, &u, r, who); err != nil {
			return c.unlessReturning(ctx, p, u, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.userRecord(ctx, u, w.Show)
}

// planDocument plans a document that is new, and what it means for the person. u gets its Seq from the store.
func (c *Client) planDocument(ctx context.Context, p *plan, pol *policy, u *User, r *scim.Resource, who person) error {
	if err := pol.check(r, nil); err != nil {
		return err
	}
	if err := c.checkKeyFree(ctx, "", nil, r); err != nil {
		return err
	}
	presumed := c.presumesFree(p)
	if !presumed {
		if err := c.checkUserNameFree(ctx, *u); err != nil {
			return err
		}
	}
	err := c.planNewUser(ctx, p, pol, u, r, who)
	if err != nil && presumed {
		return cmp.Or(c.checkUserNameFree(ctx, *u), err)
	}
	return err
}

// planNewUser plans a document whose keys are nobody's.
func (c *Client) planNewUser(ctx context.Context, p *plan, pol *policy, u *User, r *scim.Resource, who person) error {
	if who.isNew && pol.connection.Settings.NoCreate {
		return scim.NewError(scim.KindNoCreate, "", u.UserName, "")
	}
	claims, err := c.planClaims(ctx, r.Type, nil, r.UniqueValues())
	if err != nil {
		return err
	}
	if err := c.planPrincipal(ctx, p, who.ID, nil, r); err != nil {
		return err
	}
	if err := c.planGivenBack(ctx, p, *u); err != nil {
		return err
	}
	p.Users = append(p.Users, UserEdit{Edit: Edit[User]{After: u}, AfterKeys: r.Keys(), Claims: claims})
	v, err := c.provision(ctx, p, pol, *u, r, who, nil)
	if err != nil {
		return err
	}
	return v.record(ActionUserCreate, newUserDetail(*u, nil), nil)
}

// record adds the audit entry of a change of a user, with what became of the memberships, and the events.
func (v *provision) record(action string, detail userDetail, changed []string) error {
	detail.Memberships, detail.Profile, detail.Notes = v.changes, v.altered, v.decision.Notes
	v.did = didUser(action, detail.Changed, v.changes, v.decision.Notes)
	if err := v.audit(action, typeUser, v.user.ID, v.user.Subject, detail); err != nil {
		return err
	}
	return v.tell(changed)
}

// updateUser is PUT and PATCH of a user. When the wanted document does not differ from the stored one nothing is
// written: same version, same lastModified, no entry, no event (M12).
func (c *Client) updateUser(ctx context.Context, id string, w scim.Write, to edit) (*scim.Record, error) {
	var after User
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		before, who, err := c.known(ctx, id)
		if isUnknown(err) && c.shares() {
			after, err = c.planTakeOver(ctx, p, id, w, to)
			return err
		}
		if err != nil {
			return err
		}
		if err := checkVersion(w, before.Version); err != nil {
			return err
		}
		after, err = c.planUserUpdate(ctx, p, before, who, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.directory.credentials.forget(id)
	return c.userRecord(ctx, after, w.Show)
}

func (c *Client) planUserUpdate(ctx context.Context, p *plan, before User, who person, to edit) (User, error) {
	if err := c.checkStamp(before.Stamp); err != nil {
		return User{}, err
	}
	pol, err := c.directory.policy(ctx, p, c.Connection)
	if err != nil {
		return User{}, err
	}
	stored, err := c.userType().Load(c.bareUserRecord(before))
	if err != nil {
		return User{}, err
	}
	wanted, err := to(stored)
	if err != nil {
		return User{}, err
	}
	after, changed := before, document.Changed(stored, wanted)
	if len(changed) > 0 {
		if after, err = c.planUserDocument(ctx, p, pol, before, stored, wanted); err != nil {
			return User{}, err
		}
	}
	v, err := c.provisionKnown(ctx, p, pol, after, wanted, who)
	if err != nil {
		return User{}, err
	}
	if len(changed) == 0 && !v.isChange() {
		return before, nil // the same once more (M12)
	}
	detail := newUserDetail(after, changed)
	if after.UserName != before.UserName {
		detail.UserNameBefore = before.UserName
	}
	return after, v.record(ActionUserUpdate, detail, changed)
}

// planUserDocument plans the edit of the document itself.
func (c *Client) planUserDocument(
	ctx context.Context, p *plan, pol *policy, before User, stored, wanted *scim.Resource,
) (User, error) {
	after := before
	after.setDocument(wanted)
	after.Version++
	after.Modified = p.since(before.Modified)
	if after.Active || !before.Active { // who leaves is let go, whatever the document lacks
		if err := pol.check(wanted, stored); err != nil {
			return User{}, err
		}
	}
	if err := c.checkKeyFree(ctx, before.ID, stored, wanted); err != nil {
		return User{}, err
	}
	// A change of case is no other name: it must not meet itself (T-109).
	if after.UserNameKey != before.UserNameKey {
		if err := c.checkUserNameFree(ctx, after); err != nil {
			return User{}, err
		}
	}
	claims, err := c.planClaims(ctx, wanted.Type, stored.UniqueValues(), wanted.UniqueValues())
	if err != nil {
		return User{}, err
	}
	if err := c.planPrincipal(ctx, p, after.Subject, stored, wanted); err != nil {
		return User{}, err
	}
	p.Users = append(p.Users, UserEdit{
		Edit: update(before, after), BeforeKeys: stored.Keys(), AfterKeys: wanted.Keys(),
		Claims: claims, Rekey: before.Stamp != after.Stamp,
	})
	return after, nil
}

// provisionKnown plans what the document of a known user means now.
func (c *Client) provisionKnown(
	ctx context.Context, p *plan, pol *policy, u User, r *scim.Resource, who person,
) (*provision, error) {
	groups, err := c.groupsFor(ctx, pol, u)
	if err != nil {
		return nil, err
	}
	return c.provision(ctx, p, pol, u, r, who, groups)
}

// groupsFor reads the groups of a user when groups grant anything.
func (c *Client) groupsFor(ctx context.Context, pol *policy, u User) ([]GroupOf, error) {
	if len(pol.rules) == 0 || u.Groups == 0 {
		return nil, nil
	}
	of, err := c.directory.store.GroupsOf(ctx, u.Root, []string{u.ID})
	return of[u.ID], err
}

// deleteUser removes the document and its group memberships and ends what the connection granted. Softly, it leaves
// tombstones, under which the same person posted again is the same subject; hard, it leaves nothing of the person (X3).
func (c *Client) deleteUser(ctx context.Context, id string, w scim.Write) error {
	defer c.directory.credentials.forget(id)
	erased := false
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		u, who, err := c.known(ctx, id)
		if isUnknown(err) && c.shares() {
			return c.refuseDeletion(ctx, id)
		}
		if err != nil {
			return err
		}
		if err := checkVersion(w, u.Version); err != nil {
			return err
		}
		pol, err := c.directory.policy(ctx, p, c.Connection)
		if err != nil {
			return err
		}
		erased, err = c.planUserDeletion(ctx, p, pol, u, who)
		return err
	})
	if err == nil && erased {
		c.directory.scrubSoon()
	}
	return err
}

func (c *Client) planUserDeletion(ctx context.Context, p *plan, pol *policy, u User, who person) (erased bool, err error) {
	stored, err := c.userType().Load(c.bareUserRecord(u))
	if err != nil {
		return false, err
	}
	p.Users = append(p.Users, UserEdit{Edit: remove(u), BeforeKeys: stored.Keys()})
	u.Active = false
	v := c.newProvision(p, pol, u, who)
	if _, err := v.ask(ctx, HookDelete, nil); err != nil {
		return false, err
	}
	if erased, err = c.erases(ctx, pol, who); err != nil {
		return false, err
	}
	if erased { // the entry and the events name nobody
		if err := c.planErased(ctx, p, u, stored); err != nil {
			return false, err
		}
		if err := c.directory.planForget(ctx, p, who); err != nil {
			return false, err
		}
		return true, p.audit(ActionUserErase, typeUser, u.ID, u.Subject, struct{}{})
	}
	v.leaveAll()
	if err := c.directory.bury(ctx, p, u, tombstoneSubject); err != nil {
		return false, err
	}
	return false, v.record(ActionUserDelete, newUserDetail(u, nil), []string{})
}

// erases reports that a deletion leaves nothing of the person: it is hard here, no other connection holds a document, and
// there is no place in the tenant where the connection has no say. Like an admin of its workspace it does not erase there.
// Nor does it erase that somebody is blocked: whoever is posted again would not be (J7).
func (c *Client) erases(ctx context.Context, pol *policy, who person) (bool, error) {
	if !pol.connection.Settings.HardDelete || slices.ContainsFunc(who.memberships, func(m Membership) bool { return m.Blocked }) {
		return false, nil
	}
	all, err := c.directory.store.UsersOf(ctx, who.Root, who.ID)
	if err != nil || len(all) > 1 {
		return false, err
	}
	return c.directory.isOfHome(ctx, pol, who.ID)
}

func (c *Client) checkUserNameFree(ctx context.Context, u User) error {
	_, err := c.directory.store.UserByName(ctx, u.Root, u.Connection, u.UserNameKey)
	if err == nil {
		c.directory.taken.Store(u.Connection, c.directory.now())
	}
	return free(err, taken(c.userType(), "userName", u.UserName))
}

// lookAfterTaken is for how long a connection that has sent a taken userName is looked after: it may send more of them,
// and one that the commit finds costs also those who share it.
const lookAfterTaken = 10 * time.Second

// presumesFree reports whether it is left to the commit to say that the userName is taken: as it is to say that nobody comes
// back under it, see presume.
func (c *Client) presumesFree(p *plan) bool {
	if len(p.Absent) == 0 {
		return false
	}
	last, ok := c.directory.taken.Load(c.Connection.ID)
	return !ok || p.now.Sub(last.(time.Time)) > lookAfterTaken
}

func (c *Client) listUsers(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	if c.shares() {
		return c.listShared(ctx, t, q)
	}
	return c.listOwn(ctx, t, q)
}

// listOwn lists the connection's own users.
func (c *Client) listOwn(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	if page, ok, err := c.listByKey(ctx, t, q); ok || err != nil {
		return page, err
	}
	found, err := c.directory.store.Users(ctx, c.query(t, q))
	if err != nil {
		return scim.Page{}, listError(q, err)
	}
	records, err := c.userRecords(ctx, found.Users, q.Show.Shows("groups") || q.Sort.Uses("groups"))
	return scim.Page{Total: found.Total, Records: records, More: found.More}, err
}

// userRecord is the user as it is handed out.
func (c *Client) userRecord(ctx context.Context, u User, show *scim.Projection) (*scim.Record, error) {
	records, err := c.userRecords(ctx, []User{u}, show != nil && show.Shows("groups"))
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// userRecords are users as they are handed out; their groups are read only when they are asked for and there are any.
func (c *Client) userRecords(ctx context.Context, users []User, groups bool) ([]*scim.Record, error) {
	records := make([]*scim.Record, len(users))
	for i, u := range users {
		records[i] = c.bareUserRecord(u)
	}
	if !groups {
		return records, nil
	}
	of, err := c.directory.groupsOf(ctx, c.Connection.Root, users)
	if err != nil {
		return nil, scimError(err)
	}
	for _, rec := range records {
		rec.HasGroups = true
		for _, g := range of[rec.ID] {
			rec.Groups = append(rec.Groups, g.Ref())
		}
	}
	return records, nil
}

// groupsOf reads the groups of users by their ids, at once and only when there are any: who is directly in none is
// in none.
func (d *Directory) groupsOf(ctx context.Context, root string, users []User) (map[string][]GroupOf, error) {
	var ids []string
	for _, u := range users {
		if u.Groups > 0 {
			ids = append(ids, u.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return d.store.GroupsOf(ctx, root, ids)
}

func (c *Client) bareUserRecord(u User) *scim.Record {
	return &scim.Record{
		Type: c.userType(), ID: u.ID, ExternalID: u.ExternalID, Version: u.Version, Seq: u.Seq,
		Created: u.Created, LastModified: u.Modified, Body: u.Body, Stamp: u.Stamp,
	}
}

// userDetail are the personal values of an audit entry about a user.
type userDetail struct {
	UserName       string   `json:"user_name"`
	UserNameBefore string   `json:"user_name_before,omitempty"`
	ExternalID     string   `json:"external_id,omitempty"`
	Changed        []string `json:"changed,omitempty"`
	// Memberships, Profile and Notes are what the mapping made of it; Profile names attributes.
	Memberships []membershipChange `json:"memberships,omitempty"`
	Profile     []string           `json:"profile,omitempty"`
	Notes       []string           `json:"notes,omitempty"`
}

func newUserDetail(u User, changed []string) userDetail {
	return userDetail{UserName: u.UserName, ExternalID: u.ExternalID, Changed: changed}
}
