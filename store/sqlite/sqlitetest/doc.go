// Package sqlitetest gives tests databases that need no migrations any more: those take most of a short test's time,
// under the race detector above all.
//
// It owns: one database per test binary, which is migrated once and copied for each test, and the options with which tests
// open it. It refuses: to open stores, which is the test's to do, as it wants them. Tests that are about how a file is made
// do without it.
package sqlitetest
