package directory

import (
	"cmp"
	"context"
	"maps"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// NewAuthorization is a request of an app that was checked and waits for the person to sign in.
type NewAuthorization struct {
	App        App
	Browser    [32]byte // SHA-256 of the binding cookie's value
	Parameters map[string]string
}

// authorizationAge is how long a request waits.
const authorizationAge = 10 * time.Minute

// maxParameters bounds what is kept of a request.
const maxParameters = 16 << 10

// BeginAuthorization keeps the request for ten minutes; handle names it in URLs.
func (d *Directory) BeginAuthorization(ctx context.Context, n NewAuthorization) (handle string, a Authorization, err error) {
	size := 0
	for name, value := range n.Parameters {
		size += len(name) + len(value)
	}
	if size > maxParameters {
		return "", Authorization{}, refuse(RefusedInvalid, "send less", "the request has more than %d bytes", maxParameters)
	}
	now := d.now()
	if err := d.authorizations.add(n.App.Root, now); err != nil {
		return "", Authorization{}, err
	}
	handle = credential.Request.New(cmp.Or(n.App.Root, credential.AnyRoot))
	a = Authorization{
		Root: n.App.Root, Hash: credential.Hash(handle), App: n.App.ID, Browser: n.Browser, Parameters: maps.Clone(n.Parameters),
		Created: now, Expires: now.Add(authorizationAge),
	}
	change := &Change{Root: a.Root, SignInChange: SignInChange{Authorizations: []Edit[Authorization]{insert(a)}}}
	return handle, a, d.store.Commit(ctx, change)
}

// Authorization returns the request behind a handle, in the browser in which it was begun. ErrNotFound: there is none,
// or not in that browser, or not any more.
func (d *Directory) Authorization(ctx context.Context, handle string, browser [32]byte) (Authorization, error) {
	root, ok := credential.Request.Root(handle)
	if !ok {
		return Authorization{}, ErrNotFound
	}
	if root == credential.AnyRoot {
		root = ""
	}
	a, err := d.store.Authorization(ctx, root, credential.Hash(handle))
	if err == nil && (a.Browser != browser || !d.now().Before(a.Expires)) {
		return Authorization{}, ErrNotFound
	}
	return a, err
}
