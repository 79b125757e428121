package foreign

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Folder is a folder with the given programs, and beside them what their package-lock.json names.
func Folder(t testing.TB, programs fs.FS) string {
	t.Helper()
	lock, err := fs.ReadFile(programs, "package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	packages := packagesOf(t, lock)
	folder := t.TempDir()
	if err := os.CopyFS(folder, programs); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// packagesOf is where tools/prereq.sh has put the packages of a package-lock.json.
func packagesOf(t testing.TB, lock []byte) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if os.Getuid() == 0 {
		cache, err = "/var/cache", nil
	}
	if err != nil {
		t.Skipf("there is no cache folder: %v", err)
	}
	digest := sha256.Sum256(lock)
	packages := filepath.Join(cache, "usher-test", "npm-"+hex.EncodeToString(digest[:8]), "node_modules")
	if _, err := os.Stat(packages); err != nil {
		t.Skip("the packages have not been fetched: tools/prereq.sh does it by npm, or says why it does not")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	return packages
}
