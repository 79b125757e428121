package sqlstore

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory"
)

// CountActive implements directory.Store: by workspace and connection. It reads every membership of the root.
func (s *Store) CountActive(ctx context.Context, root string) ([]directory.LicenceCount, error) {
	return inRoot(s, s.scan(ctx), "count active", root, func(tx *Tx, no int64) ([]directory.LicenceCount, error) {
		return all(tx, func(r scanner) (directory.LicenceCount, error) {
			var c directory.LicenceCount
			err := r.Scan(&c.Workspace, &c.Connection, &c.Active)
			return c, err
		}, `SELECT workspace, connection, count(*) FROM membership WHERE root = $1 AND status = 'active'
			GROUP BY workspace, connection ORDER BY workspace, connection`, no)
	})
}

// PutLicence implements directory.Store.
func (s *Store) PutLicence(ctx context.Context, root string, day time.Time, counts []directory.LicenceCount) error {
	if err := s.intern(ctx, []string{root}); err != nil {
		return s.fault("put licence", err)
	}
	no := s.symbols.of(root)
	return s.write(ctx, "put licence", 1+len(counts), func(tx *Tx) error {
		if err := tx.put(`DELETE FROM licence WHERE root = $1 AND day = $2`, no, nanos(day)); err != nil {
			return err
		}
		for _, c := range counts {
			err := tx.put(`INSERT INTO licence(root, day, workspace, connection, active) VALUES($1, $2, $3, $4, $5)
				ON CONFLICT(root, day, workspace, connection) DO UPDATE SET active = excluded.active`,
				no, nanos(day), c.Workspace, c.Connection, c.Active)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Licence implements directory.Store: by day, workspace and connection.
func (s *Store) Licence(ctx context.Context, root string, from, to time.Time) ([]directory.LicenceCount, error) {
	return inRoot(s, s.scan(ctx), "licence", root, func(tx *Tx, no int64) ([]directory.LicenceCount, error) {
		return all(tx, func(r scanner) (directory.LicenceCount, error) {
			var c directory.LicenceCount
			var day int64
			err := r.Scan(&day, &c.Workspace, &c.Connection, &c.Active)
			c.Day = timeOf(day)
			return c, err
		}, `SELECT day, workspace, connection, active FROM licence WHERE root = $1 AND day >= $2 AND day <= $3
			ORDER BY day, workspace, connection`, no, nanos(from), nanos(to))
	})
}
