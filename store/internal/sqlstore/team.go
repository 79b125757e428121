package sqlstore

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/directory"
)

// Teams implements directory.Store: a workspace's teams, by name.
func (s *Store) Teams(ctx context.Context, root, workspace string) ([]directory.Team, error) {
	return inRoot(s, s.scan(ctx), "teams", root, func(tx *Tx, no int64) ([]directory.Team, error) {
		return all(tx, func(r scanner) (directory.Team, error) {
			t := directory.Team{Root: root, Workspace: workspace}
			var created int64
			err := r.Scan(&t.Name, &t.Description, &created, &t.Version)
			t.Created = timeOf(created)
			return t, err
		}, `SELECT name, description, created, version FROM team WHERE root = $1 AND workspace = $2 ORDER BY name`, no, workspace)
	})
}

// HasTeams implements directory.Store.
func (s *Store) HasTeams(_ context.Context, root, workspace string, names []string) (map[string]bool, error) {
	has := make(map[string]bool, len(names))
	tx := s.point()
	no, err := s.number(tx, root)
	if errors.Is(err, directory.ErrNotFound) {
		return has, nil
	}
	if err != nil {
		return nil, s.fault("has teams", err)
	}
	err = inLots(names, []any{no, workspace}, func(list string, args []any) error {
		return tx.each(func(r scanner) error {
			var name string
			err := r.Scan(&name)
			has[name] = true
			return err
		}, `SELECT name FROM team WHERE root = $1 AND workspace = $2 AND name IN (`+list+`)`, args...)
	})
	return has, s.fault("has teams", err)
}

func (w *writer) team(e *directory.Edit[directory.Team]) error {
	return edit(e,
		func(a *directory.Team) error {
			err := w.tx.put(`INSERT INTO team(root, workspace, name, description, created, version)
				VALUES($1, $2, $3, $4, $5, $6)`, w.root, a.Workspace, a.Name, a.Description, nanos(a.Created), a.Version)
			return err
		},
		func(b *directory.Team) error {
			return w.tx.must(`DELETE FROM team WHERE root = $1 AND workspace = $2 AND name = $3 AND version = $4`,
				w.root, b.Workspace, b.Name, b.Version)
		},
		func(b, a *directory.Team) error {
			return w.tx.must(`UPDATE team SET name = $5, description = $6, version = $7
				WHERE root = $1 AND workspace = $2 AND name = $3 AND version = $4`,
				w.root, b.Workspace, b.Name, b.Version, a.Name, a.Description, a.Version)
		})
}
