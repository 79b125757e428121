package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

const selectRole = `SELECT workspace, name, description, permissions, version FROM role `

// Roles implements directory.Store.
func (s *Store) Roles(ctx context.Context, root, workspace string) ([]directory.Role, error) {
	query, args := selectRole+`WHERE root = $1 ORDER BY workspace, name`, []any(nil)
	if workspace != "" {
		query, args = selectRole+`WHERE root = $1 AND workspace = $2 ORDER BY name`, []any{workspace}
	}
	return inRoot(s, s.scan(ctx), "roles", root, func(tx *Tx, no int64) ([]directory.Role, error) {
		return all(tx, func(r scanner) (directory.Role, error) {
			role := directory.Role{Root: root}
			var permissions []byte
			if err := r.Scan(&role.Workspace, &role.Name, &role.Description, &permissions, &role.Version); err != nil {
				return role, err
			}
			return role, fromArray(permissions, &role.Permissions)
		}, query, append([]any{no}, args...)...)
	})
}

func (w *writer) role(e *directory.Edit[directory.Role]) error {
	return edit(e,
		func(a *directory.Role) error {
			permissions, err := array(a.Permissions)
			if err != nil {
				return err
			}
			err = w.tx.put(`INSERT INTO role(root, workspace, name, description, permissions, version)
				VALUES($1, $2, $3, $4, $5, $6)`, w.root, a.Workspace, a.Name, a.Description, permissions, a.Version)
			return err
		},
		func(b *directory.Role) error {
			return w.tx.must(`DELETE FROM role WHERE root = $1 AND workspace = $2 AND name = $3 AND version = $4`,
				w.root, b.Workspace, b.Name, b.Version)
		},
		func(b, a *directory.Role) error {
			permissions, err := array(a.Permissions)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE role SET name = $5, description = $6, permissions = $7, version = $8
				WHERE root = $1 AND workspace = $2 AND name = $3 AND version = $4`,
				w.root, b.Workspace, b.Name, b.Version, a.Name, a.Description, permissions, a.Version)
		})
}
