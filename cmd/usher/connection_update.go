package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
)

type connectionUpdateCmd struct {
	namedConnection
	Rename     *string  `placeholder:"NAME" help:"Another name."`
	Profile    *string  `enum:"${profiles}" placeholder:"PROFILE" help:"Identity provider: ${profiles}."`
	Schema     []string `placeholder:"URN,…" xor:"schemas" help:"Announce these of the workspace's schemas, and no others."`
	AllSchemas bool     `xor:"schemas" help:"Announce all schemas of the workspace, also those to come."`
	NoSchemas  bool     `xor:"schemas" help:"Announce none of them."`
	connectionSettings
	consent
}

// Run changes what the flags name.
func (c *connectionUpdateCmd) Run(a *app) error {
	announces := c.Schema != nil || c.AllSchemas || c.NoSchemas
	if !announces && c.Rename == nil && c.Profile == nil && !c.given() {
		return misuse(errors.New("nothing to change"), "usher connection update --help")
	}
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		change := directory.ConnectionChange{Name: c.Rename, Profile: c.Profile, Settings: &conn.Settings, Version: conn.Version}
		err := c.apply(a, change.Settings)
		if err == nil {
			conn, err = f.UpdateConnection(a.ctx, a.actor(), conn, change)
		}
		if err == nil && announces {
			conn, err = c.announce(a, f, w, conn)
		}
		if err != nil {
			return err
		}
		return a.print(f.connectionView(w, conn), f.connectionCard("Updated connection "+conn.Name+".", w, conn))
	})
}

// announce chooses the schemas. What is announced no longer goes from the connection's documents.
func (c *connectionUpdateCmd) announce(a *app, f *folder, w directory.Workspace, conn directory.Connection) (directory.Connection, error) {
	schemas := c.Schema
	switch {
	case c.AllSchemas:
		schemas = nil
	case c.NoSchemas:
		schemas = []string{}
	case len(schemas) == 0:
		return conn, misuse(errors.New("--schema is empty"), "name a schema, or say --no-schemas")
	}
	if err := c.askForUnannounced(a, f, w, conn, schemas); err != nil {
		return conn, err
	}
	conn, err := f.Announce(a.ctx, a.actor(), conn, schemas)
	if err != nil {
		return conn, err
	}
	_, err = a.settle(f, w)
	return conn, err
}

// askForUnannounced asks before values go from the connection's documents.
func (c *connectionUpdateCmd) askForUnannounced(
	a *app, f *folder, w directory.Workspace, conn directory.Connection, schemas []string,
) error {
	if schemas == nil {
		return nil
	}
	all, err := f.Declarations(a.ctx, w, directory.DeclaredSchema)
	if err != nil {
		return err
	}
	for _, row := range all {
		if slices.ContainsFunc(schemas, func(urn string) bool { return strings.EqualFold(urn, row.ID) }) {
			continue
		}
		n, err := f.CarryingIn(a.ctx, conn, row)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := c.ask(a, fmt.Sprintf("the values that %d resources of connection %s have of schema %s", n, conn.Name, row.ID)); err != nil {
			return err
		}
	}
	return nil
}
