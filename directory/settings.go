package directory

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/usher-scim/usher/directory/internal/input"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// What a workspace and a connection may be set to.

func (s WorkspaceSettings) check() error {
	switch s.Provisioning {
	case ProvisioningEnabled, ProvisioningDisabled, ProvisioningUnentitled:
	default:
		return refuse(RefusedInvalid, "choose disabled or unentitled, or leave it empty for enabled", "there is no state %q of provisioning", s.Provisioning)
	}
	switch s.FirstStatus {
	case "", StatusActive, StatusInvited:
	default:
		return refuse(RefusedInvalid, "choose active or invited", "nobody joins with the status %q", s.FirstStatus)
	}
	for _, check := range []func() error{
		s.Method.check, s.Security.check,
		func() error { return input.TimeZone(s.TimeZone) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return input.Language(s.Language)
}

const maxSettings = 1 << 20 // bytes of JSON

// checkConnectionSettings refuses settings that could not be followed. What is as it was before has been checked.
func (d *Directory) checkConnectionSettings(ctx context.Context, t *tree, b *branch, before ConnectionSettings, c Connection) error {
	s := c.Settings
	if text, err := json.Marshal(s); err != nil || len(text) > maxSettings {
		return refuse(RefusedInvalid, "use fewer rules", "the settings have more than %d bytes", maxSettings)
	}
	if s.Scope != "" && s.Scope != ScopeOwn && s.Scope != ScopeWorkspace {
		return refuse(RefusedInvalid, "write own or workspace", "the scope of a connection cannot be %q", s.Scope)
	}
	if s.Key != "" && s.Key != "userName" && s.Key != "email" {
		return refuse(RefusedInvalid, "choose userName or email", "%q is no key of users", s.Key)
	}
	for _, check := range []func() error{
		func() error {
			w, err := d.freshWorkspace(ctx, b.Workspace) // with its declarations
			if err != nil {
				return err
			}
			return d.checkAttributes(w, c)
		},
		func() error { return t.checkGrantedRoles(b, s.Roles) },
		func() error { return d.checkPredecessor(ctx, before.Predecessor, c) },
		func() error { return CheckBasePath(s.BasePath) },
		func() error { return input.Hook(s.Hook) },
		s.Brake.check, s.SignIn.check,
		func() error { return s.SignIn.CheckSHA1(d.now()) },
		func() error { return d.checkProtocol(ctx, before.SignIn, c) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkAttributes refuses a mapping, a principal or a required attribute that users of the connection cannot have. The
// workspace comes with its declarations.
func (d *Directory) checkAttributes(w Workspace, c Connection) error {
	types, err := announcedRows(w, c).Types()
	if err != nil {
		return err
	}
	user := types[0]
	if c.Settings.Principal != "" {
		if err := checkPath(user, "principal", c.Settings.Principal); err != nil {
			return err
		}
	}
	for _, path := range c.Settings.Required {
		if err := checkPath(user, "required attribute", path); err != nil {
			return err
		}
	}
	if _, err := d.compileMapping(user, c); err != nil {
		return refuse(RefusedInvalid, "correct the mapping", "%s", err)
	}
	return nil
}

// checkDeclared refuses declarations with which a connection's settings would name attributes that are not there.
func (d *Directory) checkDeclared(ctx context.Context, w Workspace) error {
	connections, err := d.store.Connections(ctx, w.Root, w.ID)
	if err != nil {
		return err
	}
	for _, c := range connections {
		var refused *Refusal
		switch err := d.checkAttributes(w, c); {
		case errors.As(err, &refused):
			return refuse(RefusedInUse, "change the settings of the connection first", "connection %q rests on it: %s", c.Name, refused.Message)
		case err != nil:
			return err
		}
	}
	return nil
}

// compileMapping compiles the connection's rules for its type of users. Its error is a mapping's, with every problem in
// it.
func (d *Directory) compileMapping(user *scim.ResourceType, c Connection) (*mapping.Mapping, error) {
	rules := mapping.Compiler{Expressions: d.expressions, Principal: c.Settings.Principal, User: user}
	return rules.Compile(c.Settings.Mapping)
}

func checkPath(user *scim.ResourceType, what, path string) error {
	if strings.EqualFold(path, "externalId") {
		return nil
	}
	if _, err := scim.ParsePath(path, user, scim.Profile{}); err != nil {
		hint := "use a path such as userName or name.givenName; declare the attribute first when it is one of your own"
		var e *scim.Error
		if errors.As(err, &e) && e.Allowed != "" {
			hint = "use " + e.Allowed
		}
		return refuse(RefusedInvalid, hint, "the %s %q is no attribute of a user", what, path)
	}
	return nil
}

// checkGrantedRoles refuses roles that neither the workspace nor one below it has.
func (t *tree) checkGrantedRoles(home *branch, roles []string) error {
	for _, name := range roles {
		known := false
		for _, b := range t.workspaces {
			if _, ok := b.role(name); ok && b.within(home.ID) {
				known = true
			}
		}
		if !known {
			return unknownRole(home, name)
		}
	}
	return nil
}

// checkPredecessor refuses a connection that is still there: its people are its own.
func (d *Directory) checkPredecessor(ctx context.Context, before string, c Connection) error {
	id := c.Settings.Predecessor
	if id == before || id == "" {
		return nil
	}
	if len(id) != connectionIDLength || id == c.ID {
		return refuse(RefusedInvalid, "give the id that the deleted connection had; it stands in its base URL", "%q is no id of a deleted connection", id)
	}
	live, err := d.store.Connection(ctx, c.Root, id)
	return free(err, refuse(RefusedInvalid, "delete that connection first; its people stay", "the predecessor %q is not deleted", live.Name))
}

func (b *Brake) check() error {
	if b == nil || b.Members >= 0 && b.Percent >= 0 && b.Percent <= 100 {
		return nil
	}
	return refuse(RefusedInvalid, "give a number of members from 0 on and a percentage from 0 to 100",
		"a brake at %d members or %d %% is not possible", b.Members, b.Percent)
}
