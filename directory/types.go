package directory

import (
	"github.com/usher-scim/usher/directory/internal/announce"
	"github.com/usher-scim/usher/scim"
)

func epochsOf(w Workspace, c Connection) announce.Epochs {
	return announce.Epochs{Epoch: w.Epoch, Announced: c.Announced, Settled: c.Settled}
}

// announcedRows are what the types of a connection are made of. The workspace comes with its declarations.
func announcedRows(w Workspace, c Connection) announce.Rows {
	list := make([]announce.Declaration, len(w.Declarations))
	for i, d := range w.Declarations {
		list[i] = d.announced()
	}
	return announce.Rows{Epochs: epochsOf(w, c), Declarations: list, Schemas: c.Schemas}
}

func (d Declaration) announced() announce.Declaration {
	return announce.Declaration{ID: d.ID, Body: d.Body, Since: d.Since}
}

// parse reads the stored document.
func (d Declaration) parse() (*scim.Declaration, error) { return d.announced().Parse() }

// typesOf returns the connection's types and what they rest on.
func (d *Directory) typesOf(w Workspace, c Connection) ([]*scim.ResourceType, *Basis, error) {
	types, on, err := d.types.Types(c.ID, epochsOf(w, c), func() announce.Rows { return announcedRows(w, c) })
	if on == nil {
		return types, nil, err
	}
	return types, &Basis{Workspace: c.Workspace, Connection: c.ID, Epoch: on.Epoch, Announced: on.Announced}, err
}
