package postgrestest

import (
	"errors"
	"os"
	"path/filepath"
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
