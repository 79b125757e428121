package main

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// exportPage is how many resources are read at once.
const exportPage = 500

// exported is one resource or membership on its way out.
type exported struct {
	kind       rowKind
	connection string
	record     *scim.Record
	group      string // displayName
	member     string // userName, or displayName of a group
	memberKind string
}

// each yields everything of a kind, connection by connection.
func (e *exporter) each(k rowKind, yield func(exported) error) error {
	for _, c := range e.connections {
		// An export holds each user once: with the connection that owns it, whatever else the connection may see.
		c.Settings.Scope = directory.ScopeOwn
		v := e.app.view(e.folder, e.workspace, c)
		take := func(x exported) error {
			e.view.count(x.kind)
			x.connection = c.Name
			return yield(x)
		}
		var err error
		switch k {
		case userRow:
			err = e.walk(v, v.user(), noGroups, func(rec *scim.Record) error { return take(exported{kind: k, record: rec}) })
		case groupRow:
			err = e.walk(v, v.group(), noGroups, func(rec *scim.Record) error { return take(exported{kind: k, record: rec}) })
		case memberRow:
			err = e.members(v, take)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// walk reads all resources of a type by their order of creation: what is there all the time is neither missed nor
// repeated, whatever comes and goes meanwhile.
func (e *exporter) walk(v *view, t *scim.ResourceType, show scim.Projection, yield func(*scim.Record) error) error {
	q := scim.Query{StartIndex: 1, Count: exportPage, Show: show}
	for {
		if err := e.stopped(); err != nil {
			return err
		}
		page, err := v.List(e.app.ctx, t, q)
		if err != nil {
			return err
		}
		for _, rec := range page.Records {
			if err := yield(rec); err != nil {
				return err
			}
			q.After = &scim.Position{Seq: rec.Seq}
		}
		if !page.More || len(page.Records) == 0 {
			return nil
		}
	}
}

// members yields who is in what: of users by user, because a page of users with their groups is small and a group with
// its members need not be; then of groups in groups.
func (e *exporter) members(v *view, yield func(exported) error) error {
	err := e.walk(v, v.user(), groupsToo, func(rec *scim.Record) error {
		name := ""
		for _, g := range rec.Groups {
			if g.Type == "indirect" {
				continue
			}
			if name == "" {
				var err error
				if name, err = textIn(rec, "userName"); err != nil {
					return err
				}
			}
			if err := yield(exported{kind: memberRow, group: g.Display, member: name, memberKind: "User"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.walk(v, v.group(), noGroups, func(rec *scim.Record) error { return e.nested(v, rec, yield) })
}

// nested yields the groups in a group.
func (e *exporter) nested(v *view, group *scim.Record, yield func(exported) error) error {
	whole, err := v.Get(e.app.ctx, v.group(), group.ID, scim.Projection{})
	if err != nil {
		return err
	}
	for _, m := range whole.Members {
		if m.Type != v.group().Name {
			continue
		}
		inner, err := v.Get(e.app.ctx, v.group(), m.Value, noGroups)
		if err != nil {
			return err
		}
		x := exported{kind: memberRow, memberKind: "Group"}
		if x.group, err = textIn(group, "displayName"); err != nil {
			return err
		}
		if x.member, err = textIn(inner, "displayName"); err != nil {
			return err
		}
		if err := yield(x); err != nil {
			return err
		}
	}
	return nil
}

func textIn(rec *scim.Record, path string) (string, error) {
	r, err := rec.Type.Load(rec)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", rec.Type.Name, rec.ID, err)
	}
	return r.Text(path), nil
}

// document is the whole resource, but for what is never to leave (RFC 7643 §7, returned: never).
func document(rec *scim.Record) (*scim.Object, error) {
	o, err := rec.Object()
	if err != nil {
		return nil, err
	}
	withhold(rec.Type.Schema.Attributes, o)
	for _, x := range rec.Type.Extensions {
		if v, ok := o.Get(x.Schema.ID); ok {
			if in, ok := v.(*scim.Object); ok {
				withhold(x.Schema.Attributes, in)
			}
		}
	}
	return o, nil
}

func withhold(attributes []*scim.Attribute, in *scim.Object) {
	for _, a := range attributes {
		if a.Returned == scim.ReturnedNever {
			in.Delete(a.Name)
			continue
		}
		v, _ := in.Get(a.Name)
		switch v := v.(type) {
		case *scim.Object:
			withhold(a.SubAttributes, v)
		case scim.Array:
			for _, e := range v {
				if o, ok := e.(*scim.Object); ok {
					withhold(a.SubAttributes, o)
				}
			}
		}
	}
}
