package directory

import (
	"cmp"
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/directory/internal/input"
)

// The scopes of API keys. ScopeAll is every one of them.
const (
	ScopeAll              = "*"
	ScopeWorkspacesRead   = "workspaces.read"
	ScopeWorkspacesWrite  = "workspaces.write"
	ScopeConnectionsRead  = "connections.read"
	ScopeConnectionsWrite = "connections.write"
	ScopeMembersRead      = "members.read"
	ScopeMembersWrite     = "members.write"
	ScopeEventsRead       = "events.read"
	ScopeAuditRead        = "audit.read"
	ScopeLogsRead         = "logs.read"
	// ScopeSecurityRead shows sessions, logins, apps and signing keys. ScopeSecurityWrite changes how people come in: the
	// method, sign-in, IP rules, the second factor, sessions and apps (J12).
	ScopeSecurityRead  = "security.read"
	ScopeSecurityWrite = "security.write"
	ScopeWebhooksWrite = "webhooks.write"
	ScopeKeysWrite     = "keys.write"
)

// Scopes lists the scopes that an API key can have, in order.
func Scopes() []string {
	return []string{
		ScopeAll, ScopeAuditRead, ScopeConnectionsRead, ScopeConnectionsWrite, ScopeEventsRead, ScopeKeysWrite,
		ScopeLogsRead, ScopeMembersRead, ScopeMembersWrite, ScopeSecurityRead, ScopeSecurityWrite, ScopeWebhooksWrite, ScopeWorkspacesRead, ScopeWorkspacesWrite,
	}
}

// Has reports whether the key may be used for what the scope stands for.
func (k APIKey) Has(scope string) bool {
	return slices.Contains(k.Scopes, scope) || slices.Contains(k.Scopes, ScopeAll)
}

// NewAPIKey is what an operator says of a new key.
type NewAPIKey struct {
	Root      string // id; empty: a key of the whole installation
	Workspace string // id; empty: the whole root
	Name      string
	Scopes    []string
	Expires   time.Time // a year from now unless told, at most two
}

// IssuedAPIKey is a new key with its secret text, which is shown this once.
type IssuedAPIKey struct {
	APIKey
	Text string // usher_api_<root id or "all">_<secret>_<crc>
}

type apiKeyDetail struct {
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Expires time.Time `json:"expires_at"`
}

func newAPIKeyDetail(k APIKey) apiKeyDetail { return apiKeyDetail{k.Name, k.Scopes, k.Expires} }

// CreateAPIKey issues a key of the admin API.
func (d *Directory) CreateAPIKey(ctx context.Context, by Actor, n NewAPIKey) (IssuedAPIKey, error) {
	k := APIKey{
		Root: n.Root, ID: ident.New(tokenIDLength), Workspace: n.Workspace, Name: n.Name,
		Scopes: input.Set(n.Scopes), Expires: n.Expires.UTC().Truncate(time.Millisecond), Version: 1,
	}
	if n.Expires.IsZero() {
		k.Expires = d.now().AddDate(1, 0, 0)
	}
	if err := k.check(d.now()); err != nil {
		return IssuedAPIKey{}, err
	}
	text := credential.APIKey.New(cmp.Or(k.Root, credential.AnyRoot))
	k.Hash = credential.Hash(text)
	err := d.write(ctx, by, k.home(), "", func(ctx context.Context, p *plan) error {
		if err := d.checkHome(ctx, p, k); err != nil {
			return err
		}
		k.Created = p.now
		p.APIKeys = append(p.APIKeys, insert(k))
		return p.audit(ActionAPIKeyCreate, targetAPIKey, k.ID, "", newAPIKeyDetail(k))
	})
	if err != nil {
		return IssuedAPIKey{}, err
	}
	return IssuedAPIKey{APIKey: k, Text: text}, nil
}

func (k APIKey) check(now time.Time) error {
	if err := input.Name("name of the key", k.Name); err != nil {
		return err
	}
	if len(k.Scopes) == 0 {
		return refuse(RefusedInvalid, "choose from "+strings.Join(Scopes(), ", "), "the key has no scopes")
	}
	for _, s := range k.Scopes {
		if !slices.Contains(Scopes(), s) {
			return refuse(RefusedInvalid, "choose from "+strings.Join(Scopes(), ", "), "there is no scope %q", s)
		}
	}
	if !k.Expires.After(now) || k.Expires.After(now.AddDate(2, 0, 0)) {
		return refuse(RefusedInvalid, "give a date to come, at most two years from now; one year is usual (365d)",
			"a key cannot expire at %s", k.Expires.Format(time.RFC3339))
	}
	return nil
}

// home is where the key's audit entries stand.
func (k APIKey) home() Workspace { return Workspace{Root: k.Root, ID: cmp.Or(k.Workspace, k.Root)} }

// checkHome refuses a key of a workspace that is not there.
func (d *Directory) checkHome(ctx context.Context, p *plan, k APIKey) error {
	switch {
	case k.Root == "" && k.Workspace == "":
		return nil
	case k.Root == "":
		return refuse(RefusedInvalid, "name the root as well", "a key of workspace %q has no root", k.Workspace)
	}
	_, _, err := d.place(ctx, p, k.home())
	return err
}

// APIKeys lists the keys of a root, or of the installation when root is "": oldest first, those that are expired or
// revoked too.
func (d *Directory) APIKeys(ctx context.Context, root string) ([]APIKey, error) {
	return d.store.APIKeys(ctx, root)
}

// RevokeAPIKey ends a key. It holds within a second in every process. Revoking a revoked key changes nothing.
func (d *Directory) RevokeAPIKey(ctx context.Context, by Actor, root, id string) error {
	k, err := d.apiKey(ctx, root, id)
	if err != nil {
		return err
	}
	err = d.write(ctx, by, k.home(), "", func(ctx context.Context, p *plan) error {
		before, err := d.apiKey(ctx, root, id)
		if err != nil || !before.Revoked.IsZero() {
			return err
		}
		after := before
		after.Revoked, after.Version = p.now, before.Version+1
		p.APIKeys = append(p.APIKeys, update(before, after))
		return p.audit(ActionAPIKeyRevoke, targetAPIKey, id, "", newAPIKeyDetail(after))
	})
	d.apiKeys.Clear()
	return err
}

func (d *Directory) apiKey(ctx context.Context, root, id string) (APIKey, error) {
	k, err := d.store.APIKey(ctx, root, id)
	if there, err := found(err); err != nil || there {
		return k, err
	}
	return k, refuse(RefusedNotFound, "list the keys to see their ids", "there is no API key %q", id)
}

// AuthenticateAPIKey finds the key of that text. Its refusals are of the kind [RefusedCredential] and never repeat it.
func (d *Directory) AuthenticateAPIKey(ctx context.Context, text string) (APIKey, error) {
	root, ok := credential.APIKey.Root(text)
	if !ok {
		return APIKey{}, refuse(RefusedCredential, "copy the key again, whole, as it was shown when it was made: "+string(credential.APIKey)+"…",
			"what was sent is no API key")
	}
	if root == credential.AnyRoot {
		root = ""
	}
	k, err := d.apiKeyByHash(ctx, root, credential.Hash(text))
	if there, err := found(err); err != nil {
		return APIKey{}, err
	} else if !there {
		return APIKey{}, refuse(RefusedCredential, "make a new key", "the API key is not known")
	}
	now := d.clock()
	switch {
	case !k.Revoked.IsZero():
		return APIKey{}, refuse(RefusedCredential, "make a new key", "the API key was revoked at %s", k.Revoked.Format(time.RFC3339))
	case !now.Before(k.Expires):
		return APIKey{}, refuse(RefusedCredential, "make a new key", "the API key expired at %s", k.Expires.Format(time.RFC3339))
	}
	d.heardKey(k)
	return k, nil
}

func (d *Directory) apiKeyByHash(ctx context.Context, root string, hash [32]byte) (APIKey, error) {
	now := d.clock()
	if k, ok := d.apiKeys.Get(hash, now); ok {
		return k, nil
	}
	k, err := d.store.APIKeyByHash(ctx, root, hash)
	if err == nil && subtle.ConstantTimeCompare(k.Hash[:], hash[:]) != 1 {
		err = ErrNotFound
	}
	if err == nil {
		d.apiKeys.Put(hash, k, now)
	}
	return k, err
}
