package admin

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Token is a credential of a connection.
type Token struct {
	ID         string              `json:"id" doc:"Names it in lists and in the audit log."`
	Kind       directory.TokenKind `json:"kind" doc:"bearer goes with every request; secret is an OAuth 2.0 client secret; supplied is a bearer token whose text came with the deployment."`
	User       string              `json:"user,omitempty" doc:"The SCIM id of the user that it is bound to."`
	Replaces   string              `json:"replaces,omitempty" doc:"The id of the token that it will replace, while that rotation is open."`
	CreatedAt  time.Time           `json:"created_at" doc:"When it was made."`
	ExpiresAt  time.Time           `json:"expires_at" doc:"Until when it is good."`
	RevokedAt  *time.Time          `json:"revoked_at,omitempty" doc:"When it was revoked."`
	LastUsedAt *time.Time          `json:"last_used_at,omitempty" doc:"When it was used last, to the minute."`
}

// IssuedToken is a new token with its text.
type IssuedToken struct {
	Token
	Text string `json:"text" doc:"The token itself, shown this once."`
}

// NewToken makes a token.
type NewToken struct {
	Kind      directory.TokenKind `json:"kind,omitzero" doc:"Defaults to bearer."`
	User      string              `json:"user,omitzero" doc:"The SCIM id of an active user of the connection: /Me is that user."`
	ExpiresAt time.Time           `json:"expires_at,omitzero" doc:"Defaults to one year from now."`
}

// Rotation begins the replacement of a token.
type Rotation struct {
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"Of the next token. Defaults to one year from now."`
}

func tokenRoutes() []route {
	const (
		all = "/workspaces/{workspace}/connections/{connection}/tokens"
		one = all + "/{token}"
	)
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listTokens", summary: "List the tokens and client secrets of a connection",
			doc: "Those that are expired or revoked too; never their texts.", scope: directory.ScopeConnectionsRead, query: paged,
		}, (*call).listTokens),
		accept(route{
			method: "POST", pattern: all, name: "createToken", summary: "Make a token or client secret",
			doc: "Its text is in this answer and nowhere else.", scope: directory.ScopeConnectionsWrite, creates: true,
			example: example{body: `{"expires_at": "2031-01-01T00:00:00Z"}`},
		}, (*call).createToken),
		answer(route{
			method: "GET", pattern: one, name: "getToken", summary: "Read a token", scope: directory.ScopeConnectionsRead,
		}, (*call).getToken),
		answer(route{
			method: "DELETE", pattern: one, name: "revokeToken", summary: "Revoke a token",
			doc: "It stays in the list. It is refused within a second.", scope: directory.ScopeConnectionsWrite,
		}, (*call).revokeToken),
		accept(route{
			method: "POST", pattern: one + "/rotate", name: "rotateToken", summary: "Make the token that will replace this one",
			doc: "Both are good until the rotation is completed or cancelled.", scope: directory.ScopeConnectionsWrite, creates: true,
			example: example{body: `{"expires_at": "2031-01-01T00:00:00Z"}`},
		}, (*call).rotateToken),
		answer(route{
			method: "POST", pattern: one + "/complete", name: "completeRotation", summary: "Revoke the old token of a rotation",
			doc: "Answers with the token that stays.", scope: directory.ScopeConnectionsWrite,
			example: example{path: map[string]string{"token": "rotating"}},
		}, (*call).completeRotation),
		answer(route{
			method: "POST", pattern: one + "/cancel", name: "cancelRotation", summary: "Revoke the next token of a rotation",
			doc: "Answers with the token that stays.", scope: directory.ScopeConnectionsWrite,
			example: example{path: map[string]string{"token": "rotating"}},
		}, (*call).cancelRotation),
	}
}

func newTokenView(t directory.Token) Token {
	return Token{
		ID: t.ID, Kind: t.Kind, User: t.User, Replaces: t.Replaces, CreatedAt: t.Created, ExpiresAt: t.Expires,
		RevokedAt: when(t.Revoked), LastUsedAt: when(t.LastUsed),
	}
}

const ayear = 365 * 24 * time.Hour

// expires is when something new expires: at that time, or after a year (M3).
func (c *call) expires(at time.Time) time.Time {
	if at.IsZero() {
		return c.Now().Add(ayear)
	}
	return at
}

func (c *call) listTokens() (List[Token], error) {
	k, err := c.connection()
	if err != nil {
		return List[Token]{}, err
	}
	all, err := c.Directory.Tokens(c.ctx, k)
	if err != nil {
		return List[Token]{}, err
	}
	place := func(t directory.Token) string { return t.Created.UTC().Format("20060102T150405.000") + t.ID }
	return pageOf(c, all, place, newTokenView)
}

func (c *call) createToken(in NewToken) (IssuedToken, error) {
	k, err := c.connection()
	if err != nil {
		return IssuedToken{}, err
	}
	issued, err := c.issueToken(k, in)
	if err != nil {
		return IssuedToken{}, err
	}
	return c.showIssued(k, issued), nil
}

func (c *call) issueToken(k directory.Connection, in NewToken) (directory.IssuedToken, error) {
	expires := c.expires(in.ExpiresAt)
	switch {
	case in.Kind == directory.TokenSecret && in.User != "":
		return directory.IssuedToken{}, newProblem(invalid, "leave user out", "a client secret is not bound to a user")
	case in.Kind == directory.TokenSecret:
		return c.Directory.CreateClientSecret(c.ctx, c.by, k, expires)
	case in.Kind != directory.TokenBearer && in.Kind != "":
		return directory.IssuedToken{}, newProblem(invalid, "send bearer or secret", "kind cannot be %q", printable(string(in.Kind)))
	case in.User != "":
		return c.Directory.CreateUserToken(c.ctx, c.by, k, in.User, expires)
	}
	return c.Directory.CreateToken(c.ctx, c.by, k, expires)
}

func (c *call) showIssued(k directory.Connection, t directory.IssuedToken) IssuedToken {
	c.location("workspaces", c.workspace.Key, "connections", k.ID, "tokens", t.ID)
	return IssuedToken{Token: newTokenView(t.Token), Text: t.Text}
}

func (c *call) getToken() (Token, error) {
	k, err := c.connection()
	if err != nil {
		return Token{}, err
	}
	all, err := c.Directory.Tokens(c.ctx, k)
	if err != nil {
		return Token{}, err
	}
	id := c.path("token")
	i := slices.IndexFunc(all, func(t directory.Token) bool { return t.ID == id })
	if i < 0 {
		return Token{}, newProblem(notFound, "list the tokens of the connection to see their ids",
			"connection %q has no token %q", k.Name, printable(id))
	}
	return newTokenView(all[i]), nil
}

// changeToken does something to the token that the path names.
func (c *call) changeToken(change func(directory.Connection, string) (directory.Token, error)) (Token, error) {
	k, err := c.connection()
	if err != nil {
		return Token{}, err
	}
	t, err := change(k, c.path("token"))
	return newTokenView(t), err
}

func (c *call) revokeToken() (Token, error) {
	return c.changeToken(func(k directory.Connection, id string) (directory.Token, error) {
		return c.Directory.RevokeToken(c.ctx, c.by, k, id)
	})
}

func (c *call) rotateToken(in Rotation) (IssuedToken, error) {
	k, err := c.connection()
	if err != nil {
		return IssuedToken{}, err
	}
	next, err := c.Directory.RotateToken(c.ctx, c.by, k, c.path("token"), c.expires(in.ExpiresAt))
	if err != nil {
		return IssuedToken{}, inPath(err)
	}
	return c.showIssued(k, next), nil
}

func (c *call) completeRotation() (Token, error) {
	return c.changeToken(func(k directory.Connection, id string) (directory.Token, error) {
		return c.Directory.CompleteRotation(c.ctx, c.by, k, id)
	})
}

func (c *call) cancelRotation() (Token, error) {
	return c.changeToken(func(k directory.Connection, id string) (directory.Token, error) {
		return c.Directory.CancelRotation(c.ctx, c.by, k, id)
	})
}
