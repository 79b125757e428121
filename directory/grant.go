package directory

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
)

// What RedeemCode and RedeemRefresh answer to what gives nothing.
var (
	// ErrInvalidGrant: unknown, over, of another app, or the session is over (RFC 6749 §5.2).
	ErrInvalidGrant = errors.New("directory: invalid grant")
	// ErrReplayedGrant: it was used before. All that followed from it is revoked.
	ErrReplayedGrant = errors.New("directory: the grant was used before")
)

// The times of grants.
const (
	codeAge    = time.Minute
	refreshAge = 30 * 24 * time.Hour // and never longer than the session
)

// scopeOffline asks for a refresh token (OpenID Connect Core §11).
const scopeOffline = "offline_access"

// CodeRequest is what a code is issued for.
type CodeRequest struct {
	Session       Session
	App           App
	Authorization string // handle, which is used up with it; empty: none was kept
	Browser       [32]byte
	Scope         []string
	Nonce         string
	RedirectURI   string
	Challenge     string // of PKCE, S256
}

// IssueCode gives an app a code of a live session, good for 60 seconds and once. ErrNotFound: the session is over or
// pending, or has gone on to another workspace than r.Session says, the request was used up, or the person has no access
// any more.
func (d *Directory) IssueCode(ctx context.Context, r CodeRequest) (code string, err error) {
	s := r.Session
	if r.App.Root != "" && r.App.Root != s.Root {
		return "", ErrNotFound // a tenant's app is for its own people
	}
	if err := d.useAuthorization(ctx, r); err != nil {
		return "", err
	}
	code = credential.Code.New(s.Root)
	err = d.withSession(ctx, s, "", func(ctx context.Context, p *plan, now Session) error {
		if now.Workspace != s.Workspace {
			return ErrNotFound
		}
		if err := d.holdAccess(ctx, p, now); err != nil {
			return err
		}
		p.unaudited = true
		p.Grants = append(p.Grants, insert(Grant{
			Root: s.Root, Hash: credential.Hash(code), Kind: GrantCode, Family: ident.NewRow(p.now), App: r.App.ID, Session: s.ID,
			Workspace: now.Workspace, Scope: slices.Clone(r.Scope), Nonce: r.Nonce, RedirectURI: r.RedirectURI, Challenge: r.Challenge,
			Created: p.now, Expires: p.now.Add(codeAge), Version: 1,
		}))
		if r.App.BackchannelLogoutURI != "" && !now.Closing { // its end is to be told
			after := now
			after.Closing = true
			after.Version++
			p.Sessions = append(p.Sessions, update(now, after))
		}
		return nil
	})
	return code, err
}

// useAuthorization uses up the request, which may be of another root than the session.
func (d *Directory) useAuthorization(ctx context.Context, r CodeRequest) error {
	if r.Authorization == "" {
		return nil
	}
	a, err := d.Authorization(ctx, r.Authorization, r.Browser)
	if err != nil {
		return err
	}
	if a.App != r.App.ID {
		return ErrNotFound
	}
	err = d.store.Commit(ctx, &Change{Root: a.Root, SignInChange: SignInChange{Authorizations: []Edit[Authorization]{remove(a)}}})
	if errors.Is(err, ErrConflict) {
		return ErrNotFound // somebody was faster
	}
	return err
}

// holdAccess makes the plan rest on the membership by which the session's person has access. ErrNotFound: there is none,
// or the session is not live.
func (d *Directory) holdAccess(ctx context.Context, p *plan, s Session) error {
	_, m, err := d.accessOf(ctx, s)
	if err == nil {
		p.Holds = append(p.Holds, *m)
	}
	return err
}

// accessOf finds the membership that counts for a live session.
func (d *Directory) accessOf(ctx context.Context, s Session) (*branch, *Membership, error) {
	if s.State != SessionLive {
		return nil, nil, ErrNotFound
	}
	home, entered, err := d.branchesOf(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	all, err := d.store.MembershipsOf(ctx, s.Root, s.Subject)
	if err != nil {
		return nil, nil, err
	}
	at, m := accessIn(all, entered, home)
	if m == nil {
		err = ErrNotFound
	}
	return at, m, err
}

// Redeemed is what a code or a refresh token was good for.
type Redeemed struct {
	Grant   Grant
	Session Session
	// Refresh is the next refresh token; empty: none was asked for.
	Refresh string
}

// RedeemCode uses a code up. check is asked before, with what the code was issued for: redirect URI and PKCE. Where the
// scope has offline_access the answer has a refresh token. A code that comes again revokes all that followed from it.
func (d *Directory) RedeemCode(ctx context.Context, a App, code string, check func(Grant) error) (Redeemed, error) {
	return d.redeem(ctx, a, credential.Code, GrantCode, code, "", check)
}

// RedeemRefresh exchanges a refresh token for the next one, while session and membership live. One that comes again
// revokes its family. The session counts as seen; address is the caller's: see [Directory.AdmitDevice].
func (d *Directory) RedeemRefresh(ctx context.Context, a App, token, address string) (Redeemed, error) {
	return d.redeem(ctx, a, credential.Refresh, GrantRefresh, token, address, func(g Grant) error {
		err := d.AdmitDevice(ctx, a, g.Root, g.Session, address)
		if errors.Is(err, ErrNotFound) {
			return ErrInvalidGrant // the session is over
		}
		return err
	})
}

// AdmitDevice asks the IP rules of a session's workspaces with the address of an app that has no secret (J8): its requests come
// from the user's own browser or device. A refusal is a [LoginError] of code [LoginAddress]. An app with a secret is a server,
// whose address says nothing of the user's: it is not asked about.
func (d *Directory) AdmitDevice(ctx context.Context, a App, root, session, address string) error {
	if !a.IsPublic() {
		return nil
	}
	s, err := d.store.Session(ctx, root, session)
	if err != nil {
		return err
	}
	for _, workspace := range []string{s.Home, s.Workspace} {
		if err := d.CheckAddress(ctx, root, workspace, SurfaceSSO, address); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) redeem(
	ctx context.Context, a App, k credential.Kind, kind GrantKind, text, address string, check func(Grant) error,
) (Redeemed, error) {
	root, ok := k.Root(text)
	if !ok {
		return Redeemed{}, ErrInvalidGrant
	}
	var r Redeemed
	var refused error
	by := Actor{Name: "app:" + a.ID, Address: address}
	err := d.write(ctx, by, Workspace{Root: root, ID: root}, "", func(ctx context.Context, p *plan) (err error) {
		p.unaudited, refused = true, nil
		g, err := d.store.Grant(ctx, root, credential.Hash(text))
		if there, err := found(err); err != nil {
			return err
		} else if !there || g.Kind != kind || g.App != a.ID || !p.now.Before(g.Expires) {
			return ErrInvalidGrant
		}
		if !g.Used.IsZero() {
			refused = ErrReplayedGrant
			return d.revokeReplayed(ctx, p, g)
		}
		if err := check(g); err != nil {
			return err
		}
		r, err = d.planRedeem(ctx, p, g)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Redeemed{}, err
	}
	return r, nil
}

// revokeReplayed plans that nothing of a family stays: whoever has it twice is not the app alone.
func (d *Directory) revokeReplayed(ctx context.Context, p *plan, g Grant) error {
	s, err := d.store.Session(ctx, g.Root, g.Session)
	if _, err := found(err); err != nil {
		return err
	}
	if s.Workspace != "" {
		p.workspace = s.Workspace
	}
	p.Revoked = append(p.Revoked, g.Family)
	return p.audit(ActionGrantReplay, targetApp, g.App, s.Subject, grantDetail{Kind: g.Kind, Session: g.Session})
}

type grantDetail struct {
	Kind    GrantKind `json:"kind"`
	Session string    `json:"session"`
}

// planRedeem uses a grant up, while session and access live, and plans the refresh token that follows. What is for another
// workspace than the session's is refused as it is, and good again when the session is back.
func (d *Directory) planRedeem(ctx context.Context, p *plan, g Grant) (Redeemed, error) {
	s, err := d.freshSession(ctx, Session{Root: g.Root, ID: g.Session})
	if err == nil && s.Workspace != g.Workspace {
		err = ErrNotFound
	}
	if err == nil {
		err = d.holdAccess(ctx, p, s)
	}
	if errors.Is(err, ErrNotFound) {
		err = ErrInvalidGrant
	}
	if err != nil {
		return Redeemed{}, err
	}
	used := g
	used.Used = p.now
	used.Expires = s.Expires // as long as something may follow from it, it is known that it was used
	used.Version++
	p.Grants = append(p.Grants, update(g, used))
	r := Redeemed{Grant: g, Session: s}
	if !slices.Contains(g.Scope, scopeOffline) {
		return r, nil
	}
	r.Refresh = credential.Refresh.New(g.Root)
	next := g
	next.Hash, next.Kind, next.Created, next.Version = credential.Hash(r.Refresh), GrantRefresh, p.now, 1
	next.Expires = earliest(p.now.Add(refreshAge), s.Expires)
	p.Grants = append(p.Grants, insert(next))
	if g.Kind == GrantRefresh {
		if r.Session, err = d.seen(ctx, s, p.now); err != nil {
			return Redeemed{}, err
		}
	}
	return r, nil
}

// IsRevoked reports that nothing of a family of grants stays: it was revoked, by the app or because something came twice.
// What follows from it by signature alone, such as an access token, is asked about with it.
func (d *Directory) IsRevoked(ctx context.Context, root, family string) (bool, error) {
	has, err := d.store.HasFamily(ctx, root, family)
	return !has, err
}

// RevokeGrant revokes the family of a refresh token of the app (RFC 7009). An unknown one is no error.
func (d *Directory) RevokeGrant(ctx context.Context, a App, token string) error {
	root, ok := credential.Refresh.Root(token)
	if !ok {
		return nil
	}
	g, err := d.store.Grant(ctx, root, credential.Hash(token))
	if there, err := found(err); err != nil || !there || g.App != a.ID {
		return err
	}
	return d.store.Commit(ctx, &Change{Root: root, SignInChange: SignInChange{Revoked: []string{g.Family}}})
}
