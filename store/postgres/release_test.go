package postgres_test

import (
	"testing"

	"github.com/usher-scim/usher/store/postgres/postgrestest"
	"github.com/usher-scim/usher/store/storetest"
)

// TestRelease_Fetched runs the tests of this package on the PostgreSQL that tools/prereq.sh has fetched as well, but for
// those of PgBouncer, which knows no releases, of a frozen server, which measure time, and of a standby, for which it lacks
// the program.
func TestRelease_Fetched(t *testing.T) {
	t.Parallel()
	storetest.SkipUnderRace(t)
	postgrestest.TestFetched(t, "-test.skip", "PgBouncer|TestRelease|TestSilence|TestStandby")
}
