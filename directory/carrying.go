package directory

import (
	"context"

	"github.com/usher-scim/usher/scim"
)

// Carrying counts the stored documents of the workspace that have values of a declared schema, or are of a declared
// type: what its removal would remove.
func (d *Directory) Carrying(ctx context.Context, w Workspace, row Declaration) (int, error) {
	connections, err := d.store.Connections(ctx, w.Root, w.ID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range connections {
		in, err := d.CarryingIn(ctx, c, row)
		if err != nil {
			return 0, err
		}
		n += in
	}
	return n, nil
}

// CarryingIn counts those of one connection.
func (d *Directory) CarryingIn(ctx context.Context, c Connection, row Declaration) (int, error) {
	doc, err := row.parse()
	if err != nil {
		return 0, err
	}
	scopes, err := d.store.Scopes(ctx, c.Root, c.ID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, scope := range scopes {
		switch {
		case doc.Type != nil && doc.Type.Name != scope.Type:
			continue
		case doc.Type != nil:
			page, err := d.store.Resources(ctx, ListQuery{Root: c.Root, Connection: c.ID, Type: &scim.ResourceType{ID: scope.Type}})
			if err != nil {
				return 0, err
			}
			n += page.Total
			continue
		}
		in, err := d.carryingScope(ctx, c, scope.Type, doc.Schema)
		if err != nil {
			return 0, err
		}
		n += in
	}
	return n, nil
}

func (d *Directory) carryingScope(ctx context.Context, c Connection, typ string, s *scim.Schema) (int, error) {
	n := 0
	for docs, err := range d.documentPages(ctx, c, typ, 0, memberPage) {
		if err != nil {
			return n, err
		}
		for _, doc := range docs {
			attrs, err := scim.ParseJSON(doc.Body, scim.Limits{})
			if err != nil {
				return n, err
			}
			if s.In(attrs) {
				n++
			}
		}
	}
	return n, nil
}
