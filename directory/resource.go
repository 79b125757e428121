package directory

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// Resources of declared types are documents and nothing else: nobody is a member by one, and no group has one.

func (c *Client) resource(ctx context.Context, t *scim.ResourceType, id string) (Resource, error) {
	r, err := c.directory.store.Resource(ctx, c.Connection.Root, c.Connection.ID, t.ID, id)
	if errors.Is(err, ErrNotFound) {
		return Resource{}, scim.NewError(scim.KindUnknownResource, t.Name, id, "")
	}
	return r, scimError(err)
}

func (r *Resource) record(t *scim.ResourceType) *scim.Record {
	return &scim.Record{
		Type: t, ID: r.ID, ExternalID: r.ExternalID, Version: r.Version, Seq: r.Seq,
		Created: r.Created, LastModified: r.Modified, Body: r.Body, Stamp: r.Stamp,
	}
}

func (r *Resource) setDocument(doc *scim.Resource) {
	r.ExternalID = doc.ExternalID
	r.Body, r.Stamp = doc.Body(), doc.Type.Stamp
}

func (c *Client) createResource(ctx context.Context, doc *scim.Resource, _ scim.Write) (*scim.Record, error) {
	r := Resource{Root: c.Connection.Root, Connection: c.Connection.ID, Type: doc.Type.ID, Version: 1}
	r.setDocument(doc)
	var edit *Resource
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		claims, err := c.planClaims(ctx, doc.Type, nil, doc.UniqueValues())
		if err != nil {
			return err
		}
		r.ID, r.Created, r.Modified = ident.NewRow(p.now), p.now, p.now
		e := ResourceEdit{Edit: insert(r), AfterKeys: doc.Keys(), Claims: claims}
		edit = e.After
		p.Resources = append(p.Resources, e)
		return p.resourceChanged(ActionResourceCreate, EventResourceCreated, r, document.Changed(nil, doc))
	})
	if err != nil {
		return nil, err
	}
	return edit.record(doc.Type), nil
}

func (c *Client) getResource(ctx context.Context, t *scim.ResourceType, id string) (*scim.Record, error) {
	r, err := c.resource(ctx, t, id)
	if err != nil {
		return nil, err
	}
	return r.record(t), nil
}

func (c *Client) listResources(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	found, err := c.directory.store.Resources(ctx, c.query(t, q))
	if err != nil {
		return scim.Page{}, listError(q, err)
	}
	page := scim.Page{Total: found.Total, Records: make([]*scim.Record, len(found.Resources)), More: found.More}
	for i := range found.Resources {
		page.Records[i] = found.Resources[i].record(t)
	}
	return page, nil
}

// updateResource is PUT and PATCH. Nothing effective, nothing written (M12).
func (c *Client) updateResource(
	ctx context.Context, t *scim.ResourceType, id string, w scim.Write, to edit,
) (*scim.Record, error) {
	var after Resource
	err := c.write(ctx, func(ctx context.Context, p *plan) error {
		before, err := c.resource(ctx, t, id)
		if err != nil {
			return err
		}
		if err := checkVersion(w, before.Version); err != nil {
			return err
		}
		after, err = c.planResourceUpdate(ctx, p, t, before, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	return after.record(t), nil
}

func (c *Client) planResourceUpdate(
	ctx context.Context, p *plan, t *scim.ResourceType, before Resource, to edit,
) (Resource, error) {
	stored, err := t.Load(before.record(t))
	if err != nil {
		return before, err
	}
	wanted, err := to(stored)
	if err != nil {
		return before, err
	}
	changed := document.Changed(stored, wanted)
	if len(changed) == 0 {
		return before, nil
	}
	claims, err := c.planClaims(ctx, t, stored.UniqueValues(), wanted.UniqueValues())
	if err != nil {
		return before, err
	}
	after := before
	after.setDocument(wanted)
	after.Version++
	after.Modified = p.since(before.Modified)
	p.Resources = append(p.Resources, ResourceEdit{
		Edit: update(before, after), BeforeKeys: stored.Keys(), AfterKeys: wanted.Keys(),
		Claims: claims, Rekey: before.Stamp != after.Stamp,
	})
	return after, p.resourceChanged(ActionResourceUpdate, EventResourceUpdated, after, changed)
}

func (c *Client) deleteResource(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) error {
	return c.write(ctx, func(ctx context.Context, p *plan) error {
		r, err := c.resource(ctx, t, id)
		if err != nil {
			return err
		}
		if err := checkVersion(w, r.Version); err != nil {
			return err
		}
		stored, err := t.Load(r.record(t))
		if err != nil {
			return err
		}
		p.Resources = append(p.Resources, ResourceEdit{Edit: remove(r), BeforeKeys: stored.Keys()})
		return p.resourceChanged(ActionResourceDelete, EventResourceDeleted, r, nil)
	})
}

// resourceChanged adds the audit entry and the event of a change. Both say the same.
func (p *plan) resourceChanged(action, eventType string, r Resource, changed []string) error {
	e := resourceEvent{Type: r.Type, Resource: r.ID, ExternalID: r.ExternalID, Changed: changed}
	if err := p.audit(action, r.Type, r.ID, "", e); err != nil {
		return err
	}
	return p.event(eventType, "", e)
}
