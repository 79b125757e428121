package directory

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/usher-scim/usher/directory/internal/input"
)

const defaultRole = "member"

// firstRoles are those of a workspace for which none are named.
func firstRoles() []Role {
	admin := []string{PermissionSecurity, PermissionIntegrations, PermissionMembers, PermissionAudit}
	return []Role{
		{Name: "owner", Description: "everything, the workspace itself included", Permissions: append([]string{PermissionOwn}, admin...)},
		{Name: "admin", Description: "security, integrations and members", Permissions: admin},
	}
}

// RoleChange is what of a role gets another value; nil fields stay.
type RoleChange struct {
	Description *string
	Permissions *[]string
	Version     int64 // that the change rests on, else it is refused; 0 is any
}

const (
	maxPermissions = 100
	maxRoles       = 500
)

// permission is the form of a permission: the app's own words.
var permission = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,99}$`)

// checked returns the role with its permissions in order, each once.
func (r Role) checked() (Role, error) {
	if err := input.Name("role name", r.Name); err != nil {
		return r, err
	}
	if err := input.Description("role", r.Description); err != nil {
		return r, err
	}
	for _, p := range r.Permissions {
		if !permission.MatchString(p) {
			return r, refuse(RefusedInvalid, "use a small letter, then small letters, digits, _ . and -, such as reports.read",
				"the permission %q of role %q is not valid", p, r.Name)
		}
	}
	r.Permissions = input.Set(r.Permissions)
	if len(r.Permissions) > maxPermissions {
		return r, refuse(RefusedInvalid, "give the app fewer and wider permissions",
			"role %q has %d permissions, more than %d", r.Name, len(r.Permissions), maxPermissions)
	}
	return r, nil
}

// insertRoles plans the roles of a new workspace, the default one among them.
func (p *plan) insertRoles(w Workspace, roles []Role) error {
	if !slices.ContainsFunc(roles, func(r Role) bool { return r.Name == w.DefaultRole }) {
		roles = append(slices.Clone(roles), Role{Name: w.DefaultRole})
	}
	seen := map[string]bool{}
	for _, r := range roles {
		if seen[r.Name] {
			return refuse(RefusedInvalid, "name each role once", "the role %q is named twice", r.Name)
		}
		seen[r.Name] = true
		r, err := r.checked()
		if err != nil {
			return err
		}
		r.Root, r.Workspace, r.Version = w.Root, w.ID, 1
		p.Roles = append(p.Roles, insert(r))
	}
	return nil
}

// Roles lists the workspace's roles.
func (d *Directory) Roles(ctx context.Context, w Workspace) ([]Role, error) {
	return d.store.Roles(ctx, w.Root, w.ID)
}

type roleDetail struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

func newRoleDetail(r Role) roleDetail { return roleDetail{r.Name, r.Description, r.Permissions} }

// CreateRole adds a role to the workspace.
func (d *Directory) CreateRole(ctx context.Context, by Actor, w Workspace, r Role) (Role, error) {
	r, err := r.checked()
	if err != nil {
		return Role{}, err
	}
	r.Root, r.Workspace, r.Version = w.Root, w.ID, 1
	err = d.editRoles(ctx, by, w, func(ctx context.Context, p *plan, b *branch) error {
		if _, there := b.role(r.Name); there {
			return refuse(RefusedExists, "update it, or choose another name", "workspace %s has a role %q", b.Key, r.Name)
		}
		if len(b.roles) >= maxRoles {
			return refuse(RefusedInvalid, "delete roles that nobody has", "workspace %s has %d roles, which is the most", b.Key, maxRoles)
		}
		p.Roles = append(p.Roles, insert(r))
		return p.audit(ActionRoleCreate, targetRole, r.Name, "", newRoleDetail(r))
	})
	return r, err
}

// UpdateRole changes what a role is good for. Its members have the new permissions at once.
func (d *Directory) UpdateRole(ctx context.Context, by Actor, w Workspace, name string, c RoleChange) (Role, error) {
	var after Role
	err := d.editRoles(ctx, by, w, func(ctx context.Context, p *plan, b *branch) error {
		before, ok := b.role(name)
		if !ok {
			return unknownRole(b, name)
		}
		if err := rests(c.Version, before.Version); err != nil {
			return err
		}
		after = before
		set(&after.Description, c.Description)
		set(&after.Permissions, c.Permissions)
		var err error
		if after, err = after.checked(); err != nil {
			return err
		}
		if after.Description == before.Description && slices.Equal(after.Permissions, input.Set(before.Permissions)) {
			after = before
			return nil
		}
		if err := d.guardRole(ctx, b, before, after); err != nil {
			return err
		}
		after.Version++
		p.Roles = append(p.Roles, update(before, after))
		return p.audit(ActionRoleUpdate, targetRole, name, "", newRoleDetail(after))
	})
	return after, err
}

// DeleteRole removes a role that nobody has.
func (d *Directory) DeleteRole(ctx context.Context, by Actor, w Workspace, name string) error {
	var gone Role
	err := d.editRoles(ctx, by, w, func(ctx context.Context, p *plan, b *branch) error {
		var ok bool
		if gone, ok = b.role(name); !ok {
			return unknownRole(b, name)
		}
		if name == b.DefaultRole {
			return refuse(RefusedInUse, "make another role the default first", "%q is the default role of workspace %s", name, b.Key)
		}
		if err := d.checkRoleUnused(ctx, b, name); err != nil {
			return err
		}
		p.Roles = append(p.Roles, remove(gone))
		return p.audit(ActionRoleDelete, targetRole, name, "", newRoleDetail(gone))
	})
	if err != nil {
		return err
	}
	return d.unlessGiven(ctx, by, w, gone)
}

// unlessGiven puts a deleted role back when somebody was given it after it was looked who has it. Plans that were made
// since then conflict, so there is nobody to come.
func (d *Directory) unlessGiven(ctx context.Context, by Actor, w Workspace, gone Role) error {
	_, b, err := d.standing(ctx, w)
	if err != nil {
		return err
	}
	used := d.checkRoleUnused(ctx, b, gone.Name)
	var refused *Refusal
	if !errors.As(used, &refused) {
		return used
	}
	if _, err := d.CreateRole(ctx, by, w, gone); err != nil {
		return err
	}
	return used
}

func (d *Directory) checkRoleUnused(ctx context.Context, b *branch, name string) error {
	n, err := d.countPeople(ctx, PeopleQuery{Root: b.Root, Workspaces: []string{b.ID}, Role: name})
	if err != nil {
		return err
	}
	if n > 0 {
		return refuse(RefusedInUse, "give them another role first", "%s of workspace %s have the role %q", members(n), b.Key, name)
	}
	connections, err := d.store.Connections(ctx, b.Root, b.ID)
	if err != nil {
		return err
	}
	for _, c := range connections {
		if slices.Contains(c.Settings.Roles, name) {
			return refuse(RefusedInUse, "take it off that list first", "connection %q lists the role %q among those that it may grant", c.Name, name)
		}
	}
	return nil
}

// editRoles plans a change of the workspace's roles.
func (d *Directory) editRoles(
	ctx context.Context, by Actor, w Workspace, build func(context.Context, *plan, *branch) error,
) error {
	return d.reconfigure(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		_, b, err := d.place(ctx, p, w)
		if err != nil {
			return err
		}
		if err := build(ctx, p, b); err != nil || len(p.Roles) == 0 {
			return err
		}
		return readOnly(by, b.Settings.Origin, "workspace", b.Key)
	})
}

// unknownRole names the roles that there are (M9).
func unknownRole(b *branch, name string) error {
	names := make([]string, len(b.roles))
	for i, r := range b.roles {
		names[i] = r.Name
	}
	slices.Sort(names)
	return refuse(RefusedNotFound, "choose one of "+shortList(names)+"; names tell upper from lower case",
		"workspace %s has no role %q", b.Key, name)
}
