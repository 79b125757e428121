package main

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token. Its text is shown this once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens of a connection."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token, at once and for good."`
}

type tokenView struct {
	ID         string     `json:"id"`
	Workspace  string     `json:"workspace"`
	Connection string     `json:"connection"`
	State      string     `json:"state"` // live, expired or revoked
	CreatedAt  *time.Time `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// issuedTokenView is a tokenView with what is shown only once.
type issuedTokenView struct {
	Token   string `json:"token"`
	BaseURL string `json:"base_url"`
	tokenView
}

func newTokenView(w directory.Workspace, c directory.Connection, t directory.Token, now time.Time) tokenView {
	return tokenView{
		ID: t.ID, Workspace: w.Key, Connection: c.Name, State: tokenState(t, now), CreatedAt: timestamp(t.Created),
		ExpiresAt: timestamp(t.Expires), RevokedAt: timestamp(t.Revoked), LastUsedAt: timestamp(t.LastUsed),
	}
}

func tokenState(t directory.Token, now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !now.Before(t.Expires):
		return "expired"
	}
	return "live"
}

type tokenCreateCmd struct {
	connectionScope
	Expires expiry `default:"365d" placeholder:"WHEN" help:"When it expires: 365d, 720h, or a time as in RFC 3339. Defaults to 365d."`
}

// Run makes the token.
func (c *tokenCreateCmd) Run(a *app) error {
	expires, err := c.Expires.at(a.now())
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		issued, err := f.CreateToken(a.ctx, a.actor(), conn, expires)
		if err != nil {
			return err
		}
		v := issuedTokenView{issued.Text, usher.BaseURL(f.publicURL, conn.ID), newTokenView(w, conn, issued.Token, a.now())}
		return a.print(v, texts{
			newCard(fmt.Sprintf("Created a token for connection %s of workspace %s.", conn.Name, w.Key),
				"base URL", v.BaseURL, "token", v.Token, "id", issued.ID, "expires", when(issued.Expires)),
			line("\nPaste both into the identity provider now: the token is not shown again."),
		})
	})
}

type tokenListCmd struct{ connectionScope }

// Run lists the tokens.
func (c *tokenListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		all, err := f.Tokens(a.ctx, conn)
		if err != nil {
			return err
		}
		views := []tokenView{}
		t := a.table("No token yet. Make one: usher token create --workspace "+w.Key+" --connection "+conn.Name,
			"id", "state", "created", "expires", "revoked", "last used")
		for _, token := range all {
			v := newTokenView(w, conn, token, a.now())
			views = append(views, v)
			t.add(v.ID, v.State, when(token.Created), when(token.Expires), when(token.Revoked), when(token.LastUsed))
		}
		return a.print(views, t)
	})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"Id of the token, as token list shows it."`
	connectionScope
}

// Run revokes the token.
func (c *tokenRevokeCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		t, err := f.RevokeToken(a.ctx, a.actor(), conn, c.ID)
		if err != nil {
			return err
		}
		return a.print(newTokenView(w, conn, t, a.now()), line("Revoked token "+t.ID+"."))
	})
}
