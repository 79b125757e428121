// Package sqlitetest gives tests databases that need no migrations any more: those take most of a short test's time,
// under the race detector above all.
//
// It owns: one database per test binary, which is migrated once and copied for each test. It refuses: to open stores, which
// is the test's to do, as it wants them. The tests of package sqlite do without it, since they are about how a file is made.
package sqlitetest
