package postgres

import (
	"context"
	"fmt"
)

// Ping implements directory.Store. A newer Usher beside this one may have changed the schema meanwhile.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.Store.Ping(ctx); err != nil {
		return err
	}
	return s.Check(ctx)
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
