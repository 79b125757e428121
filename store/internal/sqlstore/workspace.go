package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

const selectWorkspace = `SELECT s.text, w.id, w.key, w.name, w.parent, w.default_role, w.settings, w.created, w.config,
	w.epoch, w.version FROM workspace w JOIN symbol s ON s.no = w.root `

func scanWorkspace(r scanner) (directory.Workspace, error) {
	var w directory.Workspace
	var settings []byte
	var created int64
	err := r.Scan(&w.Root, &w.ID, &w.Key, &w.Name, &w.Parent, &w.DefaultRole, &settings, &created, &w.Config, &w.Epoch,
		&w.Version)
	w.Created = timeOf(created)
	if err == nil {
		err = fromObject(settings, &w.Settings)
	}
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
	tx := s.keyed
	no, err := s.number(tx, root)
	if err != nil {
		return directory.Workspace{}, s.fault("workspace", err)
	}
	w, err := s.oneWorkspace(selectWorkspace+`WHERE w.root = $1 AND w.id = $2`, no, id)
	return w, s.fault("workspace", err)
}

func (s *Store) oneWorkspace(query string, args ...any) (directory.Workspace, error) {
	tx := s.keyed
	w, err := one(tx, scanWorkspace, query, args...)
	if err != nil {
		return w, err
	}
	list := []directory.Workspace{w}
	err = s.withDeclarations(tx, list)
	return list[0], err
}

// Tree implements directory.Store.
func (s *Store) Tree(ctx context.Context, root string) ([]directory.Workspace, error) {
	return inRoot(s, s.point(), "tree", root, func(tx *Tx, no int64) ([]directory.Workspace, error) {
		return all(tx, scanWorkspace, selectWorkspace+`WHERE w.root = $1 ORDER BY w.id`, no)
	})
}

func (w *writer) workspace(e *directory.Edit[directory.Workspace]) error {
	w.tx.forget()
	return edit(e,
		func(a *directory.Workspace) error {
			settings, err := object(a.Settings)
			if err != nil {
				return err
			}
			err = w.tx.put(`INSERT INTO workspace(root, id, key, name, parent, default_role, settings, created, config,
				epoch, version) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				w.root, a.ID, a.Key, a.Name, a.Parent, a.DefaultRole, settings, nanos(a.Created), flag(a.ID == w.name), a.Epoch,
				a.Version)
			return err
		},
		func(b *directory.Workspace) error {
			return w.tx.must(`DELETE FROM workspace WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.Workspace) error {
			settings, err := object(a.Settings)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE workspace SET key = $4, name = $5, default_role = $6, version = $7, epoch = $8,
				parent = $9, settings = $10 WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, a.Key, a.Name, a.DefaultRole, a.Version, a.Epoch, a.Parent, settings)
		})
}

// config checks what a plan rests on, and raises it. A root that is about to be made has none yet: it begins at 1.
func (w *writer) config(config int64, raise bool) error {
	const id = ` WHERE root = $1 AND id = $2`
	if raise {
		w.tx.forget()
	}
	switch {
	case raise && config != 0:
		return w.tx.must(`UPDATE workspace SET config = config + 1`+id+` AND config = $3`, w.root, w.name, config)
	case raise:
		err := w.tx.put(`UPDATE workspace SET config = config + 1`+id, w.root, w.name)
		return err
	case config == 0:
		return nil
	case w.s.engine.Dialect.Concurrent:
		return w.tx.once(`SELECT 1 FROM workspace`+id+` AND config = $3`+forShare, w.root, w.name, config)
	}
	var now int64
	err := w.tx.row([]any{&now}, `SELECT config FROM workspace`+id, w.root, w.name)
	if err == nil && now != config {
		return directory.ErrConflict
	}
	return conflictIfNone(err)
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

// secret sets a secret, whether or not there is one of that name; without a value it drops it.
func (w *writer) secret(sec *directory.Secret) error {
	if len(sec.Sealed) == 0 {
		err := w.tx.put(`DELETE FROM secret WHERE root = $1 AND name = $2`, w.root, sec.Name)
		return err
	}
	err := w.tx.put(`INSERT INTO secret(root, name, sealed) VALUES($1, $2, $3)
		ON CONFLICT(root, name) DO UPDATE SET sealed = excluded.sealed`, w.root, sec.Name, sec.Sealed)
	return err
}
