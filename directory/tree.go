package directory

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// tree is what plans rest on: the workspaces and roles of one root and the policies of its connections, all as of one
// Config. A plan that used it holds only as long as the root's Config is the same (Change.Config).
type tree struct {
	config     int64
	workspaces map[string]*branch // by id
	keys       map[string]*branch // by key
	domains    []Domain
	read       time.Time

	policies *sync.Map                     // of *policy by policyKey, as they are asked for
	signIns  *atomic.Pointer[[]Connection] // those by which people sign in; nil: not asked for yet
}

// policyKey names a policy: its mapping is compiled for the types that the connection announces at an epoch.
type policyKey struct {
	connection       string
	epoch, announced int64
}

// branch is a workspace in its tree.
type branch struct {
	Workspace
	above *branch // nil: the root
	roles []Role
}

func (b *branch) role(name string) (Role, bool) {
	i := slices.IndexFunc(b.roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{}, false
	}
	return b.roles[i], true
}

// within reports whether b is the workspace with that id, or below it.
func (b *branch) within(id string) bool {
	for ; b != nil; b = b.above {
		if b.ID == id {
			return true
		}
	}
	return false
}

// path lists the ids of b and of the workspaces above it, the nearest first.
func (b *branch) path() []string {
	var ids []string
	for ; b != nil; b = b.above {
		ids = append(ids, b.ID)
	}
	return ids
}

// treeAge is how long a tree is used before its Config is looked at. What is planned on an older one conflicts at the
// commit and is planned again, so that this costs time and never truth.
const treeAge = 500 * time.Millisecond

// treeOf returns the tree of a root. A plan that met a conflict asks for a fresh one.
func (d *Directory) treeOf(ctx context.Context, root string, fresh bool) (*tree, error) {
	now := d.clock()
	cached, _ := d.trees.Load(root)
	known, _ := cached.(*tree)
	if known != nil && !fresh {
		if age := now.Sub(known.read); age >= 0 && age < treeAge {
			return known, nil
		}
	}
	top, err := d.store.Workspace(ctx, root, root)
	if err != nil {
		return nil, err
	}
	if known == nil || known.config != top.Config {
		if known, err = d.readTree(ctx, top); err != nil {
			return nil, err
		}
	} else {
		known = known.renewed()
	}
	known.read = now
	d.trees.Store(root, known)
	return known, nil
}

// renewed is the same tree, to be looked at later again.
func (t *tree) renewed() *tree {
	next := *t
	return &next
}

// readTree reads the rows behind a tree. Its Config was read before them: what changes meanwhile makes the plans of
// this tree conflict.
func (d *Directory) readTree(ctx context.Context, top Workspace) (*tree, error) {
	all, err := d.store.Tree(ctx, top.Root)
	if err != nil {
		return nil, err
	}
	roles, err := d.store.Roles(ctx, top.Root, "")
	if err != nil {
		return nil, err
	}
	domains, err := d.store.Domains(ctx, top.Root)
	if err != nil {
		return nil, err
	}
	t := &tree{
		config: top.Config, workspaces: make(map[string]*branch, len(all)), keys: make(map[string]*branch, len(all)),
		domains: domains, policies: new(sync.Map), signIns: new(atomic.Pointer[[]Connection]),
	}
	for _, w := range all {
		b := &branch{Workspace: w}
		t.workspaces[w.ID], t.keys[w.Key] = b, b
	}
	for _, b := range t.workspaces {
		b.above = t.workspaces[b.Parent]
	}
	for _, r := range roles {
		if b := t.workspaces[r.Workspace]; b != nil {
			b.roles = append(b.roles, r)
		}
	}
	return t, nil
}

// roles returns the roles of a workspace.
func (t *tree) roles(workspace string) []Role {
	if b := t.workspaces[workspace]; b != nil {
		return b.roles
	}
	return nil
}

// policy is what one connection's settings come to.
type policy struct {
	*tree
	connection Connection
	home       *branch
	mapping    *mapping.Mapping
	grantable  mapping.Tree
	rules      []mapping.GroupRule
}

// policy returns the policy of a connection, and makes the plan rest on it.
func (d *Directory) policy(ctx context.Context, p *plan, c Connection) (*policy, error) {
	t, err := d.treeOf(ctx, c.Root, p.attempt > 0)
	if err != nil {
		return nil, err
	}
	p.Config = t.config
	key := policyKey{connection: c.ID}
	if p.Basis != nil {
		key.epoch, key.announced = p.Basis.Epoch, p.Basis.Announced
	}
	if known, ok := t.policies.Load(key); ok {
		p.policy = known.(*policy)
		return p.policy, nil
	}
	p.policy, err = d.readPolicy(ctx, t, c)
	if err == nil {
		t.policies.Store(key, p.policy)
	}
	return p.policy, err
}

// readPolicy reads the connection again: its row must not be older than the tree.
func (d *Directory) readPolicy(ctx context.Context, t *tree, c Connection) (*policy, error) {
	c, err := d.store.Connection(ctx, c.Root, c.ID)
	if errors.Is(err, ErrNotFound) { // deleted meanwhile
		return nil, ErrConflict
	}
	if err != nil {
		return nil, err
	}
	home := t.workspaces[c.Workspace]
	if home == nil {
		return nil, ErrConflict
	}
	w, err := d.store.Workspace(ctx, c.Root, c.Workspace) // with its declarations
	if errors.Is(err, ErrNotFound) {
		return nil, ErrConflict
	}
	if err != nil {
		return nil, err
	}
	types, _, err := d.typesOf(w, c)
	if err != nil {
		return nil, err
	}
	m, err := d.compileMapping(types[0], c)
	if err != nil {
		return nil, err
	}
	pol := &policy{tree: t, connection: c, home: home, mapping: m, rules: c.Settings.Mapping.Groups}
	pol.grantable = mapping.Tree{Home: home.Key, Workspaces: map[string]mapping.Workspace{}}
	for _, b := range t.workspaces {
		if b.within(home.ID) {
			pol.grantable.Workspaces[b.Key] = pol.grants(b)
		}
	}
	return pol, nil
}

// grants says what the connection may grant in one workspace: the roles on its list, or all that are not privileged.
func (pol *policy) grants(b *branch) mapping.Workspace {
	w := mapping.Workspace{Key: b.Key, DefaultRole: b.DefaultRole}
	for _, r := range b.roles {
		w.Roles = append(w.Roles, r.Name)
		if pol.connection.Settings.grants(r) {
			w.Granted = append(w.Granted, r.Name)
		}
	}
	return w
}

// check refuses a document that lacks what the connection asks for (C2, M15). stored is nil for a new user.
func (pol *policy) check(r, stored *scim.Resource) error {
	if err := r.Require(pol.connection.Settings.Required, stored); err != nil {
		return err
	}
	if pol.connection.Settings.EmailUserName {
		return r.CheckEmailUserName(stored)
	}
	return nil
}

// Privileged reports a role that opens the doors of the workspace itself: a connection grants it only when it is
// listed (B11).
func (r Role) Privileged() bool {
	return slices.ContainsFunc(r.Permissions, func(p string) bool {
		return p == PermissionOwn || p == PermissionSecurity || p == PermissionIntegrations
	})
}
