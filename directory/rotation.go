package directory

import (
	"context"
	"slices"
	"time"
)

// A rotation has two phases. The next token is issued beside the old one and both are live, while somebody enters it
// at the identity provider; then the rotation is completed, which revokes the old one, or cancelled, which revokes
// the next one. At most one is open for a token.

// RotateToken opens a rotation: it issues the token that will replace a live one, of the same kind and bound to the
// same user.
func (d *Directory) RotateToken(
	ctx context.Context, by Actor, c Connection, id string, expires time.Time,
) (IssuedToken, error) {
	var next IssuedToken
	err := d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, _ Connection) error {
		r, err := d.rotation(ctx, c, id)
		if err != nil {
			return err
		}
		if err := r.checkClosed(c, p.now); err != nil {
			return err
		}
		old := r.token
		next, err = d.issue(c, Token{Kind: old.Kind, User: old.User, Replaces: old.ID, Expires: expires})
		if err != nil {
			return err
		}
		p.updateToken(old, func(*Token) {}) // moves the version: of two rotations at once one is refused
		return p.insertToken(&next.Token, ActionTokenRotate)
	})
	if err != nil {
		return IssuedToken{}, err
	}
	return next, nil
}

// CompleteRotation ends the open rotation that the token takes part in, as the old or as the next one: the old one is
// revoked. It returns the one that stays.
func (d *Directory) CompleteRotation(ctx context.Context, by Actor, c Connection, id string) (Token, error) {
	return d.endRotation(ctx, by, c, id, func(p *plan, r rotation) (Token, error) {
		if r.next.Expired(p.now) {
			return Token{}, refuse(RefusedInvalid, "cancel the rotation, then rotate again",
				"token %q, which would stay, expired at %s", r.next.ID, r.next.Expires.Format(time.RFC3339))
		}
		p.updateToken(r.token, func(t *Token) { t.Revoked = p.now })
		stays := p.updateToken(*r.next, func(t *Token) { t.Replaces = "" })
		return stays, p.audit(ActionTokenComplete, targetToken, stays.ID, "", newTokenDetail(*r.next))
	})
}

// CancelRotation ends the open rotation that the token takes part in, as the old or as the next one: the next one is
// revoked. It returns the one that stays.
func (d *Directory) CancelRotation(ctx context.Context, by Actor, c Connection, id string) (Token, error) {
	return d.endRotation(ctx, by, c, id, func(p *plan, r rotation) (Token, error) {
		if r.token.Expired(p.now) && !r.next.Expired(p.now) {
			return Token{}, refuse(RefusedInvalid, "complete the rotation; to be left with neither, revoke the next one",
				"token %q, which would stay, expired at %s", r.token.ID, r.token.Expires.Format(time.RFC3339))
		}
		p.updateToken(*r.next, func(t *Token) { t.Revoked, t.Replaces = p.now, "" })
		return r.token, p.audit(ActionTokenCancel, targetToken, r.next.ID, "", newTokenDetail(*r.next))
	})
}

func (d *Directory) endRotation(
	ctx context.Context, by Actor, c Connection, id string, end func(*plan, rotation) (Token, error),
) (stays Token, err error) {
	err = d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, _ Connection) error {
		r, err := d.rotation(ctx, c, id)
		if err == nil && r.token.Replaces != "" {
			r, err = d.rotation(ctx, c, r.token.Replaces)
		}
		if err != nil {
			return err
		}
		if r.next == nil {
			return refuse(RefusedInvalid, "rotate the token first", "no rotation of token %q is open", id)
		}
		stays, err = end(p, r)
		return err
	})
	return stays, err
}

// rotation is a token with the one that will replace it, if its rotation is open.
type rotation struct {
	token Token
	next  *Token
}

// rotation finds a token of the connection by id.
func (d *Directory) rotation(ctx context.Context, c Connection, id string) (rotation, error) {
	all, err := d.store.Tokens(ctx, c.Root, c.ID)
	if err != nil {
		return rotation{}, err
	}
	i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return rotation{}, refuse(RefusedNotFound, "list the tokens of the connection to see their ids",
			"connection %q has no token %q", c.Name, id)
	}
	r := rotation{token: all[i]}
	if n := slices.IndexFunc(all, func(t Token) bool { return t.Replaces == id }); n >= 0 {
		r.next = &all[n]
	}
	return r, nil
}

// checkClosed refuses a token that cannot be rotated now.
func (r rotation) checkClosed(c Connection, now time.Time) error {
	switch {
	case r.token.Kind == TokenSupplied:
		return refuse(RefusedInvalid, "supply the next one beside it, where this one is supplied", "the text of token %q was supplied, not made here", r.token.ID)
	case !r.token.Live(now):
		return refuse(RefusedInvalid, "create a new one", "token %q is not live any more", r.token.ID)
	case r.next != nil:
		return refuse(RefusedExists, "complete or cancel that rotation first",
			"token %q of connection %q is being replaced by %q", r.token.ID, c.Name, r.next.ID)
	case r.token.Replaces != "":
		return refuse(RefusedExists, "complete or cancel that rotation first",
			"token %q of connection %q is about to replace %q", r.token.ID, c.Name, r.token.Replaces)
	}
	return nil
}
