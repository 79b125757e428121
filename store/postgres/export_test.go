package postgres

import "github.com/usher-scim/usher/store/internal/sqlstore"

// Lookups is the store's gathering of look-ups.
func (s *Store) Lookups() func(query string, args []any) ([]sqlstore.Row, error) {
	return newLookups(s.read, s.opt).rows
}

// Leaders is how many ways to the server its look-ups take at once.
func (s *Store) Leaders() int { return leaders(s.opt.Connections / 2) }
