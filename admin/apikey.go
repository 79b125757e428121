package admin

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// APIKey opens this API.
type APIKey struct {
	ID         string     `json:"id" doc:"Names it in lists and in the audit log."`
	Name       string     `json:"name" doc:"For people."`
	Workspace  string     `json:"workspace,omitempty" doc:"The key of the workspace that it reaches, with those below; not there: the installation."`
	Scopes     []string   `json:"scopes" doc:"What it is good for; * is everything."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was made."`
	ExpiresAt  time.Time  `json:"expires_at" doc:"Until when it is good."`
	RevokedAt  *time.Time `json:"revoked_at,omitempty" doc:"When it was revoked."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"When it was used last, to the minute."`
}

// IssuedAPIKey is a new key with its text.
type IssuedAPIKey struct {
	APIKey
	Text string `json:"text" doc:"The key itself, usher_api_…, shown this once."`
}

// NewAPIKey makes a key.
type NewAPIKey struct {
	Name      string    `json:"name" doc:"For people."`
	Scopes    []string  `json:"scopes" doc:"What it is good for: none that the key that makes it does not have."`
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"At most two years from now. Defaults to one. Never later than the key that makes it."`
}

func apiKeyRoutes() []route {
	const (
		all   = "/workspaces/{workspace}/keys"
		whole = "/keys"
		doc   = "A key never makes one with more scopes or reach than its own, or one that outlives it. The text is in this answer and nowhere else."
	)
	body := example{body: `{"name": "billing", "scopes": ["members.read", "events.read"]}`}
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listKeys", summary: "List the API keys of a workspace and of those below",
			scope: directory.ScopeKeysWrite, query: paged,
		}, (*call).listKeys),
		accept(route{
			method: "POST", pattern: all, name: "createKey", summary: "Make an API key of a workspace", doc: doc,
			scope: directory.ScopeKeysWrite, creates: true, example: body,
		}, (*call).createKey),
		answer(route{
			method: "DELETE", pattern: all + "/{key}", name: "revokeKey", summary: "Revoke an API key",
			doc: "It stays in the list. It is refused within a second.", scope: directory.ScopeKeysWrite,
		}, (*call).revokeKey),
		answer(route{
			method: "GET", pattern: whole, name: "listInstallationKeys", summary: "List the API keys of the installation",
			scope: directory.ScopeKeysWrite, installation: true, query: paged,
		}, (*call).listKeys),
		accept(route{
			method: "POST", pattern: whole, name: "createInstallationKey", summary: "Make an API key of the installation", doc: doc,
			scope: directory.ScopeKeysWrite, installation: true, creates: true, example: body,
		}, (*call).createKey),
		answer(route{
			method: "DELETE", pattern: whole + "/{key}", name: "revokeInstallationKey", summary: "Revoke an API key of the installation",
			scope: directory.ScopeKeysWrite, installation: true,
			example: example{path: map[string]string{"key": "installation-key"}},
		}, (*call).revokeKey),
	}
}

// apiKeys are those of the path's workspace and below, or of the installation where the path has none, with what shows
// them.
func (c *call) apiKeys() ([]directory.APIKey, func(directory.APIKey) APIKey, error) {
	all, err := c.Directory.APIKeys(c.ctx, c.workspace.Root)
	if err != nil || c.workspace.ID == "" {
		return all, func(k directory.APIKey) APIKey { return newAPIKeyView(k, nil) }, err
	}
	keys, err := c.keysBelow()
	below := slices.DeleteFunc(all, func(k directory.APIKey) bool { return keys[homeOf(k)] == "" })
	return below, func(k directory.APIKey) APIKey { return newAPIKeyView(k, keys) }, err
}

// homeOf is the id of the workspace that a key is of.
func homeOf(k directory.APIKey) string {
	if k.Workspace == "" {
		return k.Root
	}
	return k.Workspace
}

func newAPIKeyView(k directory.APIKey, keys map[string]string) APIKey {
	return APIKey{
		ID: k.ID, Name: k.Name, Workspace: keys[homeOf(k)], Scopes: k.Scopes, CreatedAt: k.Created, ExpiresAt: k.Expires,
		RevokedAt: when(k.Revoked), LastUsedAt: when(k.LastUsed),
	}
}

func (c *call) listKeys() (List[APIKey], error) {
	all, show, err := c.apiKeys()
	if err != nil {
		return List[APIKey]{}, err
	}
	place := func(k directory.APIKey) string { return k.Created.UTC().Format("20060102T150405.000") + k.ID }
	return pageOf(c, all, place, show)
}

func (c *call) createKey(in NewAPIKey) (IssuedAPIKey, error) {
	for _, scope := range in.Scopes {
		if !c.key.Has(scope) {
			return IssuedAPIKey{}, newProblem(forbidden, "leave it out, or use a key that has it",
				"the key does not have the scope %s itself", printable(scope))
		}
	}
	if in.ExpiresAt.After(c.key.Expires) {
		return IssuedAPIKey{}, newProblem(forbidden, "give an earlier date, or use a key that is good for longer",
			"the key itself expires at %s", c.key.Expires.Format(time.RFC3339))
	}
	if year := c.Now().AddDate(1, 0, 0); in.ExpiresAt.IsZero() && c.key.Expires.Before(year) {
		in.ExpiresAt = c.key.Expires
	}
	n := directory.NewAPIKey{Root: c.workspace.Root, Workspace: c.workspace.ID, Name: in.Name, Scopes: in.Scopes, Expires: in.ExpiresAt}
	if n.Workspace == n.Root {
		n.Workspace = ""
	}
	k, err := c.Directory.CreateAPIKey(c.ctx, c.by, n)
	if err != nil {
		return IssuedAPIKey{}, err
	}
	return IssuedAPIKey{
		APIKey: newAPIKeyView(k.APIKey, map[string]string{c.workspace.ID: c.workspace.Key}), Text: k.Text,
	}, nil
}

func (c *call) revokeKey() (none, error) {
	all, _, err := c.apiKeys()
	if err != nil {
		return none{}, err
	}
	id := c.path("key")
	if !slices.ContainsFunc(all, func(k directory.APIKey) bool { return k.ID == id }) {
		return none{}, newProblem(notFound, "list the keys to see their ids", "there is no API key %q", printable(id))
	}
	return none{}, c.Directory.RevokeAPIKey(c.ctx, c.by, c.workspace.Root, id)
}
