package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/usher-scim/usher/directory"
)

// Ping implements directory.Store. A newer Usher beside this one may have changed the schema meanwhile.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.Store.Ping(ctx); err != nil {
		return err
	}
	if err := writable(ctx, s.read); err != nil {
		s.dropIdle() // behind a name that moves the next connections may go to the primary
		return fmt.Errorf("postgres: %s: %w", s.address, err)
	}
	return s.Check(ctx)
}

// writable reports [directory.ErrReadOnly], and why, where the server refuses writes.
func writable(ctx context.Context, db *sql.DB) error {
	var standby, refuses bool
	err := db.QueryRowContext(ctx, `SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool`).Scan(&standby, &refuses)
	switch {
	case err != nil:
		return err
	case standby:
		return fmt.Errorf("%w: the server is a standby", directory.ErrReadOnly)
	case refuses:
		return fmt.Errorf("%w: default_transaction_read_only is on", directory.ErrReadOnly)
	}
	return nil
}

// Check examines that the schema is one that this binary works with. What is stored is PostgreSQL's to examine.
func (s *Store) Check(ctx context.Context) error {
	err := migrations.Check(ctx, s.read)
	if err == nil {
		err = finished(ctx, s.read)
	}
	if err != nil {
		return fmt.Errorf("postgres: %s: %w", s.address, err)
	}
	return nil
}
