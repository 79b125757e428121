// Package postgrestest starts throw-away PostgreSQL servers for tests.
//
// It owns: finding the programs, one server per test binary, one database per test, and that nothing is left behind,
// also by a test that is killed. A server may listen on a port, have a standby that is promoted, crash and be frozen.
//
// It refuses: a server that somebody else has started, and durability (fsync is off).
//
// The folder of the programs initdb and postgres is USHER_TEST_POSTGRES, else that of postgres in PATH, else the newest
// of /usr/lib/postgresql. [StartFetched] starts another release, which tools/prereq.sh fetches. As PostgreSQL refuses to
// run as root, tests that do run it as the user postgres, or nobody.
package postgrestest
