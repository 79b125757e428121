package sqlstore

import (
	"context"
	"encoding/json"

	"github.com/usher-scim/usher/directory"
)

const selectWorkspace = `SELECT s.text, w.id, w.key, w.name, w.default_role, w.created, w.epoch, w.version
	FROM workspace w JOIN symbol s ON s.no = w.root `

func scanWorkspace(r scanner) (directory.Workspace, error) {
	var w directory.Workspace
	var created int64
	err := r.Scan(&w.Root, &w.ID, &w.Key, &w.Name, &w.DefaultRole, &created, &w.Epoch, &w.Version)
	w.Created = timeOf(created)
	return w, err
}

// Workspaces implements directory.Store: all of them, by key.
func (s *Store) Workspaces(ctx context.Context) ([]directory.Workspace, error) {
	tx := s.scan(ctx)
	list, err := all(tx, scanWorkspace, selectWorkspace+`ORDER BY w.key`)
	if err == nil {
		err = s.withDeclarations(tx, list)
	}
	return list, s.fault("workspaces", err)
}

// WorkspaceByKey implements directory.Store.
func (s *Store) WorkspaceByKey(ctx context.Context, key string) (directory.Workspace, error) {
	w, err := s.oneWorkspace(selectWorkspace+`WHERE w.key = $1`, key)
	return w, s.fault("workspace", err)
}

// Workspace implements directory.Store.
func (s *Store) Workspace(ctx context.Context, root, id string) (directory.Workspace, error) {
	tx := s.point()
	no, err := s.number(tx, root)
	if err != nil {
		return directory.Workspace{}, s.fault("workspace", err)
	}
	w, err := s.oneWorkspace(selectWorkspace+`WHERE w.root = $1 AND w.id = $2`, no, id)
	return w, s.fault("workspace", err)
}

func (s *Store) oneWorkspace(query string, args ...any) (directory.Workspace, error) {
	tx := s.point()
	w, err := one(tx, scanWorkspace, query, args...)
	if err != nil {
		return w, err
	}
	list := []directory.Workspace{w}
	err = s.withDeclarations(tx, list)
	return list[0], err
}

func (w *writer) workspace(e *directory.Edit[directory.Workspace]) error {
	return edit(e,
		func(a *directory.Workspace) error {
			_, err := w.tx.exec(`INSERT INTO workspace(root, id, key, name, default_role, created, epoch, version)
				VALUES($1, $2, $3, $4, $5, $6, $7, $8)`,
				w.root, a.ID, a.Key, a.Name, a.DefaultRole, nanos(a.Created), a.Epoch, a.Version)
			return err
		},
		func(b *directory.Workspace) error {
			return w.tx.must(`DELETE FROM workspace WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.Workspace) error {
			return w.tx.must(`UPDATE workspace SET key = $4, name = $5, default_role = $6, version = $7, epoch = $8
				WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, a.Key, a.Name, a.DefaultRole, a.Version, a.Epoch)
		})
}

// Roles implements directory.Store: a workspace's roles, by name.
func (s *Store) Roles(ctx context.Context, root, workspace string) ([]directory.Role, error) {
	return inRoot(s, s.point(), "roles", root, func(tx *Tx, no int64) ([]directory.Role, error) {
		return all(tx, func(r scanner) (directory.Role, error) {
			role := directory.Role{Root: root, Workspace: workspace}
			var permissions []byte
			if err := r.Scan(&role.Name, &permissions); err != nil {
				return role, err
			}
			return role, json.Unmarshal(permissions, &role.Permissions)
		}, `SELECT name, permissions FROM role WHERE root = $1 AND workspace = $2 ORDER BY name`, no, workspace)
	})
}

func (w *writer) role(e *directory.Edit[directory.Role]) error {
	return edit(e,
		func(a *directory.Role) error {
			permissions, err := json.Marshal(a.Permissions)
			if err != nil {
				return err
			}
			_, err = w.tx.exec(`INSERT INTO role(root, workspace, name, permissions) VALUES($1, $2, $3, $4)`,
				w.root, a.Workspace, a.Name, string(permissions))
			return err
		},
		func(b *directory.Role) error {
			return w.tx.must(`DELETE FROM role WHERE root = $1 AND workspace = $2 AND name = $3`, w.root, b.Workspace, b.Name)
		},
		func(b, a *directory.Role) error {
			permissions, err := json.Marshal(a.Permissions)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE role SET name = $4, permissions = $5 WHERE root = $1 AND workspace = $2 AND name = $3`,
				w.root, b.Workspace, b.Name, a.Name, string(permissions))
		})
}

// Secret implements directory.Store.
func (s *Store) Secret(ctx context.Context, root, name string) (directory.Secret, error) {
	sec := directory.Secret{Root: root, Name: name}
	tx := s.point()
	no, err := s.number(tx, root)
	if err == nil {
		err = tx.row([]any{&sec.Sealed}, `SELECT sealed FROM secret WHERE root = $1 AND name = $2`, no, name)
	}
	return sec, s.fault("secret", err)
}

// secret sets a secret, whether or not there is one of that name.
func (w *writer) secret(sec *directory.Secret) error {
	_, err := w.tx.exec(`INSERT INTO secret(root, name, sealed) VALUES($1, $2, $3)
		ON CONFLICT(root, name) DO UPDATE SET sealed = excluded.sealed`, w.root, sec.Name, sec.Sealed)
	return err
}

// inRoot runs a list query in a root; one that nobody knows has nothing.
func inRoot[T any](s *Store, tx *Tx, what, root string, fn func(tx *Tx, no int64) ([]T, error)) ([]T, error) {
	no, err := s.number(tx, root)
	if err == directory.ErrNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, s.fault(what, err)
	}
	list, err := fn(tx, no)
	return list, s.fault(what, err)
}
