package main

import (
	"errors"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
)

// checkServer looks at a database elsewhere, and the key.
func (d *doctor) checkServer() {
	store, err := postgres.Open(d.ctx, d.Database, postgres.Options{})
	if err != nil {
		d.fail("database", hintOfOpen(err), "%v", err)
		d.notChecked()
		return
	}
	defer func() { _ = store.Close() }()
	d.ok("database", "%s answers, and its schema is known to this version", store.Address())
	d.checkSettings(store)
	dir, err := d.openSealed(store)
	if err != nil {
		d.fail("key", "set USHER_KEY, or name the file of the key that all replicas share with --key-file", "%v", err)
		return
	}
	d.ok("key", "%s opens what is sealed", d.keySource())
	d.checkWrites(dir)
	if d.PublicURL == "" {
		d.PublicURL, _ = dir.PublicURL(d.ctx) // without it the default is looked at
	}
	d.checkSignIn(dir)
}

// checkWrites asks as /readyz does.
func (d *doctor) checkWrites(dir *directory.Directory) {
	switch err := dir.Ready(d.ctx); {
	case errors.Is(err, directory.ErrReadOnly):
		d.fail("writes", postgres.HintReadOnly, "%v", err)
	case err != nil:
		d.fail("writes", noServer, "%v", err)
	default:
		d.ok("writes", "the server takes them")
	}
}

// otherConnections is what docs/scaling.md leaves to others.
const otherConnections = 20

// checkSettings looks at what the server is set to.
func (d *doctor) checkSettings(store *postgres.Store) {
	s, err := store.Server(d.ctx)
	if err != nil {
		d.fail("server", noServer, "%v", err)
		return
	}
	if s.Release < postgres.OldestRelease {
		d.warn("server", "upgrade it", "PostgreSQL %s: Usher is tested with %d and later", s.Version, postgres.OldestRelease)
	} else {
		d.ok("server", "PostgreSQL %s", s.Version)
	}
	d.checkConnections(s)
	if s.Durable {
		d.ok("durability", "a change is acknowledged when the server has it on disk")
	} else {
		d.warn("durability", "set synchronous_commit = on and fsync = on", "synchronous_commit or fsync is off: a crash of the server loses acknowledged changes")
	}
}

// checkConnections looks at how many there may be, and at what stands between.
func (d *doctor) checkConnections(s postgres.Server) {
	switch {
	case s.Pooled && !s.Chosen:
		d.warn("pooler", "let it keep prepared statements (PgBouncer: max_prepared_statements), and add default_query_exec_mode=cache_statement to the URL",
			"a pooler stands before the server: statements are parsed each time, at about twice the cost of a write")
	case s.Pooled:
		d.ok("pooler", "a pooler stands before the server, and the URL says how statements are sent")
	case !s.Bounded:
		d.warn("pooler", "take statement_timeout out of its ignore_startup_parameters, so that Usher knows it; else add default_query_exec_mode=cache_describe to the URL",
			"a pooler swallows the settings of a session: the server keeps no bounds on time")
	case s.Connections+otherConnections > s.MaxConnections:
		d.warn("connections", "set pool_max_conns=N in the URL, or raise max_connections: replicas × N + 20 ≤ max_connections",
			"a replica opens up to %d, and the server has %d", s.Connections, s.MaxConnections)
	default:
		d.ok("connections", "a replica opens up to %d, and the server has %d", s.Connections, s.MaxConnections)
	}
}
