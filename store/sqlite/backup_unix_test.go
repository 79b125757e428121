//go:build unix

package sqlite_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/usher-scim/usher/store/sqlite"
)

// The test runs itself with this one set, and with a bound on the size of files: a disk that takes no more.
const backupOf = "USHER_TEST_BACKUP_OF"

// A copy for which there is no room leaves nothing, and is told in one sentence.
func TestBackup_WithoutRoom(t *testing.T) {
	if from := os.Getenv(backupOf); from != "" {
		signal.Ignore(syscall.SIGXFSZ)
		err := sqlite.Backup(t.Context(), from, filepath.Join(filepath.Dir(from), "saved.db"), false, nil)
		t.Fatalf("told: %v (%t)", err, isTold(err))
	}
	t.Parallel()
	path := made(t)
	c := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 200 && exec "$0" -test.run '^TestBackup_WithoutRoom$'`, os.Args[0])
	c.Env = append(os.Environ(), backupOf+"="+path)
	out, err := c.CombinedOutput()
	want := "told: sqlite: " + filepath.Join(filepath.Dir(path), "saved.db") + " cannot be written: its disk fails (code 778 of SQLite) (true)\n"
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "saved.db*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func isTold(err error) bool {
	told, ok := errors.AsType[*sqlite.Error](err)
	return ok && told.Hint != ""
}
