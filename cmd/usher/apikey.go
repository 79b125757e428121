package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

type apiKeyCmd struct {
	Create apiKeyCreateCmd `cmd:"" help:"Make an API key. Its text is shown this once."`
	List   apiKeyListCmd   `cmd:"" help:"List API keys."`
	Revoke apiKeyRevokeCmd `cmd:"" help:"Revoke an API key, at once and for good."`
}

type apiKeyView struct {
	Key        string     `json:"key,omitempty"` // the text, once
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Workspace  string     `json:"workspace"` // key; empty: the whole installation
	Scopes     []string   `json:"scopes"`
	State      string     `json:"state"` // live, expired or revoked
	CreatedAt  *time.Time `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func newAPIKeyView(k directory.APIKey, workspace string, now time.Time) apiKeyView {
	v := apiKeyView{
		ID: k.ID, Name: k.Name, Workspace: workspace, Scopes: append([]string{}, k.Scopes...), State: "live", CreatedAt: timestamp(k.Created),
		ExpiresAt: timestamp(k.Expires), RevokedAt: timestamp(k.Revoked), LastUsedAt: timestamp(k.LastUsed),
	}
	switch {
	case !k.Revoked.IsZero():
		v.State = "revoked"
	case !now.Before(k.Expires):
		v.State = "expired"
	}
	return v
}

// apiKeyScope is the flag of commands about API keys: a workspace, or else the whole installation.
type apiKeyScope struct {
	Workspace string `short:"w" placeholder:"KEY" help:"Key of a workspace, with those below it. Without it: the whole installation."`
}

// in opens the data folder and finds the workspace; without one it is the zero value.
func (s apiKeyScope) in(a *app, do func(*folder, directory.Workspace) error) error {
	if s.Workspace != "" {
		return workspaceScope(s).in(a, do)
	}
	return a.with(true, func(f *folder) error { return do(f, directory.Workspace{}) })
}

type apiKeyCreateCmd struct {
	Name string `arg:"" help:"What the key is for."`
	apiKeyScope
	Scope   []string `default:"*" placeholder:"SCOPE,…" help:"What the key may do: * for everything, or ${scopes}. Defaults to *."`
	Expires expiry   `default:"365d" placeholder:"WHEN" help:"When it expires: 365d, 720h, or a time as in RFC 3339. Defaults to 365d."`
}

// Run makes the key.
func (c *apiKeyCreateCmd) Run(a *app) error {
	expires, err := c.Expires.at(a.now())
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace) error {
		n := directory.NewAPIKey{Root: w.Root, Name: c.Name, Scopes: c.Scope, Expires: expires}
		if w.ID != w.Root {
			n.Workspace = w.ID
		}
		k, err := f.CreateAPIKey(a.ctx, a.actor(), n)
		if err != nil {
			return err
		}
		v := newAPIKeyView(k.APIKey, w.Key, a.now())
		v.Key = k.Text
		return a.print(v, texts{
			newCard("Created API key "+k.Name+".", "key", k.Text, "id", k.ID, "workspace", cmp.Or(w.Key, "all"),
				"scopes", strings.Join(k.Scopes, ", "), "expires", when(k.Expires)), line("\nKeep it now: it is not shown again."),
			line(fmt.Sprintf("Try it: curl -H 'Authorization: Bearer KEY' %s/api/v1/workspaces", f.publicURL)),
		})
	})
}

type apiKeyListCmd struct{ apiKeyScope }

// Run lists the keys.
func (c *apiKeyListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.APIKeys(a.ctx, w.Root)
		if err != nil {
			return err
		}
		views := []apiKeyView{}
		t := a.table("No API key yet. Make one: usher apikey create NAME", "name", "state", "scopes", "expires", "last used", "id")
		for _, k := range all {
			if w.ID != w.Root && k.Workspace != w.ID {
				continue
			}
			v := newAPIKeyView(k, w.Key, a.now())
			views = append(views, v)
			t.add(v.Name, v.State, strings.Join(v.Scopes, ", "), when(k.Expires), when(k.LastUsed), v.ID)
		}
		return a.print(views, t)
	})
}

type apiKeyRevokeCmd struct {
	ID string `arg:"" help:"Id of the key."`
	apiKeyScope
}

// Run revokes the key.
func (c *apiKeyRevokeCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if err := f.RevokeAPIKey(a.ctx, a.actor(), w.Root, c.ID); err != nil {
			return err
		}
		return a.print(deletedView{ID: c.ID, Deleted: true}, line("Revoked API key "+c.ID+"."))
	})
}
