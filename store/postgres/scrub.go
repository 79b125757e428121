package postgres

import (
	"context"
	"fmt"
)

// scrubbed are the tables that hold personal data.
var scrubbed = []string{
	"resource", "attribute", "claim", "member", "subject", "membership", "removal", "idempotency", "audit", "event", "request",
}

// scrub takes what was deleted out of the tables. It waits for nobody: what a transaction may still read stays until the
// next VACUUM. The write-ahead log keeps it until it is recycled.
func (s *Store) scrub(ctx context.Context) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, table := range scrubbed {
		if _, err := conn.ExecContext(ctx, "VACUUM "+table); err != nil {
			return fmt.Errorf("vacuum %s: %w", table, err)
		}
	}
	return nil
}
