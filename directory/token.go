package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
)

// text is the form of a token of the kind.
func (k TokenKind) text() credential.Kind {
	if k == TokenSecret {
		return credential.Secret
	}
	return credential.Bearer
}

// Expired reports whether the token's time is over.
func (t Token) Expired(now time.Time) bool { return !now.Before(t.Expires) }

// Live reports whether the token may be used.
func (t Token) Live(now time.Time) bool { return t.Revoked.IsZero() && !t.Expired(now) }

// IssuedToken is a new token with its secret text, which is shown this once.
type IssuedToken struct {
	Token
	Text string // usher_scim_<root id>_<secret>_<crc>, or usher_secret_…
}

type tokenDetail struct {
	Kind     TokenKind `json:"kind"`
	Expires  time.Time `json:"expires_at"`
	User     string    `json:"user,omitempty"`
	Replaces string    `json:"replaces,omitempty"`
}

func newTokenDetail(t Token) tokenDetail {
	return tokenDetail{Kind: t.Kind, Expires: t.Expires, User: t.User, Replaces: t.Replaces}
}

// CreateToken issues a bearer token for the connection. Several may be live at once, so that one can be replaced
// without a gap (M3).
func (d *Directory) CreateToken(ctx context.Context, by Actor, c Connection, expires time.Time) (IssuedToken, error) {
	return d.createToken(ctx, by, c, Token{Kind: TokenBearer, Expires: expires})
}

// CreateUserToken issues a bearer token that is bound to an active user of the connection: /Me is that user (RFC 7644
// §3.11), and the token is good only as long as the user is active. Otherwise it reaches what the connection reaches.
func (d *Directory) CreateUserToken(
	ctx context.Context, by Actor, c Connection, user string, expires time.Time,
) (IssuedToken, error) {
	active, err := d.activeUser(ctx, c, user)
	if err != nil {
		return IssuedToken{}, err
	}
	if !active {
		return IssuedToken{}, refuse(RefusedInvalid, "name an active user of the connection",
			"connection %q has no active user %q", c.Name, user)
	}
	return d.createToken(ctx, by, c, Token{Kind: TokenBearer, User: user, Expires: expires})
}

// CreateClientSecret issues an OAuth 2.0 client secret for the connection, whose id is the client id. Several may be
// live at once.
func (d *Directory) CreateClientSecret(
	ctx context.Context, by Actor, c Connection, expires time.Time,
) (IssuedToken, error) {
	return d.createToken(ctx, by, c, Token{Kind: TokenSecret, Expires: expires})
}

func (d *Directory) createToken(ctx context.Context, by Actor, c Connection, t Token) (IssuedToken, error) {
	issued, err := d.issue(c, t)
	if err != nil {
		return IssuedToken{}, err
	}
	err = d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, _ Connection) error {
		_, b, err := d.place(ctx, p, c.home())
		if err != nil {
			return err
		}
		if !b.Settings.Method.TakesSCIM() {
			return refuse(RefusedInUse, "set the method of the workspace to scim or scim+jit first",
				"workspace %s takes no SCIM: its method is %s", b.Key, b.Settings.Method)
		}
		return p.insertToken(&issued.Token, ActionTokenCreate)
	})
	if err != nil {
		return IssuedToken{}, err
	}
	return issued, nil
}

// maxTokenYears is within what a store can hold.
const maxTokenYears = 100

// issue gives the token an id and a secret.
func (d *Directory) issue(c Connection, t Token) (IssuedToken, error) {
	t.Root, t.Connection, t.ID, t.Version = c.Root, c.ID, ident.New(tokenIDLength), 1
	t.Expires = t.Expires.UTC().Truncate(time.Millisecond)
	if now := d.now(); !t.Expires.After(now) || t.Expires.After(now.AddDate(maxTokenYears, 0, 0)) {
		return IssuedToken{}, refuse(RefusedInvalid, fmt.Sprintf("give a date to come, at most %d years from now; one year is usual (365d)", maxTokenYears),
			"a token cannot expire at %s", t.Expires.Format(time.RFC3339))
	}
	text := t.Kind.text().New(c.Root)
	t.Hash = credential.Hash(text)
	return IssuedToken{Token: t, Text: text}, nil
}

func (p *plan) insertToken(t *Token, action string) error {
	t.Created = p.now
	p.Tokens = append(p.Tokens, insert(*t))
	return p.audit(action, targetToken, t.ID, "", newTokenDetail(*t))
}

func (p *plan) updateToken(before Token, change func(after *Token)) Token {
	after := before
	after.Version++
	change(&after)
	p.Tokens = append(p.Tokens, update(before, after))
	return after
}

// Tokens lists the connection's tokens of every kind, those that are expired or revoked too.
func (d *Directory) Tokens(ctx context.Context, c Connection) ([]Token, error) {
	return d.store.Tokens(ctx, c.Root, c.ID)
}

// RevokeToken ends a token of any kind, and with a client secret the access tokens that it was exchanged for. It
// holds within a second in every process. An open rotation ends with either of its tokens. Revoking a revoked token
// changes nothing.
func (d *Directory) RevokeToken(ctx context.Context, by Actor, c Connection, id string) (Token, error) {
	var after Token
	err := d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, _ Connection) error {
		r, err := d.rotation(ctx, c, id)
		if err != nil {
			return err
		}
		if after = r.token; !after.Revoked.IsZero() {
			return nil
		}
		after = p.updateToken(r.token, func(t *Token) { t.Revoked, t.Replaces = p.now, "" })
		if r.next != nil {
			p.updateToken(*r.next, func(t *Token) { t.Replaces = "" })
		}
		return p.audit(ActionTokenRevoke, targetToken, id, "", newTokenDetail(r.token))
	})
	return after, err
}

// activeUser reports whether the connection has that user, and an active one.
func (d *Directory) activeUser(ctx context.Context, c Connection, id string) (bool, error) {
	u, err := d.store.User(ctx, c.Root, c.ID, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return u.Active, err
}
