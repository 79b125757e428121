package storetest

import (
	"runtime/debug"
	"slices"
	"testing"
)

// SkipUnderRace skips a test that runs the suite once more, for another reason than races: the race detector, which makes it
// ten times as long, sees the suite anyway, in make test all but its lists. make test runs such a test without it.
func SkipUnderRace(t *testing.T) {
	t.Helper()
	if b, ok := debug.ReadBuildInfo(); ok && slices.Contains(b.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the suite runs under the race detector once; this test runs it again, and is to be run without")
	}
}
