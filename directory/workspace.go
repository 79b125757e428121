package directory

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/directory/internal/input"
)

// NewWorkspace is what an operator says of a new workspace.
type NewWorkspace struct {
	Key, Name string // Name defaults to Key
	// DefaultRole defaults to "member". It is made when it is not among Roles.
	DefaultRole string
	// Parent is the key of the workspace above; empty for a root. A workspace never moves.
	Parent string
	// Roles of the workspace. nil: owner, admin and the default role.
	Roles    []Role
	Settings WorkspaceSettings
}

// WorkspaceChange is what of a workspace gets another value; nil fields stay.
type WorkspaceChange struct {
	Name, DefaultRole *string
	Settings          *WorkspaceSettings
	Version           int64 // that the change rests on, else it is refused; 0 is any
}

// workspaceKey is the form of a key. It stands in URLs and in the accountId of IdP attributes.
var workspaceKey = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// maxDepth is how many workspaces may stand one below the other.
const maxDepth = 16

// CreateWorkspace makes a workspace with its roles, and a root with its secrets.
func (d *Directory) CreateWorkspace(ctx context.Context, by Actor, n NewWorkspace) (Workspace, error) {
	n.Name, n.DefaultRole = cmp.Or(n.Name, n.Key), cmp.Or(n.DefaultRole, defaultRole)
	if n.Roles == nil {
		n.Roles = firstRoles()
	}
	if by.Name != ActorConfig {
		n.Settings.Origin = ""
	}
	if err := n.check(); err != nil {
		return Workspace{}, err
	}
	if err := n.Settings.Security.checkLockout(by); err != nil {
		return Workspace{}, err
	}
	id := ident.New(workspaceIDLength)
	w := Workspace{Root: id, ID: id, Key: n.Key, Name: n.Name, DefaultRole: n.DefaultRole, Settings: n.Settings, Version: 1}
	if n.Parent != "" {
		above, err := d.Workspace(ctx, n.Parent)
		if err != nil {
			return Workspace{}, err
		}
		w.Root, w.Parent = above.Root, above.ID
	}
	err := d.reconfigure(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		if err := d.checkKeyFree(ctx, n.Key); err != nil {
			return err
		}
		if err := d.planPlace(ctx, p, w); err != nil {
			return err
		}
		w.Created = p.now
		p.Workspaces = append(p.Workspaces, insert(w))
		if err := p.insertRoles(w, n.Roles); err != nil {
			return err
		}
		return p.audit(ActionWorkspaceCreate, targetWorkspace, w.ID, "", workspaceDetail{
			Key: w.Key, Name: w.Name, DefaultRole: w.DefaultRole, Parent: n.Parent, Settings: w.Settings,
		})
	})
	if err != nil {
		return Workspace{}, err
	}
	return d.freshWorkspace(ctx, w)
}

// planPlace gives a root its secrets, and makes another workspace rest on the tree as it is.
func (d *Directory) planPlace(ctx context.Context, p *plan, w Workspace) error {
	if w.Parent == "" {
		p.Reconfigures = false // there is no plan yet that rests on it
		p.Secrets = append(p.Secrets, d.seal(w.Root, tombstoneKeyName, newTombstoneKey()))
		return nil
	}
	_, above, err := d.place(ctx, p, Workspace{Root: w.Root, ID: w.Parent})
	if err == nil && len(above.path()) >= maxDepth {
		err = refuse(RefusedInvalid, "choose a parent that stands higher", "%s is %d workspaces deep, which is the most", above.Key, maxDepth)
	}
	return err
}

type workspaceDetail struct {
	Key         string            `json:"key"`
	Name        string            `json:"name"`
	DefaultRole string            `json:"default_role"`
	Parent      string            `json:"parent,omitempty"` // key
	Settings    WorkspaceSettings `json:"settings,omitzero"`
	Changed     []string          `json:"changed,omitempty"`
}

func (n NewWorkspace) check() error {
	if !workspaceKey.MatchString(n.Key) {
		return refuse(RefusedInvalid, "use 1 to 64 of A-Z, a-z, 0-9 and -, such as ACC123",
			"the workspace key %q is not valid", n.Key)
	}
	if err := input.Name("workspace name", n.Name); err != nil {
		return err
	}
	if err := input.Name("default role", n.DefaultRole); err != nil {
		return err
	}
	return n.Settings.check()
}

func (d *Directory) checkKeyFree(ctx context.Context, key string) error {
	_, err := d.store.WorkspaceByKey(ctx, key)
	return free(err, refuse(RefusedExists, "choose another key, or list the workspaces to see what is there",
		"a workspace with the key %s exists", key))
}

// UpdateWorkspace changes the name, the default role or the settings of a workspace. What differs in nothing is not
// written (M12).
func (d *Directory) UpdateWorkspace(ctx context.Context, by Actor, w Workspace, c WorkspaceChange) (Workspace, error) {
	err := d.reconfigure(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		_, b, err := d.place(ctx, p, w)
		if err != nil {
			return err
		}
		before, err := d.freshWorkspace(ctx, w) // with its declarations
		if err != nil {
			return err
		}
		if err := rests(c.Version, before.Version); err != nil {
			return err
		}
		after, err := c.apply(by, before)
		if err != nil {
			return err
		}
		changed := changedWorkspace(before, after)
		if len(changed) == 0 {
			return nil
		}
		if err := readOnly(by, before.Settings.Origin, "workspace", before.Key); err != nil {
			return err
		}
		if _, ok := b.role(after.DefaultRole); !ok {
			return unknownRole(b, after.DefaultRole)
		}
		if err := after.Settings.Security.checkLockout(by); err != nil {
			return err
		}
		if err := d.checkMethod(ctx, before, after); err != nil {
			return err
		}
		if err := p.noticeOfMethod(before, after); err != nil {
			return err
		}
		after.Version++
		p.Workspaces = append(p.Workspaces, update(before, after))
		return p.audit(ActionWorkspaceUpdate, targetWorkspace, w.ID, "", workspaceDetail{
			Key: after.Key, Name: after.Name, DefaultRole: after.DefaultRole, Settings: after.Settings, Changed: changed,
		})
	})
	if err != nil {
		return Workspace{}, err
	}
	return d.freshWorkspace(ctx, w)
}

// apply makes the workspace as it is to be. Only a configuration file says where it is declared.
func (c WorkspaceChange) apply(by Actor, w Workspace) (Workspace, error) {
	origin := w.Settings.Origin
	set(&w.Name, c.Name)
	set(&w.DefaultRole, c.DefaultRole)
	set(&w.Settings, c.Settings)
	if by.Name != ActorConfig {
		w.Settings.Origin = origin
	}
	if err := input.Name("workspace name", w.Name); err != nil {
		return w, err
	}
	return w, w.Settings.check()
}

func changedWorkspace(before, after Workspace) []string {
	changed := document.ChangedFields(before.Settings, after.Settings)
	if before.Name != after.Name {
		changed = append(changed, "name")
	}
	if before.DefaultRole != after.DefaultRole {
		changed = append(changed, "default_role")
	}
	slices.Sort(changed)
	return changed
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

// Children lists the workspaces right below, by key.
func (d *Directory) Children(ctx context.Context, w Workspace) ([]Workspace, error) {
	all, err := d.store.Tree(ctx, w.Root)
	children := slices.DeleteFunc(all, func(c Workspace) bool { return c.Parent != w.ID || c.ID == w.ID })
	slices.SortFunc(children, func(a, b Workspace) int { return strings.Compare(a.Key, b.Key) })
	return children, err
}

// DeleteWorkspace removes a workspace with everything in it and below it. What was cut short is finished by another
// call.
func (d *Directory) DeleteWorkspace(ctx context.Context, by Actor, key string) error {
	w, err := d.Workspace(ctx, key)
	if err != nil {
		return err
	}
	if err := d.checkDeletable(ctx, by, w); err != nil {
		return err
	}
	for conflicts := 0; ; { // the deepest first, so that nothing is ever left without its parent
		next, config, err := d.deepest(ctx, w)
		if err != nil {
			return err
		}
		err = d.deleteOne(ctx, by, next, config)
		switch {
		case errors.Is(err, ErrConflict) && conflicts < maxAttempts: // the tree has changed
			conflicts++
		case err != nil || next.ID == w.ID:
			return err
		}
	}
}

// checkDeletable refuses to delete what a configuration file declares, which would come back.
func (d *Directory) checkDeletable(ctx context.Context, by Actor, w Workspace) error {
	t, err := d.treeOf(ctx, w.Root, true)
	if err != nil {
		return err
	}
	for _, b := range t.workspaces {
		if !b.within(w.ID) {
			continue
		}
		if err := readOnly(by, b.Settings.Origin, "workspace", b.Key); err != nil {
			return err
		}
	}
	return nil
}

// deepest finds a workspace of the subtree that has none below it, and the Config that says so. With a root the store
// drops all that is below it.
func (d *Directory) deepest(ctx context.Context, w Workspace) (Workspace, int64, error) {
	if w.ID == w.Root {
		return w, 0, nil
	}
	t, err := d.treeOf(ctx, w.Root, true)
	if err != nil {
		return Workspace{}, 0, err
	}
	at := t.workspaces[w.ID]
	for _, b := range t.workspaces {
		if b.within(w.ID) && (at == nil || len(b.path()) > len(at.path())) {
			at = b
		}
	}
	if at == nil {
		return Workspace{}, 0, ErrNotFound
	}
	return at.Workspace, t.config, nil
}

// deleteOne deletes a workspace that has none below it.
func (d *Directory) deleteOne(ctx context.Context, by Actor, w Workspace, config int64) error {
	p := d.newPlan(by, w, "")
	if w.ID != w.Root {
		p.Config, p.Reconfigures = config, true
		if err := p.event(EventWorkspaceDeleted, "", workspaceEvent{w.Key}); err != nil {
			return err
		}
	}
	detail := workspaceDetail{Key: w.Key, Name: w.Name, DefaultRole: w.DefaultRole}
	if err := p.audit(ActionWorkspaceDelete, targetWorkspace, w.ID, "", detail); err != nil {
		return err
	}
	p.Ends = []SessionEnd{{Workspaces: []string{w.ID}, Reason: ReasonWorkspace, At: p.now}}
	defer d.forgetWorkspace(w)
	defer d.sweepSoon()
	return d.store.DeleteWorkspace(ctx, w.Root, w.ID, &p.Change)
}

// forgetWorkspace drops what is kept in memory of a workspace.
func (d *Directory) forgetWorkspace(w Workspace) {
	d.trees.Delete(w.Root)
	d.credentials.Clear()
	d.apiKeys.Clear()
	if w.ID == w.Root {
		d.tombstoneKeys.Delete(w.Root)
	}
}
