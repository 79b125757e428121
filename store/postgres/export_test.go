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
func (s *Store) HoldWrites() (release func()) {
	for range cap(s.writes.lead) {
		s.writes.lead <- struct{}{}
	}
	return func() {
		for range cap(s.writes.lead) {
			<-s.writes.lead
		}
	}
}

// WaitingWrites is how many wait.
func (s *Store) WaitingWrites() int { return s.writes.queued() }

// Lookups is the store's gathering of look-ups.
func (s *Store) Lookups() func(query string, args []any) ([]sqlstore.Row, error) {
	return newLookups(s.read, s.opt).rows
}

// Leaders is how many ways to the server its look-ups take at once.
func (s *Store) Leaders() int { return leaders(s.opt.Connections / 2) }
