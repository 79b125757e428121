package main

import "github.com/usher-scim/usher/directory"

type connectionHookSecretCmd struct{ namedConnection }

type hookSecretView struct {
	Connection string `json:"connection"`
	Hook       string `json:"hook"`
	Secret     string `json:"secret"`
}

// Run makes the secret (X8). Until there is one, the hook of a connection cannot be asked, and refuses everything.
func (c *connectionHookSecretCmd) Run(a *app) error {
	return c.in(a, func(f *folder, _ directory.Workspace, k directory.Connection) error {
		secret, err := f.RotateHookSecret(a.ctx, a.actor(), k)
		if err != nil {
			return err
		}
		v := hookSecretView{Connection: k.ID, Hook: k.Settings.Hook, Secret: secret}
		return a.print(v, texts{
			newCard("Made the secret of the hook of connection "+k.Name+".", "hook", v.Hook, "secret", v.Secret),
			line("\nKeep the secret now: it is not shown again. The hook checks signatures with it (Standard Webhooks)."),
		})
	})
}
