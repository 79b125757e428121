package storetest

import (
	"testing"

	"github.com/usher-scim/usher/directory"
)

// Open returns an initialised and empty store, which is closed when the test ends.
type Open func(t *testing.T) directory.Store

// promise is one thing that every store keeps, and how to see that it does.
type promise struct {
	text string
	see  func(*place)
}

// Run runs the suite against the stores that open returns.
func Run(t *testing.T, open Open) {
	t.Helper()
	run(t, open, []group{
		{"Workspaces", promisedWorkspaces},
		{"Connections", promisedConnections},
		{"Tokens", promisedTokens},
		{"Touch", promisedTouch},
		{"Subjects", promisedSubjects},
		{"Kinds", promisedKinds},
		{"Tree", promisedTree},
		{"People", promisedPeople},
		{"Operation", promisedOperation},
		{"SignIn", promisedSignIn},
		{"Sessions", promisedSessions},
		{"Users", promisedUsers},
		{"Groups", promisedGroups},
		{"Members", promisedMembers},
		{"Atomicity", promisedAtomicity},
		{"Lists", promisedLists},
		{"Filters", promisedFilters},
		{"Parts", promisedParts},
		{"Sorts", promisedSorts},
		{"Cursors", promisedCursors},
		{"Declarations", promisedDeclarations},
		{"Resources", promisedResources},
		{"Claims", promisedClaims},
		{"Rewrites", promisedRewrites},
		{"Logs", promisedLogs},
		{"Deletes", promisedDeletes},
		{"Waiting", promisedWaiting},
		{"Concurrency", promisedConcurrency},
	})
}

// RunParts runs the promises of lists whose filters may look for parts of texts.
func RunParts(t *testing.T, open Open) {
	t.Helper()
	run(t, open, []group{{"Parts", promisedParts}, {"Filters", promisedFilters}, {"Sorts", promisedSorts}, {"Cursors", promisedCursors}})
}

type group struct {
	name     string
	promises []promise
}

func run(t *testing.T, open Open, groups []group) {
	t.Helper()
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range group.promises {
				t.Run(p.text, func(t *testing.T) {
					t.Parallel()
					p.see(newPlace(t, open(t)))
				})
			}
		})
	}
}

// RunShared runs the promises that hold between two stores on one database, as between a server and the command
// line beside it.
func RunShared(t *testing.T, open func(t *testing.T) (a, b directory.Store)) {
	t.Helper()
	for _, p := range promisedShared {
		t.Run(p.text, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			mine := newPlace(t, a)
			theirs := *mine
			theirs.store = b
			p.see(mine, &theirs)
		})
	}
}
