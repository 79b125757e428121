package postgres

import (
	"context"
	"database/sql"
	"fmt"
)

// scrubbed are the tables that hold personal data.
var scrubbed = []string{
	"resource", "attribute", "claim", "member", "subject", "membership", "removal", "idempotency", "audit", "event", "request",
}

// scrub takes what was deleted out of the tables. It waits for nobody: what a transaction may still read stays until the
// next VACUUM. The write-ahead log keeps it until it is recycled. A large table takes longer than a request may, so it has
// a connection of its own.
func (s *Store) scrub(ctx context.Context) error {
	db := sql.OpenDB(s.address.unbounded())
	defer db.Close()
	for _, table := range scrubbed {
		if _, err := db.ExecContext(ctx, "VACUUM "+table); err != nil {
			return fmt.Errorf("vacuum %s: %w", table, err)
		}
	}
	return nil
}
