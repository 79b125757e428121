package admin

import (
	"errors"
	"reflect"

	"github.com/usher-scim/usher/directory"
)

// checkAddress is 403 for a caller whom the IP rules of the workspace keep out (J8). They are asked on every request: those of
// the key's own workspace, and those of the one that the path names.
func (c *call) checkAddress(w directory.Workspace) error {
	err := c.Directory.AdmitAddress(c.ctx, c.by, w)
	if refused, ok := errors.AsType[*directory.LoginError](err); ok && refused.Code == directory.LoginAddress {
		c.Log.InfoContext(c.ctx, "address refused", "request_id", c.id, "workspace", w.Key, "address", c.by.Address)
		return newProblem(forbidden, "call from a network that the workspace allows, or have its IP rules changed from there or by the command line",
			"the API may not be reached from the address %s", c.by.Address)
	}
	return err
}

// maySecure keeps what decides how people come in to keys that may manage the workspace's security (J12).
func (c *call) maySecure(what string, before, after any) error {
	if reflect.DeepEqual(before, after) || c.key.Has(directory.ScopeSecurityWrite) {
		return nil
	}
	return newProblem(forbidden, "use a key that has the scope "+directory.ScopeSecurityWrite+" as well",
		"to change %s takes the scope %s", what, directory.ScopeSecurityWrite)
}

// maySwitch keeps a connection by which people sign in as it stands: whoever pauses, disables or deletes it locks them out, and
// whoever resumes it lets them in.
func (c *call) maySwitch(k directory.Connection) error {
	if k.Settings.SignIn == nil {
		return nil
	}
	return c.maySecure("whether people sign in by connection "+k.Name, k.Settings.SignIn, nil)
}

// maySwitchAll is maySwitch for the connections of a workspace and of all below it.
func (c *call) maySwitchAll(w directory.Workspace) error {
	connections, err := c.Directory.Connections(c.ctx, w)
	if err != nil {
		return err
	}
	for _, k := range connections {
		if err := c.maySwitch(k); err != nil {
			return err
		}
	}
	children, err := c.Directory.Children(c.ctx, w)
	if err != nil {
		return err
	}
	for _, child := range children {
		if err := c.maySwitchAll(child); err != nil {
			return err
		}
	}
	return nil
}

// maySecureWorkspace asks for each of the settings of a workspace that are about security.
func (c *call) maySecureWorkspace(before, after directory.WorkspaceSettings) error {
	for _, part := range []struct {
		name          string
		before, after any
	}{
		{"settings.method", before.Method, after.Method},
		{"settings.require_sso", before.RequireSSO, after.RequireSSO},
		{"settings.security", before.Security, after.Security},
	} {
		if err := c.maySecure(part.name, part.before, part.after); err != nil {
			return err
		}
	}
	return nil
}
