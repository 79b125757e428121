package storetest

import (
	"testing"

	"github.com/usher-scim/usher/directory"
)

// Open returns an initialised and empty store, which is closed when the test ends.
type Open func(t *testing.T) directory.Store

// Run runs the suite against the stores that open returns.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"Workspaces", testWorkspaces},
		{"Connections", testConnections},
		{"Tokens", testTokens},
		{"Touch", testTouch},
		{"Subjects", testSubjects},
		{"Users", testUsers},
		{"Groups", testGroups},
		{"Members", testMembers},
		{"Atomicity", testAtomicity},
		{"Lists", testLists},
		{"Filters", testFilters},
		{"Logs", testLogs},
		{"Deletes", testDeletes},
		{"Concurrency", testConcurrency},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open)
		})
	}
}
