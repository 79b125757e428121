package main

import (
	"cmp"
	"strings"

	"github.com/usher-scim/usher/directory"
)

type memberLoginsCmd struct{ namedMember }

// Run shows what the last login by each identity has brought, and what was made of it (J13).
func (c *memberLoginsCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		all, err := f.Inspections(a.ctx, w, subject)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return a.print([]directory.Inspection{}, line("No login of "+c.Member+" is known."))
		}
		shown := texts{}
		for _, i := range all {
			shown = append(shown, newCard("Login of "+when(i.Time), "issuer", i.Issuer, "subject there", i.Name, "principal", i.Principal,
				"found by", i.MatchedBy, "role", cmp.Or(i.SessionRole, i.Role), "methods", strings.Join(i.Methods, ", "), "context", i.Context,
				"profile", strings.Join(i.Profile, ", "), "notes", strings.Join(i.Notes, "; "), "claims", string(i.Attributes)))
		}
		return a.print(all, shown)
	})
}

type memberUnlinkCmd struct {
	namedMember
	Connection string `required:"" short:"c" placeholder:"NAME" help:"Name or id of the connection."`
	Issuer     string `required:"" placeholder:"URL" help:"Issuer, as the logins of the member show it."`
	Name       string `required:"" placeholder:"ID" help:"What the issuer calls the person, as the logins show it."`
}

// Run says that an identity is not that person's.
func (c *memberUnlinkCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		k, err := f.Connection(a.ctx, w, c.Connection)
		if err != nil {
			return err
		}
		if err := f.Unlink(a.ctx, a.actor(), w, subject, k, c.Issuer, c.Name); err != nil {
			return err
		}
		return a.print(struct {
			Subject  string `json:"subject"`
			Unlinked string `json:"unlinked"`
		}{subject, c.Name}, line("The identity "+c.Name+" is no more "+c.Member+"'s, and its sessions have ended. Its next login is matched anew."))
	})
}

type memberResetFactorCmd struct{ namedMember }

// Run takes the second factor away from somebody who has lost it.
func (c *memberResetFactorCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		if err := f.ResetFactor(a.ctx, a.actor(), w, subject); err != nil {
			return err
		}
		return a.print(struct {
			Subject string `json:"subject"`
			Reset   bool   `json:"reset"`
		}{subject, true}, line("The second factor of "+c.Member+" is gone, and the sessions have ended. Another one is set up at the next login."))
	})
}
