package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

type tokenCmd struct {
	Create   tokenCreateCmd   `cmd:"" help:"Make a token. Its text is shown this once."`
	List     tokenListCmd     `cmd:"" help:"List the tokens of a connection."`
	Rotate   tokenRotateCmd   `cmd:"" help:"Make the token that will replace another. Both are live until the rotation is completed or cancelled."`
	Complete tokenCompleteCmd `cmd:"" help:"Complete a rotation: revoke the old token."`
	Cancel   tokenCancelCmd   `cmd:"" help:"Cancel a rotation: revoke the new token."`
	Revoke   tokenRevokeCmd   `cmd:"" help:"Revoke a token, at once and for good."`
}

// tokenView is a token of either kind.
type tokenView struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"` // bearer, supplied or secret
	Workspace  string     `json:"workspace"`
	Connection string     `json:"connection"`
	User       string     `json:"user"`  // id of the user that it is bound to
	State      string     `json:"state"` // live, expired or revoked
	Replaces   string     `json:"replaces"`
	ReplacedBy string     `json:"replaced_by"` // set, like replaces, while a rotation is open
	CreatedAt  *time.Time `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func newTokenView(w directory.Workspace, c directory.Connection, t directory.Token, now time.Time) tokenView {
	return tokenView{
		ID: t.ID, Kind: string(t.Kind), Workspace: w.Key, Connection: c.Name, User: t.User,
		State: tokenState(t, now), Replaces: t.Replaces, CreatedAt: timestamp(t.Created),
		ExpiresAt: timestamp(t.Expires), RevokedAt: timestamp(t.Revoked), LastUsedAt: timestamp(t.LastUsed),
	}
}

// tokenNoun is what people call a token of that kind.
func tokenNoun(t directory.Token) string {
	if t.Kind == directory.TokenSecret {
		return "client secret"
	}
	return "token"
}

func tokenState(t directory.Token, now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case t.Expired(now):
		return "expired"
	}
	return "live"
}

// rotation says how the token takes part in an open rotation.
func (v tokenView) rotation() string {
	switch {
	case v.Kind == string(directory.TokenSupplied):
		return "supplied"
	case v.Replaces != "":
		return "replaces " + v.Replaces
	case v.ReplacedBy != "":
		return "replaced by " + v.ReplacedBy
	}
	return ""
}

// issuedTokenView is a bearer token with what is shown only once.
type issuedTokenView struct {
	Token   string `json:"token"`
	BaseURL string `json:"base_url"`
	tokenView
}

// issuedSecretView is a client secret with what is shown only once, and with what is pasted beside it.
type issuedSecretView struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	TokenURL     string `json:"token_url"`
	BaseURL      string `json:"base_url"`
	tokenView
}

// printIssued shows a new token of either kind, and last what to do next.
func (a *app) printIssued(f *folder, w directory.Workspace, c directory.Connection, t directory.IssuedToken, title, next string) error {
	view, base := newTokenView(w, c, t.Token, a.now()), usher.BaseURL(f.publicURL, c.ID)
	foot := line("\nPaste both into the identity provider now: the token is not shown again." + next)
	if t.Kind == directory.TokenSecret {
		v := issuedSecretView{c.ID, t.Text, usher.TokenURL(f.publicURL, c.ID), base, view}
		foot = line("\nPaste these four into the identity provider now: the client secret is not shown again." + next)
		return a.print(v, texts{newCard(title, "base URL", f.shownBaseURL(c.ID), "token URL", v.TokenURL, "client id", v.ClientID,
			"client secret", t.Text, "id", t.ID, "expires", when(t.Expires)), foot})
	}
	return a.print(issuedTokenView{t.Text, base, view}, texts{newCard(title, "base URL", f.shownBaseURL(c.ID), "token", t.Text,
		"id", t.ID, "user", t.User, "expires", when(t.Expires)), foot})
}

// tokenExpiry is the flag of commands that make a token of either kind.
type tokenExpiry struct {
	Expires expiry `default:"365d" placeholder:"WHEN" help:"When it expires: 365d, 720h, or a time as in RFC 3339. Defaults to 365d."`
}

type tokenCreateCmd struct {
	connectionScope
	tokenExpiry
	User *string `placeholder:"USER" help:"userName or id of a user that the token is bound to: /Me is that user, and the token ends with them."`
}

// Run makes the token.
func (c *tokenCreateCmd) Run(a *app) error {
	expires, err := c.Expires.at(a.now())
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		issued, err := c.create(a, f, w, conn, expires)
		if err != nil {
			return err
		}
		title := fmt.Sprintf("Created a token for connection %s of workspace %s.", conn.Name, w.Key)
		return a.printIssued(f, w, conn, issued, title, "")
	})
}

func (c *tokenCreateCmd) create(
	a *app, f *folder, w directory.Workspace, conn directory.Connection, expires time.Time,
) (directory.IssuedToken, error) {
	if c.User == nil {
		return f.CreateToken(a.ctx, a.actor(), conn, expires)
	}
	if *c.User == "" { // a variable that a script did not set must not make a token that reaches more
		return directory.IssuedToken{}, misuse(errors.New("--user is empty"), "name a user, or leave the flag out for a token that is bound to nobody")
	}
	v := a.view(f, w, conn)
	user, err := v.find(v.user(), "userName", *c.User)
	if err != nil {
		return directory.IssuedToken{}, err
	}
	return f.CreateUserToken(a.ctx, a.actor(), conn, user.ID, expires)
}

type tokenListCmd struct{ connectionScope }

// Run lists the tokens.
func (c *tokenListCmd) Run(a *app) error {
	return c.list(a, directory.TokenBearer, "No token yet. Make one: usher token create")
}

// list prints the connection's tokens of one kind.
func (s connectionScope) list(a *app, kind directory.TokenKind, empty string) error {
	return s.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		views, err := f.tokenViews(a, w, conn, kind)
		if err != nil {
			return err
		}
		t := a.table(empty+" --workspace "+w.Key+" --connection "+conn.Name,
			"id", "state", "created", "expires", "revoked", "last used", "user", "rotation")
		for _, v := range views {
			t.add(v.ID, v.State, whenAt(v.CreatedAt), whenAt(v.ExpiresAt), whenAt(v.RevokedAt), whenAt(v.LastUsedAt), v.User, v.rotation())
		}
		return a.print(views, t)
	})
}

func (f *folder) tokenViews(
	a *app, w directory.Workspace, c directory.Connection, kind directory.TokenKind,
) ([]tokenView, error) {
	all, err := f.Tokens(a.ctx, c)
	replacedBy := map[string]string{}
	for _, t := range all {
		replacedBy[t.Replaces] = t.ID
	}
	views := []tokenView{}
	for _, t := range all {
		if (t.Kind == directory.TokenSecret) == (kind == directory.TokenSecret) { // a supplied token is a bearer token
			v := newTokenView(w, c, t, a.now())
			v.ReplacedBy = replacedBy[t.ID]
			views = append(views, v)
		}
	}
	return views, err
}

func whenAt(t *time.Time) string {
	if t == nil {
		return ""
	}
	return when(*t)
}

// namedToken is the argument of commands about one token of either kind.
type namedToken struct {
	ID string `arg:"" help:"Its id, as list shows it."`
	connectionScope
}

// change applies one change to the token and prints what became of it.
func (n namedToken) change(
	a *app, change func(*folder, directory.Connection) (directory.Token, error), done func(directory.Token) io.WriterTo,
) error {
	return n.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		t, err := change(f, conn)
		if err != nil {
			return err
		}
		return a.print(newTokenView(w, conn, t, a.now()), done(t))
	})
}

type tokenRotateCmd struct {
	namedToken
	tokenExpiry
}

// Run opens a rotation.
func (c *tokenRotateCmd) Run(a *app) error {
	expires, err := c.Expires.at(a.now())
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		issued, err := f.RotateToken(a.ctx, a.actor(), conn, c.ID, expires)
		if err != nil {
			return err
		}
		noun := tokenNoun(issued.Token)
		title := fmt.Sprintf("Made the next %s of connection %s of workspace %s. %s stays live beside it.", noun, conn.Name, w.Key, c.ID)
		next := fmt.Sprintf("\nOnce it is in use: usher %s complete %s --workspace %s --connection %s", strings.ReplaceAll(noun, " ", "-"), c.ID, w.Key, conn.Name)
		return a.printIssued(f, w, conn, issued, title, next)
	})
}

type tokenCompleteCmd struct{ namedToken }

// Run completes a rotation.
func (c *tokenCompleteCmd) Run(a *app) error {
	return c.change(a, func(f *folder, conn directory.Connection) (directory.Token, error) {
		return f.CompleteRotation(a.ctx, a.actor(), conn, c.ID)
	}, func(stays directory.Token) io.WriterTo {
		return line("Completed the rotation: " + stays.ID + " stays, the old one is revoked.")
	})
}

type tokenCancelCmd struct{ namedToken }

// Run cancels a rotation.
func (c *tokenCancelCmd) Run(a *app) error {
	return c.change(a, func(f *folder, conn directory.Connection) (directory.Token, error) {
		return f.CancelRotation(a.ctx, a.actor(), conn, c.ID)
	}, func(stays directory.Token) io.WriterTo {
		return line("Cancelled the rotation: " + stays.ID + " stays, the new one is revoked.")
	})
}

type tokenRevokeCmd struct{ namedToken }

// Run revokes the token.
func (c *tokenRevokeCmd) Run(a *app) error {
	return c.change(a, func(f *folder, conn directory.Connection) (directory.Token, error) {
		return f.RevokeToken(a.ctx, a.actor(), conn, c.ID)
	}, func(t directory.Token) io.WriterTo { return line("Revoked " + tokenNoun(t) + " " + t.ID + ".") })
}
