package directory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/scim"
)

// A supplied token is one whose text somebody else made and gave to the deployment (X9). The same text may open
// several connections: each has a token of its own, whose hash holds for that connection alone. The text names no
// root, so a row of the whole installation, under the text's hash, lists the connections that it may be of.

// suppliedAt is where to look for a token with a supplied text.
type suppliedAt struct {
	Root       string `json:"root"`
	Connection string `json:"connection"`
}

// ImportToken makes a supplied text a bearer token of the connection. When it is one already only the end of its time
// is changed, if that differs. A revoked one stays revoked. Two calls for one text must not run at once.
func (d *Directory) ImportToken(ctx context.Context, by Actor, c Connection, text string, expires time.Time) (Token, error) {
	if !credential.IsSupplied(text) {
		return Token{}, refuse(RefusedInvalid, "use 24 to 1024 letters, digits and signs without blanks, that do not begin with usher_: openssl rand -base64 32",
			"the supplied token of connection %q cannot be used", c.Name)
	}
	issued, err := d.issue(c, Token{Kind: TokenSupplied, Expires: expires})
	if err != nil {
		return Token{}, err
	}
	t := issued.Token
	t.Hash = credential.HashSupplied(c.ID, text)
	known, err := d.store.TokenByHash(ctx, c.Root, t.Hash)
	if there, err := found(err); err != nil {
		return Token{}, err
	} else if there {
		return d.renewSupplied(ctx, by, c, known, t.Expires)
	}
	if err := d.placeSupplied(ctx, c, text); err != nil {
		return Token{}, err
	}
	err = d.editConnection(ctx, by, c, func(_ context.Context, p *plan, _ Connection) error { return p.insertToken(&t, ActionTokenCreate) })
	return t, err
}

// placeSupplied lists the connection among those that the text may be a token of. The row is the installation's, so it
// commits apart, before the token.
func (d *Directory) placeSupplied(ctx context.Context, c Connection, text string) error {
	all, err := d.suppliedPlaces(ctx, text)
	at := suppliedAt{c.Root, c.ID}
	if err != nil || slices.Contains(all, at) {
		return err
	}
	list, err := json.Marshal(append(all, at))
	if err != nil {
		return err
	}
	return d.store.Commit(ctx, &Change{Secrets: []Secret{d.seal("", credential.SuppliedName(text), list)}})
}

// renewSupplied gives a supplied token another end.
func (d *Directory) renewSupplied(ctx context.Context, by Actor, c Connection, t Token, expires time.Time) (Token, error) {
	if !t.Revoked.IsZero() {
		return t, refuse(RefusedInvalid, "supply another text", "the supplied token of connection %q was revoked at %s", c.Name, t.Revoked.Format(time.RFC3339))
	}
	if t.Expires.Equal(expires) {
		return t, nil
	}
	after := t
	err := d.editConnection(ctx, by, c, func(_ context.Context, p *plan, _ Connection) error {
		after = p.updateToken(t, func(t *Token) { t.Expires = expires })
		return p.audit(ActionTokenUpdate, targetToken, t.ID, "", newTokenDetail(after))
	})
	return after, err
}

// suppliedPlaces lists the connections of which the text may be a token.
func (d *Directory) suppliedPlaces(ctx context.Context, text string) ([]suppliedAt, error) {
	row, err := d.store.Secret(ctx, "", credential.SuppliedName(text))
	if there, err := found(err); err != nil || !there {
		return nil, err
	}
	list, err := d.open(row)
	if err != nil {
		return nil, err
	}
	var all []suppliedAt
	return all, json.Unmarshal(list, &all)
}

// supplied finds what a supplied text opens under the URL of that connection; "" is a URL that several share.
func (d *Directory) supplied(ctx context.Context, text, connection string) (*admission, error) {
	if !credential.IsSupplied(text) {
		return nil, credential.NotBearer(text)
	}
	a, err := d.credential(ctx, credential.HashSupplied(connection+"\x00", text), func() (Token, error) {
		return d.suppliedToken(ctx, text, connection)
	})
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Kind == scim.KindUnknownToken {
		return nil, credential.NotBearer(text) // it never was one
	}
	return a, err
}

// suppliedToken reads the token of the text: that of the connection, or else the only one.
func (d *Directory) suppliedToken(ctx context.Context, text, connection string) (Token, error) {
	places, err := d.suppliedPlaces(ctx, text)
	if err != nil {
		return Token{}, err
	}
	var tokens []Token
	for _, at := range places {
		t, err := d.tokenByHash(ctx, at.Root, TokenSupplied, credential.HashSupplied(at.Connection, text))
		if there, err := found(err); err != nil {
			return Token{}, err
		} else if there && (connection == "" || connection == at.Connection) {
			tokens = append(tokens, t)
		}
	}
	switch {
	case len(tokens) == 1:
		return tokens[0], nil
	case len(tokens) > 1:
		return Token{}, scim.NewError(scim.KindAmbiguousToken, authorization, "", "the connection's own base URL")
	case len(places) > 0 && connection != "":
		return Token{}, scim.NewError(scim.KindForeignToken, authorization, "", "")
	}
	return Token{}, ErrNotFound
}
