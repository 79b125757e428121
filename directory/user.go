package directory

import (
	"context"
	"errors"

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
	keys, unique := r.Keys(), r.UniqueValues()
	var row Edit[User] // After gets its Seq from the store
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		if err := c.checkUserNameFree(ctx, u); err != nil {
			return err
		}
		claims, err := c.planClaims(ctx, r.Type, nil, unique)
		if err != nil {
			return err
		}
		subject, err := c.returning(ctx, p, u)
		if err != nil {
			return err
		}
		isNew := subject == ""
		if isNew {
			subject = newRowID(p.now)
			p.Subjects = append(p.Subjects, insert(Subject{Root: u.Root, ID: subject, Created: p.now}))
		}
		u.ID, u.Subject, u.Created, u.Modified = newRowID(p.now), subject, p.now, p.now
		row = insert(u)
		p.Users = append(p.Users, UserEdit{Edit: row, AfterKeys: keys, Claims: claims})
		if err := p.audit(ActionUserCreate, typeUser, u.ID, u.Subject, newUserDetail(u, nil)); err != nil {
			return err
		}
		if isNew {
			return c.planJoin(p, u)
		}
		return c.planReturn(ctx, p, u, changedAttributes(nil, r))
	})
	if err != nil {
		return nil, err
	}
	return c.userRecord(ctx, *row.After, w.Show)
}

// updateUser is PUT and PATCH of a user. When the wanted document does not differ from the stored one nothing is
// written: same version, same lastModified, no entry, no event (M12).
func (c *Client) updateUser(ctx context.Context, id string, w scim.Write, to edit) (*scim.Record, error) {
	var after User
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		before, err := c.user(ctx, id)
		if err != nil {
			return err
		}
		if err := checkVersion(w, before.Version); err != nil {
			return err
		}
		after, err = c.planUserUpdate(ctx, p, before, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.directory.credentials.forget(id)
	return c.userRecord(ctx, after, w.Show)
}

func (c *Client) planUserUpdate(ctx context.Context, p *plan, before User, to edit) (User, error) {
	if err := c.checkStamp(before.Stamp); err != nil {
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
	changed := changedAttributes(stored, wanted)
	if len(changed) == 0 {
		return before, nil
	}
	after := before
	after.setDocument(wanted)
	after.Version++
	after.Modified = p.since(before.Modified)
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
	p.Users = append(p.Users, UserEdit{
		Edit: update(before, after), BeforeKeys: stored.Keys(), AfterKeys: wanted.Keys(),
		Claims: claims, Rekey: before.Stamp != after.Stamp,
	})
	detail := newUserDetail(after, changed)
	if after.UserName != before.UserName {
		detail.UserNameBefore = before.UserName
	}
	if err := p.audit(ActionUserUpdate, typeUser, after.ID, after.Subject, detail); err != nil {
		return User{}, err
	}
	return after, c.planUpdate(ctx, p, after, changed)
}

// deleteUser removes the document and its group memberships, deactivates the member and leaves tombstones, under
// which the same person posted again is the same subject.
func (c *Client) deleteUser(ctx context.Context, id string, w scim.Write) error {
	defer c.directory.credentials.forget(id)
	return c.write(ctx, func(ctx context.Context, p *plan) error {
		u, err := c.user(ctx, id)
		if err != nil {
			return err
		}
		if err := checkVersion(w, u.Version); err != nil {
			return err
		}
		stored, err := c.userType().Load(c.bareUserRecord(u))
		if err != nil {
			return err
		}
		p.Users = append(p.Users, UserEdit{Edit: remove(u), BeforeKeys: stored.Keys()})
		if err := c.bury(ctx, p, u); err != nil {
			return err
		}
		if err := p.audit(ActionUserDelete, typeUser, u.ID, u.Subject, newUserDetail(u, nil)); err != nil {
			return err
		}
		u.Active = false
		return c.planStatus(ctx, p, u)
	})
}

func (c *Client) checkUserNameFree(ctx context.Context, u User) error {
	_, err := c.directory.store.UserByName(ctx, u.Root, u.Connection, u.UserNameKey)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return taken(c.userType(), "userName", u.UserName)
}

func (c *Client) listUsers(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
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
}

func newUserDetail(u User, changed []string) userDetail {
	return userDetail{UserName: u.UserName, ExternalID: u.ExternalID, Changed: changed}
}
