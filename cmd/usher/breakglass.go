package main

import (
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

type breakGlassCmd struct {
	Owner string `arg:"" help:"E-mail address or subject id of an owner of the workspace."`
	workspaceScope
}

// Help implements explainer.
func (c *breakGlassCmd) Help() string {
	return "For when the identity provider is out of reach, or sign-in is set up wrongly. The link is good once and for fifteen minutes, " +
		"and asks for no second factor; IP rules hold. Making it and using it are in the audit log."
}

type breakGlassView struct {
	URL       string     `json:"url"`
	ExpiresAt *time.Time `json:"expires_at"`
}

// Run makes the link (B11).
func (c *breakGlassCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		login, err := f.BreakGlass(a.ctx, a.actor(), w, c.Owner)
		if err != nil {
			return err
		}
		until := a.now().Add(directory.BreakGlassAge)
		v := breakGlassView{URL: sso.BreakGlassURL(f.publicURL, login), ExpiresAt: timestamp(until)}
		return a.print(v, texts{
			newCard("Made a login for "+c.Owner+" to workspace "+w.Key+".", "link", v.URL, "good until", when(until)),
			line("\nOpen it in a browser, once. Who has the link is that owner: send it to nobody else."),
		})
	})
}
