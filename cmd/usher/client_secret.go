package main

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
)

// clientSecretCmd is about tokens of the other kind, so that most of its commands are those of tokenCmd.
type clientSecretCmd struct {
	Create   clientSecretCreateCmd `cmd:"" help:"Make a client secret. Its text is shown this once, with what to paste beside it."`
	List     clientSecretListCmd   `cmd:"" help:"List the client secrets of a connection."`
	Rotate   tokenRotateCmd        `cmd:"" help:"Make the client secret that will replace another. Both are live until the rotation is completed or cancelled."`
	Complete tokenCompleteCmd      `cmd:"" help:"Complete a rotation: revoke the old client secret and its access tokens."`
	Cancel   tokenCancelCmd        `cmd:"" help:"Cancel a rotation: revoke the new client secret and its access tokens."`
	Revoke   tokenRevokeCmd        `cmd:"" help:"Revoke a client secret and its access tokens, at once and for good."`
}

type clientSecretCreateCmd struct {
	connectionScope
	tokenExpiry
}

// Run makes the client secret.
func (c *clientSecretCreateCmd) Run(a *app) error {
	expires, err := c.Expires.at(a.now())
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		issued, err := f.CreateClientSecret(a.ctx, a.actor(), conn, expires)
		if err != nil {
			return err
		}
		title := fmt.Sprintf("Created a client secret for connection %s of workspace %s.", conn.Name, w.Key)
		return a.printIssued(f, w, conn, issued, title, "")
	})
}

type clientSecretListCmd struct{ connectionScope }

// Run lists the client secrets.
func (c *clientSecretListCmd) Run(a *app) error {
	return c.list(a, directory.TokenSecret, "No client secret yet. Make one: usher client-secret create")
}
