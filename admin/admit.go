package admin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// admit lets the request in: its key is good, has the scope of the row, and reaches the workspace of the path.
func (c *call) admit() error {
	if c.route.scope == "" {
		return nil
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	if !c.key.Has(c.route.scope) {
		return newProblem(forbidden, "use a key that was made with it", "the key does not have the scope %s", c.route.scope)
	}
	if c.route.installation && c.key.Root != "" {
		return newProblem(forbidden, "use a key of the installation", "the key is of one workspace, and this is not")
	}
	if !c.route.in("workspace") {
		return nil
	}
	w, err := c.find(c.path("workspace"))
	if err != nil {
		return err
	}
	c.workspace = w
	if c.route.tenant && !c.reachesTenant() {
		return newProblem(forbidden, "use a key of the root workspace", "this concerns the whole tenant, and the key is of a part of it")
	}
	return nil
}

// reachesTenant reports whether the key reaches the root of the workspace at hand, and so all that is below it.
func (c *call) reachesTenant() bool {
	return c.key.Root == "" || c.key.Workspace == "" || c.key.Workspace == c.key.Root
}

func (c *call) authenticate() error {
	values := c.r.Header.Values("Authorization")
	scheme, text, _ := strings.Cut(strings.Join(values, ","), " ")
	if text = strings.TrimSpace(text); !strings.EqualFold(scheme, "Bearer") || text == "" {
		return newProblem(unauthenticated, "send Authorization: Bearer and an API key", "the request carries no API key")
	}
	key, err := c.Directory.AuthenticateAPIKey(c.ctx, text)
	if err != nil {
		return unauthenticatedBy(err)
	}
	c.key = key
	c.by = directory.Actor{Name: "apikey:" + key.ID, RequestID: c.id, Address: c.Address(c.r)}
	if key.Root == "" {
		return nil
	}
	return c.checkAddress(directory.Workspace{Root: key.Root, ID: homeOf(key)})
}

// unauthenticatedBy is 401 with the reason, when it is the key that is not good.
func unauthenticatedBy(err error) error {
	const hint = "make another key with usher apikey create"
	if r, ok := errors.AsType[*directory.Refusal](err); ok {
		return newProblem(unauthenticated, r.Hint, "%s", r.Message)
	}
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status() < http.StatusInternalServerError {
		return newProblem(unauthenticated, hint, "%s", e.Detail())
	}
	if errors.Is(err, directory.ErrNotFound) {
		return newProblem(unauthenticated, hint, "the API key is not known")
	}
	return err
}

// find finds a workspace that the key reaches. Whether one beyond its reach exists cannot be told from the answer.
func (c *call) find(key string) (directory.Workspace, error) {
	unknown := newProblem(notFound, "keys are case-sensitive; list the workspaces to see them",
		"there is no workspace with the key %q", printable(key))
	w, err := c.Directory.Workspace(c.ctx, key)
	if r, ok := errors.AsType[*directory.Refusal](err); ok && r.Kind == directory.RefusedNotFound {
		return directory.Workspace{}, unknown
	}
	if err != nil {
		return directory.Workspace{}, err
	}
	reached, err := c.Directory.Reaches(c.ctx, c.key, w)
	if err != nil {
		return directory.Workspace{}, err
	}
	if !reached {
		return directory.Workspace{}, unknown
	}
	return w, c.checkAddress(w)
}

// keys are the keys of the workspaces of a root, by id: of those that the request's API key reaches.
func (c *call) keys(root string) (map[string]string, error) {
	reached, err := c.Directory.Reach(c.ctx, c.key, root)
	return keysByID(reached), err
}

// keysBelow are the keys of the path's workspace and of those below it, by id.
func (c *call) keysBelow() (map[string]string, error) {
	reached, err := c.Directory.Reach(c.ctx, directory.APIKey{Root: c.workspace.Root, Workspace: c.workspace.ID}, c.workspace.Root)
	return keysByID(reached), err
}

func keysByID(all []directory.Workspace) map[string]string {
	keys := make(map[string]string, len(all))
	for _, w := range all {
		keys[w.ID] = w.Key
	}
	return keys
}
