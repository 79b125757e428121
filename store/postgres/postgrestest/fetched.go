package postgrestest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ErrNotFetched says that tools/prereq.sh has not fetched a PostgreSQL. Tests that need it are skipped.
var ErrNotFetched = errors.New("no PostgreSQL was fetched: tools/prereq.sh does it by npm, or says why it does not")

// Fetched is the folder of the programs of the PostgreSQL that tools/prereq.sh has fetched: a newer one than that of the
// system. Tests that are to run on it too are run again with [Variable] set to the folder.
func Fetched() (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	found, _ := filepath.Glob(filepath.Join(cache, "usher-test", "postgres-*", "native", "bin"))
	if len(found) == 0 {
		return "", ErrNotFetched
	}
	return found[len(found)-1], nil
}

// TestFetched runs the test binary once more, with arguments that choose tests, on the PostgreSQL that was fetched.
func TestFetched(t *testing.T, args ...string) {
	t.Helper()
	if dir := os.Getenv(Variable); dir != "" {
		t.Skipf("%s asks for the release in %s alone", Variable, dir)
	}
	dir, err := Fetched()
	if err != nil {
		t.Skip(err)
	}
	if end, ok := t.Deadline(); ok {
		args = append(args, "-test.timeout", time.Until(end).String())
	}
	again := exec.CommandContext(t.Context(), os.Args[0], args...)
	again.Env = append(os.Environ(), Variable+"="+dir)
	out, err := again.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "PASS") {
		t.Errorf("on the release in %s: %v\n%s", dir, err, out)
	}
}

// StartFetched starts a server of that PostgreSQL.
func StartFetched(settings ...string) (*Server, error) {
	return start(Fetched, 0, initdb, settings)
}

// cacheFolder is where tools/prereq.sh puts what it fetches. For root it is one that also others may read, as the
// servers of root's tests run as another user.
func cacheFolder() (string, error) {
	if os.Getuid() == 0 {
		return "/var/cache", nil
	}
	return os.UserCacheDir()
}
