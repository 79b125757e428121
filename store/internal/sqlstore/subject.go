package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

// Subject implements directory.Store.
func (s *Store) Subject(ctx context.Context, root, id string) (directory.Subject, error) {
	sub := directory.Subject{Root: root, ID: id}
	var created int64
	tx := s.point()
	no, err := s.number(tx, root)
	if err == nil {
		err = tx.row([]any{&created}, `SELECT created FROM subject WHERE root = $1 AND id = $2`, no, id)
	}
	sub.Created = timeOf(created)
	return sub, s.fault("subject", err)
}

func (w *writer) subject(e *directory.Edit[directory.Subject]) error {
	return edit(e,
		func(a *directory.Subject) error {
			_, err := w.tx.exec(`INSERT INTO subject(root, id, created) VALUES($1, $2, $3)`, w.root, a.ID, nanos(a.Created))
			return err
		},
		func(b *directory.Subject) error {
			return w.tx.must(`DELETE FROM subject WHERE root = $1 AND id = $2`, w.root, b.ID)
		},
		func(b, a *directory.Subject) error {
			return w.tx.must(`UPDATE subject SET created = $3 WHERE root = $1 AND id = $2`, w.root, b.ID, nanos(a.Created))
		})
}

const selectMembership = `SELECT workspace, subject, role, role_source, status, status_source, created, modified, version
	FROM membership `

func membershipScanner(root string) func(scanner) (directory.Membership, error) {
	return func(r scanner) (directory.Membership, error) {
		m := directory.Membership{Root: root}
		var created, modified int64
		err := r.Scan(&m.Workspace, &m.Subject, &m.Role, &m.RoleSource, &m.Status, &m.StatusSource, &created, &modified,
			&m.Version)
		m.Created, m.Modified = timeOf(created), timeOf(modified)
		return m, err
	}
}

// Membership implements directory.Store.
func (s *Store) Membership(ctx context.Context, root, workspace, subject string) (directory.Membership, error) {
	tx := s.point()
	no, err := s.number(tx, root)
	if err != nil {
		return directory.Membership{}, s.fault("membership", err)
	}
	m, err := one(tx, membershipScanner(root),
		selectMembership+`WHERE root = $1 AND workspace = $2 AND subject = $3`, no, workspace, subject)
	return m, s.fault("membership", err)
}

// Memberships implements directory.Store: a workspace's memberships by subject id; limit 0 is all.
func (s *Store) Memberships(ctx context.Context, root, workspace, afterSubject string, limit int) ([]directory.Membership, error) {
	return inRoot(s, s.scan(ctx), "memberships", root, func(tx *Tx, no int64) ([]directory.Membership, error) {
		return all(tx, membershipScanner(root), selectMembership+
			`WHERE root = $1 AND workspace = $2 AND subject > $3 ORDER BY subject LIMIT $4`,
			no, workspace, afterSubject, atMost(limit))
	})
}

func (w *writer) membership(e *directory.Edit[directory.Membership]) error {
	return edit(e,
		func(a *directory.Membership) error {
			_, err := w.tx.exec(`INSERT INTO membership(root, workspace, subject, role, role_source, status, status_source,
				created, modified, version) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				w.root, a.Workspace, a.Subject, a.Role, string(a.RoleSource), string(a.Status), string(a.StatusSource),
				nanos(a.Created), nanos(a.Modified), a.Version)
			return err
		},
		func(b *directory.Membership) error {
			return w.tx.must(`DELETE FROM membership WHERE root = $1 AND workspace = $2 AND subject = $3 AND version = $4`,
				w.root, b.Workspace, b.Subject, b.Version)
		},
		func(b, a *directory.Membership) error {
			return w.tx.must(`UPDATE membership SET role = $5, role_source = $6, status = $7, status_source = $8,
				modified = $9, version = $10 WHERE root = $1 AND workspace = $2 AND subject = $3 AND version = $4`,
				w.root, b.Workspace, b.Subject, b.Version, a.Role, string(a.RoleSource), string(a.Status),
				string(a.StatusSource), nanos(a.Modified), a.Version)
		})
}

// Tombstone implements directory.Store.
func (s *Store) Tombstone(ctx context.Context, root, connection, kind string, hash [32]byte) (directory.Tombstone, error) {
	t := directory.Tombstone{Root: root, Connection: connection, Kind: kind, Hash: hash}
	var created int64
	tx := s.point()
	no, err := s.number(tx, root)
	if err == nil {
		err = tx.row([]any{&t.Subject, &created}, `SELECT subject, created FROM tombstone
			WHERE root = $1 AND connection = $2 AND kind = $3 AND hash = $4`, no, connection, kind, hash[:])
	}
	t.Created = timeOf(created)
	return t, s.fault("tombstone", err)
}

// tombstone writes an edit of a tombstone. Of two users who were deleted under one key the later one counts, so an
// insert replaces what is there. One that is lifted has to be there: of two requests that revive one person only the
// first may.
func (w *writer) tombstone(e *directory.Edit[directory.Tombstone]) error {
	set := func(a *directory.Tombstone) error {
		_, err := w.tx.exec(`INSERT INTO tombstone(root, connection, kind, hash, subject, created)
			VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT(root, connection, kind, hash)
			DO UPDATE SET subject = excluded.subject, created = excluded.created`,
			w.root, a.Connection, a.Kind, a.Hash[:], a.Subject, nanos(a.Created))
		return err
	}
	return edit(e, set,
		func(b *directory.Tombstone) error {
			return w.tx.must(`DELETE FROM tombstone WHERE root = $1 AND connection = $2 AND kind = $3 AND hash = $4`,
				w.root, b.Connection, b.Kind, b.Hash[:])
		},
		func(_, a *directory.Tombstone) error { return set(a) })
}

// atMost is a LIMIT; 0 is none.
func atMost(limit int) int64 {
	if limit <= 0 {
		return 1 << 62
	}
	return int64(limit)
}
