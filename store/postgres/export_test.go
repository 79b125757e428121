package postgres

import (
	"context"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// AloneRows is how many rows a write may have that shares its transaction.
const AloneRows = aloneRows

// Write runs fn in a transaction.
func (s *Store) Write(ctx context.Context, rows int, fn func(*sqlstore.Tx) error) error {
	return s.writes.do(ctx, rows, fn)
}

// HoldWrites keeps small writes waiting until they are let go.
func (s *Store) HoldWrites() (release func()) { return hold(s.writes.lead) }

// WaitingWrites is how many wait.
func (s *Store) WaitingWrites() int { return s.writes.queued() }

// Lookup is the engine's.
func (s *Store) Lookup(query string, args []any) ([]sqlstore.Row, error) {
	return s.lookups.rows(query, args)
}

// HoldLookups keeps look-ups waiting until they are let go.
func (s *Store) HoldLookups() (release func()) { return hold(s.lookups.lead) }

// WaitingLookups is how many wait.
func (s *Store) WaitingLookups() int { return s.lookups.queued() }

func hold(lead chan struct{}) (release func()) {
	for range cap(lead) {
		lead <- struct{}{}
	}
	return func() {
		for range cap(lead) {
			<-lead
		}
	}
}
