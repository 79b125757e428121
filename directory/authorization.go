package directory

import (
	"context"
	"errors"
	"time"
)

// NewAuthorization is a request of an app that was checked and waits for the person to sign in.
type NewAuthorization struct {
	App        App
	Browser    [32]byte // SHA-256 of the binding cookie's value
	Parameters map[string]string
}

// BeginAuthorization keeps the request for ten minutes; handle names it in URLs.
func (d *Directory) BeginAuthorization(ctx context.Context, n NewAuthorization) (handle string, a Authorization, err error) {
	return "", Authorization{}, errNotBuilt
}

// Authorization returns the request behind a handle, in the browser in which it was begun. ErrNotFound: there is none,
// or not in that browser, or not any more.
func (d *Directory) Authorization(ctx context.Context, handle string, browser [32]byte) (Authorization, error) {
	return Authorization{}, errNotBuilt
}

// What RedeemCode and RedeemRefresh answer to what gives nothing.
var (
	// ErrInvalidGrant: unknown, over, of another app, or the session is over (RFC 6749 §5.2).
	ErrInvalidGrant = errors.New("directory: invalid grant")
	// ErrReplayedGrant: it was used before. All that followed from it is revoked.
	ErrReplayedGrant = errors.New("directory: the grant was used before")
)

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

// IssueCode gives an app a code of a live session, good for 60 seconds and once.
func (d *Directory) IssueCode(ctx context.Context, r CodeRequest) (code string, err error) {
	return "", errNotBuilt
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
	return Redeemed{}, errNotBuilt
}

// RedeemRefresh exchanges a refresh token for the next one, while session and membership live. One that comes again
// revokes its family.
func (d *Directory) RedeemRefresh(ctx context.Context, a App, token, address string) (Redeemed, error) {
	return Redeemed{}, errNotBuilt
}

// RevokeGrant revokes the family of a refresh token of the app (RFC 7009). An unknown one is no error.
func (d *Directory) RevokeGrant(ctx context.Context, a App, token string) error { return errNotBuilt }

// The times of grants.
const (
	codeAge          = time.Minute
	refreshAge       = 30 * 24 * time.Hour // and never longer than the session
	authorizationAge = 10 * time.Minute
)
