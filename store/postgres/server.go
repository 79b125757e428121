package postgres

import (
	"context"
	"fmt"
)

// OldestRelease is the first one of PostgreSQL that Usher is tested with.
const OldestRelease = 15

// Server is what an operator should know of the server of a [Store].
type Server struct {
	// Version is the release in words, Release its first number.
	Version string
	Release int
	// MaxConnections is how many others than superusers may have; Connections how many the store opens at most.
	MaxConnections, Connections int
	// Durable is false where a commit is acknowledged before the disk has it (synchronous_commit), or the disk is not
	// waited for at all (fsync).
	Durable bool
	// Pooled tells that a pooler stands before it, and Chosen that the URL says how statements are sent.
	Pooled, Chosen bool
	// Bounded is false where the bounds on time that a session asks for do not hold: a pooler has swallowed them.
	Bounded bool
}

// Server asks for it.
func (s *Store) Server(ctx context.Context) (Server, error) {
	v := Server{Connections: s.opt.Connections, Pooled: s.address.pooled, Chosen: s.address.chosen}
	var bounded bool
	err := s.read.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		current_setting('synchronous_commit') <> 'off' AND current_setting('fsync')::bool,
		current_setting('statement_timeout') <> '0'`).
		Scan(&v.Version, &v.Release, &v.MaxConnections, &v.Durable, &bounded)
	if err != nil {
		return v, fmt.Errorf("postgres: %s: %w", s.address, err)
	}
	_, own := s.address.config.RuntimeParams["statement_timeout"]
	v.Bounded = v.Pooled || own || bounded
	return v, nil
}
