package sqlite

import (
	"context"
	"fmt"
)

// Ping implements directory.Store. A newer Usher beside this one may have changed the schema meanwhile.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.Store.Ping(ctx); err != nil {
		return err
	}
	if err := s.writer.writable(ctx); err != nil {
		return err
	}
	if err := migrations.Check(ctx, s.read); err != nil {
		return fmt.Errorf("sqlite: %s: %w", s.path, err)
	}
	return nil
}
