package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
)

// checkFolder looks at what lies on this machine.
func (d *doctor) checkFolder() {
	if d.Database != "" {
		d.checkServer()
		return
	}
	info, err := os.Stat(d.Data)
	switch {
	case d.Data == "":
		d.fail("folder", "name a data folder, or give neither for usher-data", "--data or USHER_DATA is empty")
		return
	case errors.Is(err, fs.ErrPermission):
		d.fail("folder", notOwner, "%v", err)
		return
	case err != nil || !info.IsDir():
		d.fail("folder", "name it with --data or USHER_DATA; usher serve makes it", "there is no data folder at %s", d.Data)
		return
	}
	d.ok("folder", "%s", d.Data)
	d.checkPermissions()
	d.checkDisk()
	d.checkDatabase()
}

// checkPermissions: what the folder holds is people's data, what the key file holds opens their secrets.
func (d *doctor) checkPermissions() {
	files := []struct {
		path string
		mode fs.FileMode
	}{
		{d.Data, 0o700}, {d.database(), 0o600}, {d.database() + "-wal", 0o600}, {d.database() + "-shm", 0o600}, {d.keyFile(), 0o600},
	}
	open := false
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil {
			continue // missing files are other checks' business
		}
		if extra := info.Mode().Perm() &^ f.mode; extra != 0 {
			open = true
			d.fail("permissions", fmt.Sprintf("chmod %o %s", f.mode, f.path), "%s is %o: others can reach it", f.path, info.Mode().Perm())
		}
	}
	if !open {
		d.ok("permissions", "the folder, the database and the key are the owner's alone")
	}
}

// Bounds of free space: below the first it is time to act, below the second writes are about to fail.
const (
	lowSpace  = 1 << 30
	noSpace   = 100 << 20
	slowFsync = 100 * time.Millisecond
)

// checkDisk writes a file and waits until the disk has it: this is what each acknowledged change costs.
func (d *doctor) checkDisk() {
	took, err := trySync(d.Data)
	switch {
	case err != nil:
		d.fail("disk", "check the mount, the owner of the folder and the quota", "cannot write durably to %s: %v", d.Data, err)
	case took > slowFsync:
		d.warn("disk", "use a disk that is not shared over a network, or expect slow writes", "syncing a small file took %s", took.Round(time.Millisecond))
	default:
		d.ok("disk", "writable, a small file is durable after %s", took.Round(10*time.Microsecond))
	}
	free, err := freeSpace(d.Data)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		d.warn("space", "", "free space is unknown: %v", err)
	case free < noSpace:
		d.fail("space", "make room now: without it changes are refused", "%d MiB left", free>>20)
	case free < lowSpace:
		d.warn("space", "make room", "%d MiB left", free>>20)
	default:
		d.ok("space", "%d GiB left", free>>30)
	}
}

func trySync(folder string) (time.Duration, error) {
	f, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	start := time.Now()
	_, err = f.WriteString("doctor\n")
	err = errors.Join(err, f.Sync())
	took := time.Since(start)
	return took, errors.Join(err, f.Close())
}

// checkDatabase looks at the schema and the key. It makes nothing that is missing.
func (d *doctor) checkDatabase() {
	if err := d.checkPutAside(); err != nil {
		f, _ := errors.AsType[*failure](err)
		d.fail("schema", f.hint, "%v", err)
		return
	}
	if _, err := os.Stat(d.database()); errors.Is(err, fs.ErrNotExist) {
		d.warn("schema", "usher serve or usher workspace create make it", "there is no database yet")
		return
	}
	store, err := sqlite.Open(d.ctx, d.database(), sqlite.Options{Log: d.log})
	if err != nil {
		d.fail("schema", hintOfFile(err), "%v", err)
		d.notChecked()
		return
	}
	defer func() { _ = store.Close() }()
	if err := store.Check(d.ctx); err != nil {
		d.fail("schema", hintOfFile(err), "%v", err)
		d.notChecked()
		return
	}
	d.ok("schema", "known to this version, and the file is whole")
	dir, err := d.openSealed(store)
	if err != nil {
		d.fail("key", d.otherKey(), "%v", err)
		return
	}
	d.ok("key", "%s opens what is sealed", d.keySource())
	d.checkSignIn(dir)
}

// What to do about a database file that cannot be used.
const (
	damaged   = "run the newest usher that ever served this folder, or restore a backup"
	notOwner  = "run usher as the owner of the folder and of all files in it, and see that its disk is not read-only"
	otherHas  = "a command has it to itself, such as usher migrate copy: look again when that has ended"
	diskFails = "see that the disk has room and no errors"
)

// hintOfFile says what to do about an error of SQLite. A file that only cannot be read now is no damaged one.
func hintOfFile(err error) string {
	const busy, readOnly, inputOutput, full, cannotOpen = 5, 8, 10, 13, 14
	code := 0
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		code = e.Code() & 0xff // the rest says more of the same
	}
	switch {
	case errors.Is(err, fs.ErrPermission), code == readOnly, code == cannotOpen:
		return notOwner
	case code == busy:
		return otherHas
	case code == inputOutput, code == full:
		return diskFails
	}
	return damaged
}

// notChecked says what could not be looked at.
func (d *doctor) notChecked() {
	d.warn("key", "", "not checked, and sign-in neither: for that the database has to be usable")
}

// openSealed opens the directory in a database, if the key opens its secrets.
func (a *app) openSealed(store directory.Store) (*directory.Directory, error) {
	key, err := a.loadKey()
	if err != nil {
		return nil, err
	}
	dir, err := directory.New(directory.Config{Store: store, Key: key, Log: a.log, Now: a.now})
	if err != nil {
		return nil, err
	}
	return dir, dir.CheckKey(a.ctx)
}
