package main

import (
	"errors"
	"fmt"
	"iter"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// view is a connection as its identity provider sees it, for an operator.
type view struct {
	*directory.Client
	app  *app
	base string
}

func (a *app) view(f *folder, w directory.Workspace, c directory.Connection) *view {
	return &view{Client: f.ClientFor(w, c, a.actor()), app: a, base: usher.BaseURL(f.publicURL, c.ID)}
}

func (v *view) user() *scim.ResourceType  { return v.Types[0] }
func (v *view) group() *scim.ResourceType { return v.Types[1] }

// find returns the resource with that id, else the one with that name.
func (v *view) find(t *scim.ResourceType, attribute, idOrName string) (*scim.Record, error) {
	rec, err := v.Get(v.app.ctx, t, idOrName, scim.Projection{})
	if e, ok := errors.AsType[*scim.Error](err); !ok || e.Kind != scim.KindUnknownResource {
		return rec, err
	}
	for rec, err := range v.all(t, attribute+" eq "+string(scim.AppendJSON(nil, idOrName))) {
		return rec, err
	}
	return nil, hint(fmt.Errorf("connection %s has no %s %q", v.Connection.Name, t.Name, idOrName),
		"give the id or the whole %s; usher user list and group list show them", attribute)
}

const listPage = 200

// all walks the resources that match the filter, or all of them, page by page.
func (v *view) all(t *scim.ResourceType, filter string) iter.Seq2[*scim.Record, error] {
	return func(yield func(*scim.Record, error) bool) {
		q := scim.Query{StartIndex: 1, Count: listPage}
		if filter != "" {
			f, err := scim.ParseFilter(filter, t, v.Profile)
			if err != nil {
				yield(nil, err)
				return
			}
			q.Filter = f
		}
		for {
			page, err := v.List(v.app.ctx, t, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, rec := range page.Records {
				if !yield(rec, nil) {
					return
				}
			}
			q.StartIndex += len(page.Records)
			if len(page.Records) == 0 || q.StartIndex > page.Total {
				return
			}
		}
	}
}

// print shows a resource: as the SCIM document that the provider gets, with a title for people.
func (v *view) print(rec *scim.Record, title string) error {
	doc, err := indent(scim.Renderer{Base: v.base, Profile: v.Profile}.Append(nil, rec))
	if err != nil {
		return err
	}
	if !v.app.JSON {
		if _, err := fmt.Fprintln(v.app.out, title); err != nil {
			return err
		}
	}
	return printJSON(v.app.out, doc)
}

// remove deletes a resource, once it is sure that this is meant.
func (v *view) remove(c consent, rec *scim.Record, what string) error {
	if err := c.ask(v.app, what); err != nil {
		return err
	}
	if err := v.Delete(v.app.ctx, rec.Type, rec.ID, scim.Write{}); err != nil {
		return err
	}
	return v.app.print(deletedView{ID: rec.ID, Deleted: true}, line("Deleted "+what+"."))
}
