package directory

import (
	"context"
	"errors"
	"regexp"
)

// NewWorkspace is what an operator says of a new root workspace.
type NewWorkspace struct {
	Key, Name   string // Name defaults to Key
	DefaultRole string // made with the workspace; defaults to "member"
}

// workspaceKey is the form of a key. It stands in URLs and in the accountId of IdP attributes.
var workspaceKey = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

const firstRole = "member"

// CreateWorkspace makes a root workspace with its default role and its secrets.
func (d *Directory) CreateWorkspace(ctx context.Context, by Actor, n NewWorkspace) (Workspace, error) {
	if n.Name == "" {
		n.Name = n.Key
	}
	if n.DefaultRole == "" {
		n.DefaultRole = firstRole
	}
	if err := n.check(); err != nil {
		return Workspace{}, err
	}
	id := newID(workspaceIDLength)
	w := Workspace{Root: id, ID: id, Key: n.Key, Name: n.Name, DefaultRole: n.DefaultRole, Version: 1}
	err := d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		if err := d.checkKeyFree(ctx, n.Key); err != nil {
			return err
		}
		w.Created = p.now
		p.Workspaces = append(p.Workspaces, insert(w))
		p.Roles = append(p.Roles, insert(Role{Root: w.Root, Workspace: w.ID, Name: w.DefaultRole}))
		p.Secrets = append(p.Secrets, d.key.seal(w.Root, tombstoneKeyName, newTombstoneKey()))
		return p.audit(ActionWorkspaceCreate, targetWorkspace, w.ID, "", workspaceDetail{w.Key, w.Name, w.DefaultRole})
	})
	if err != nil {
		return Workspace{}, err
	}
	return w, nil
}

type workspaceDetail struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	DefaultRole string `json:"default_role"`
}

func (n NewWorkspace) check() error {
	if !workspaceKey.MatchString(n.Key) {
		return refuse(RefusedInvalid, "use 1 to 64 of A-Z, a-z, 0-9 and -, such as ACC123",
			"the workspace key %q is not valid", n.Key)
	}
	if err := checkName("workspace name", n.Name); err != nil {
		return err
	}
	return checkName("default role", n.DefaultRole)
}

func (d *Directory) checkKeyFree(ctx context.Context, key string) error {
	_, err := d.store.WorkspaceByKey(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return refuse(RefusedExists, "choose another key, or list the workspaces to see what is there",
		"a workspace with the key %s exists", key)
}

// Workspaces lists every workspace of the installation.
func (d *Directory) Workspaces(ctx context.Context) ([]Workspace, error) {
	return d.store.Workspaces(ctx)
}

// Workspace finds a workspace by its key.
func (d *Directory) Workspace(ctx context.Context, key string) (Workspace, error) {
	w, err := d.store.WorkspaceByKey(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return Workspace{}, refuse(RefusedNotFound, "keys are case-sensitive; list the workspaces to see them",
			"there is no workspace with the key %q", key)
	}
	return w, err
}

// DeleteWorkspace removes a root workspace and everything in it.
func (d *Directory) DeleteWorkspace(ctx context.Context, by Actor, key string) error {
	w, err := d.Workspace(ctx, key)
	if err != nil {
		return err
	}
	p := d.newPlan(by, w, "")
	err = p.audit(ActionWorkspaceDelete, targetWorkspace, w.ID, "", workspaceDetail{w.Key, w.Name, w.DefaultRole})
	if err != nil {
		return err
	}
	defer d.forgetWorkspace(w)
	return d.store.DeleteWorkspace(ctx, w.Root, w.ID, &p.Change)
}

// forgetWorkspace drops what is kept in memory of a workspace.
func (d *Directory) forgetWorkspace(w Workspace) {
	d.credentials.clear()
	d.tombstoneKeys.Delete(w.Root)
}

// Roles lists the workspace's roles.
func (d *Directory) Roles(ctx context.Context, w Workspace) ([]Role, error) {
	return d.store.Roles(ctx, w.Root, w.ID)
}
