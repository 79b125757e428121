package postgres_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/store/postgres/postgrestest"
	"github.com/usher-scim/usher/store/storetest"
)

// onlyHere are the tests that one release of PostgreSQL is enough for: they are about what stands around the store, and
// they take their time.
const onlyHere = "PgBouncer|TestFault|TestSilence|TestRelease"

// TestRelease_Fetched runs the tests of this package on the PostgreSQL that tools/prereq.sh has fetched as well.
func TestRelease_Fetched(t *testing.T) {
	t.Parallel()
	storetest.SkipUnderRace(t)
	if dir := os.Getenv(postgrestest.Variable); dir != "" {
		t.Skipf("%s asks for the release in %s alone", postgrestest.Variable, dir)
	}
	dir, err := postgrestest.Fetched()
	if err != nil {
		t.Skip(err)
	}
	args := []string{"-test.skip", onlyHere}
	if end, ok := t.Deadline(); ok {
		args = append(args, "-test.timeout", time.Until(end).String())
	}
	again := exec.CommandContext(t.Context(), os.Args[0], args...)
	again.Env = append(os.Environ(), postgrestest.Variable+"="+dir)
	out, err := again.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "PASS") {
		t.Errorf("on the release in %s: %v\n%s", dir, err, out)
	}
}
