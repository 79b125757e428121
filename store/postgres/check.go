package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/usher-scim/usher/directory"
)

// Ping implements directory.Store. A newer Usher beside this one may have changed the schema meanwhile.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	err := ready(ctx, s.read)
	switch {
	case err == nil:
		return nil
	case isBusy(err):
		return fmt.Errorf("%w: ping: %w", directory.ErrBusy, err)
	case errors.Is(err, directory.ErrReadOnly):
		s.dropIdle() // behind a name that moves the next connections may go to the primary
	}
	return fmt.Errorf("postgres: %s: %w", s.address, err)
}

// ready asks one question only: probes come every few seconds, from each replica, and the server may be far away.
func ready(ctx context.Context, db *sql.DB) error {
	var standby, refuses, copying bool
	var oldest int64
	err := db.QueryRowContext(ctx, `SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool,
		to_regclass($1) IS NOT NULL, (SELECT coalesce(max(oldest), 0) FROM schema_floor)`, copyMark).
		Scan(&standby, &refuses, &copying, &oldest)
	switch {
	case err != nil:
		return err
	case standby:
		return fmt.Errorf("%w: the server is a standby", directory.ErrReadOnly)
	case refuses:
		return fmt.Errorf("%w: default_transaction_read_only is on", directory.ErrReadOnly)
	case copying:
		return ErrUnfinished
	}
	return migrations.CheckOldest(oldest)
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
