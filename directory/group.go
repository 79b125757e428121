package directory

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// group reads a group of this connection, without its members.
func (c *Client) group(ctx context.Context, id string) (Group, error) {
	g, err := c.directory.store.Group(ctx, c.Connection.Root, c.Connection.ID, id)
	if errors.Is(err, ErrNotFound) {
		return Group{}, scim.NewError(scim.KindUnknownResource, typeGroup, id, "")
	}
	return g, scimError(err)
}

// setDocument takes a resource into the row.
func (g *Group) setDocument(r *scim.Resource) {
	g.DisplayName = r.Text("displayName")
	g.DisplayNameKey = scim.FoldName(g.DisplayName)
	g.ExternalID = r.ExternalID
	g.Body, g.Stamp = r.Body(), r.Type.Stamp
}

func (c *Client) createGroup(ctx context.Context, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	g := Group{Root: c.Connection.Root, Connection: c.Connection.ID, Version: 1}
	g.setDocument(r)
	keys, unique := r.Keys(), r.UniqueValues()
	var row Edit[Group] // After gets its Seq from the store
	var leased []Job
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		if err := c.checkDisplayNameFree(ctx, g); err != nil {
			return err
		}
		claims, err := c.planClaims(ctx, r.Type, nil, unique)
		if err != nil {
			return err
		}
		g.ID, g.Created, g.Modified = ident.NewRow(p.now), p.now, p.now
		row = insert(g)
		p.Groups = append(p.Groups, GroupEdit{Edit: row, AfterKeys: keys, Claims: claims})
		members, err := c.planMembers(ctx, p, g, scim.MemberDelta{Add: r.Members})
		if err != nil {
			return err
		}
		if err := c.regroup(ctx, p, regrouping{after: &g, rows: p.Members}); err != nil {
			return err
		}
		leased = p.leased
		return p.groupChanged(ActionGroupCreate, EventGroupCreated, groupEvent{
			Group: g.ID, DisplayName: g.DisplayName, memberChange: members,
		})
	})
	if err == nil {
		err = c.finishMembers(ctx, leased)
	}
	if err != nil {
		return nil, err
	}
	if len(r.Members) == 0 {
		return c.groupRecord(ctx, *row.After, w.Show)
	}
	return c.storedGroup(ctx, g.ID, w.Show)
}

// groupUpdate is what PUT and PATCH ask of a group: an edit of the document (nil: none) and member rows.
type groupUpdate struct {
	document edit
	members  scim.MemberDelta
}

// replacesMembers reports a list of members in place of the present one. It rests on the version that it was planned
// on: of two lists at once one must win, and not the union of both. An emptied list needs none.
func (u groupUpdate) replacesMembers() bool { return u.members.Reset && len(u.members.Add) > 0 }

// replaceGroup is PUT. A body without members leaves them as they are (D-09).
func (c *Client) replaceGroup(
	ctx context.Context, id string, r *scim.Resource, w scim.Write,
) (*scim.Record, error) {
	u := groupUpdate{document: r.Replace}
	if r.HasMembers {
		u.members = scim.MemberDelta{Reset: true, Add: r.Members}
	}
	return c.updateGroup(ctx, id, w, u)
}

// patchGroup is PATCH. Operations on members become rows, what remains edits the document.
func (c *Client) patchGroup(ctx context.Context, id string, p *scim.Patch, w scim.Write) (*scim.Record, error) {
	members, rest, err := p.Members()
	if err != nil {
		return nil, err
	}
	u := groupUpdate{members: members}
	if rest != nil && len(rest.Operations) > 0 {
		u.document = rest.Apply
	}
	return c.updateGroup(ctx, id, w, u)
}

// updateGroup plans both halves of the update and commits them as one change. Nothing effective, nothing written
// (M12).
func (c *Client) updateGroup(
	ctx context.Context, id string, w scim.Write, u groupUpdate,
) (*scim.Record, error) {
	var before Group
	var done *plan
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		var err error
		if before, err = c.group(ctx, id); err != nil {
			return err
		}
		if err := checkVersion(w, before.Version); err != nil {
			return err
		}
		done = p
		return c.planGroupUpdate(ctx, p, before, w, u)
	})
	if err == nil {
		err = c.finishMembers(ctx, done.leased)
	}
	if err != nil {
		return nil, err
	}
	if len(done.Audit) == 0 {
		return c.groupRecord(ctx, before, w.Show)
	}
	if after, ok := done.reached(before); ok && w.Show == nil {
		return c.bareGroupRecord(after), nil
	}
	return c.storedGroup(ctx, id, w.Show)
}

// reached is the group's row with version and time as the committed plan left them. ok is false when the plan is not all
// there is: jobs go on with the members.
func (p *plan) reached(g Group) (after Group, ok bool) {
	after = g
	after.Modified = p.since(g.Modified)
	for _, e := range p.Groups {
		if e.After != nil && e.After.ID == g.ID {
			after.Version = e.After.Version
		}
	}
	for _, e := range p.Members {
		if e.Group == g.ID && e.Version != 0 {
			after.Version = e.Version
		}
	}
	return after, len(p.leased) == 0
}

func (c *Client) planGroupUpdate(
	ctx context.Context, p *plan, before Group, w scim.Write, u groupUpdate,
) error {
	exact := !w.IfMatch.IsZero() || u.replacesMembers()
	after, changed, err := c.planGroupDocument(ctx, p, before, exact, u.document)
	if err != nil {
		return err
	}
	members, err := c.planMembers(ctx, p, before, u.members)
	if err != nil {
		return err
	}
	if len(changed) == 0 && len(p.Members)+len(p.leased) == 0 {
		return nil
	}
	if len(changed) == 0 && exact {
		p.Groups = append(p.Groups, GroupEdit{Edit: update(before, after)})
	}
	if err := c.regroup(ctx, p, regrouping{before: &before, after: &after, rows: p.Members}); err != nil {
		return err
	}
	return p.groupChanged(ActionGroupUpdate, EventGroupUpdated, groupEvent{
		Group: before.ID, DisplayName: after.DisplayName, Changed: changed, memberChange: members,
	})
}

// planGroupDocument plans the edit of the group's own attributes and returns the row as it will be and the names of
// what changes. After's version is one above Before's, also when only members change. An exact edit holds only for
// the version before.
func (c *Client) planGroupDocument(
	ctx context.Context, p *plan, before Group, exact bool, to edit,
) (Group, []string, error) {
	after := before
	after.Version++
	after.Modified = p.since(before.Modified)
	if to == nil {
		return after, nil, nil
	}
	if err := c.checkStamp(before.Stamp); err != nil {
		return Group{}, nil, err
	}
	stored, err := c.groupType().Load(c.bareGroupRecord(before))
	if err != nil {
		return Group{}, nil, err
	}
	wanted, err := to(stored)
	if err != nil {
		return Group{}, nil, err
	}
	changed := document.Changed(stored, wanted)
	if len(changed) == 0 {
		return after, nil, nil
	}
	after.setDocument(wanted)
	if after.DisplayNameKey != before.DisplayNameKey {
		if err := c.checkDisplayNameFree(ctx, after); err != nil {
			return Group{}, nil, err
		}
	}
	claims, err := c.planClaims(ctx, wanted.Type, stored.UniqueValues(), wanted.UniqueValues())
	if err != nil {
		return Group{}, nil, err
	}
	p.Groups = append(p.Groups, GroupEdit{
		Edit: update(before, after), BeforeKeys: stored.Keys(), AfterKeys: wanted.Keys(),
		Claims: claims, Rekey: before.Stamp != after.Stamp,
		AnyVersion: !exact, // a rename must get through a stream of member changes (T-096)
	})
	return after, changed, nil
}

func (c *Client) deleteGroup(ctx context.Context, id string, w scim.Write) error {
	if err := c.emptyGroup(ctx, id, &w); err != nil {
		return err
	}
	return c.write(ctx, func(ctx context.Context, p *plan) error {
		g, err := c.group(ctx, id)
		if err != nil {
			return err
		}
		if err := checkVersion(w, g.Version); err != nil {
			return err
		}
		stored, err := c.groupType().Load(c.bareGroupRecord(g))
		if err != nil {
			return err
		}
		p.Groups = append(p.Groups, GroupEdit{
			Edit: remove(g), BeforeKeys: stored.Keys(),
			AnyVersion: w.IfMatch.IsZero(),
		})
		if err := c.regroup(ctx, p, regrouping{before: &g}); err != nil {
			return err
		}
		return p.groupChanged(ActionGroupDelete, EventGroupDeleted, groupEvent{
			Group: g.ID, DisplayName: g.DisplayName,
		})
	})
}

// emptyGroup takes the members out of a large group that is to be deleted.
func (c *Client) emptyGroup(ctx context.Context, id string, w *scim.Write) error {
	g, err := c.group(ctx, id)
	if err != nil || g.Members <= maxMemberRows {
		return err
	}
	_, err = c.updateGroup(ctx, id, scim.Write{IfMatch: w.IfMatch}, groupUpdate{members: scim.MemberDelta{Reset: true}})
	w.IfMatch = scim.Write{}.IfMatch // it was the right one, and has moved
	return err
}

// groupChanged adds the audit entry and the event of a change of a group. Both say the same, but that the members of a
// large edit are told of as they come and go.
func (p *plan) groupChanged(action, eventType string, e groupEvent) error {
	p.did = didGroup(action, e)
	if err := p.audit(action, typeGroup, e.Group, "", e); err != nil {
		return err
	}
	if len(p.leased) > 0 {
		e.memberChange = memberChange{}
		if eventType == EventGroupUpdated && len(e.Changed) == 0 {
			return nil
		}
	}
	return p.event(eventType, "", e)
}

// checkDisplayNameFree keeps a group's name unique in the connection (D-18).
func (c *Client) checkDisplayNameFree(ctx context.Context, g Group) error {
	_, err := c.directory.store.GroupByName(ctx, g.Root, g.Connection, g.DisplayNameKey)
	return free(err, taken(c.groupType(), "displayName", g.DisplayName))
}

func (c *Client) listGroups(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	found, err := c.directory.store.Groups(ctx, c.query(t, q))
	if err != nil {
		return scim.Page{}, listError(q, err)
	}
	page := scim.Page{Total: found.Total, Records: make([]*scim.Record, len(found.Groups)), More: found.More}
	members := noMembers
	switch {
	case q.Show.Shows("members"):
		members = allMembers
	case q.Sort.Uses("members"): // the place in the list follows from the first
		members = firstMember
	}
	for i, g := range found.Groups {
		if page.Records[i], err = c.memberedRecord(ctx, g, members); err != nil {
			return scim.Page{}, err
		}
	}
	return page, nil
}

// storedGroup reads the group again: its version and times after a change of members are the store's, since other
// callers' changes of the same group may stand between.
func (c *Client) storedGroup(ctx context.Context, id string, show *scim.Projection) (*scim.Record, error) {
	g, err := c.group(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.groupRecord(ctx, g, show)
}

// groupRecord is the group as it is handed out; its members are read only when they are shown and there are any.
func (c *Client) groupRecord(ctx context.Context, g Group, show *scim.Projection) (*scim.Record, error) {
	if show == nil || !show.Shows("members") {
		return c.bareGroupRecord(g), nil
	}
	return c.memberedRecord(ctx, g, allMembers)
}

// How many members of a group are read.
const (
	noMembers   = -1
	allMembers  = 0
	firstMember = 1
)

func (c *Client) memberedRecord(ctx context.Context, g Group, limit int) (*scim.Record, error) {
	rec := c.bareGroupRecord(g)
	if limit == noMembers {
		return rec, nil
	}
	rec.HasMembers = true
	if g.Members == 0 {
		return rec, nil
	}
	members, err := c.directory.store.Members(ctx, g.Root, g.ID, "", limit)
	if err != nil {
		return nil, scimError(err)
	}
	rec.Members = make([]scim.MemberRef, len(members))
	for i, m := range members {
		rec.Members[i] = m.ref()
	}
	return rec, nil
}

func (c *Client) bareGroupRecord(g Group) *scim.Record {
	return &scim.Record{
		Type: c.groupType(), ID: g.ID, ExternalID: g.ExternalID, Version: g.Version, Seq: g.Seq,
		Created: g.Created, LastModified: g.Modified, Body: g.Body, Stamp: g.Stamp,
	}
}
