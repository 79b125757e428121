package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/usher-scim/usher/internal/newfile"
	"github.com/usher-scim/usher/store/sqlite"
)

// restoreCmd makes a data folder of a backup. A member who was removed comes back by usher member restore.
type restoreCmd struct {
	File  string `arg:"" help:"Backup, as usher backup has written it."`
	Force bool   `help:"Restore into a folder that is not empty. Its database is kept beside the new one."`
}

// Help implements explainer.
func (c *restoreCmd) Help() string {
	return "Makes the data folder --data of a backup. The folder must be empty, and no server may run on it. The key that " +
		"the installation was made with has to be where it was: --key-file, USHER_KEY, or DIR.key. Give --public-url, under " +
		"which identity providers reach the server."
}

// restoreView is a restored folder for programs.
type restoreView struct {
	Data       string `json:"data"`
	Workspaces int    `json:"workspaces"`
	KeyOpens   bool   `json:"key_opens"`
	Key        string `json:"key"`
	Aside      string `json:"aside,omitempty"` // where the former database is
}

// replaced is what the files of the former database are called.
const replaced = ".before-restore"

// Run restores.
func (c *restoreCmd) Run(a *app) error {
	if err := a.onFolder(); err != nil {
		return err
	}
	if err := c.checkFlags(a); err != nil {
		return err
	}
	if isAny(databaseFiles(a.database()), c.File) {
		return &failure{err: fmt.Errorf("%s is the database of %s itself", c.File, a.Data), hint: "name a backup, or another folder with --data", status: exitUsage}
	}
	if err := sqlite.Examine(a.ctx, c.File); err != nil {
		return c.explain(err)
	}
	if err := c.checkRoom(a); err != nil {
		return err
	}
	unlock, err := a.lockFolder()
	if err != nil {
		return err
	}
	defer unlock()
	aside, err := c.replace(a)
	if err != nil {
		return err
	}
	if a.PublicURL != "" {
		public, err := a.knownPublicURL()
		if err != nil {
			return err
		}
		if err := a.recordPublicURL(nil, public); err != nil {
			return err
		}
	}
	v := restoreView{Data: a.Data, Key: a.keySource(), Aside: aside}
	if v.Workspaces, err = a.tryKey(); err != nil {
		return c.withoutKey(a, v, err)
	}
	v.KeyOpens = true
	text := fmt.Sprintf("Restored %s into %s (workspaces: %d). Serve it with: usher serve --data %s%s", c.File, v.Data, v.Workspaces, v.Data, a.keyFlag())
	return a.print(v, texts{line(text), c.asideLine(aside)})
}

// checkFlags looks at what the folder gets besides the backup, before anything is touched. A key that is not there yet may come
// later.
func (c *restoreCmd) checkFlags(a *app) error {
	if err := a.checkPublicFlag(); err != nil {
		return err
	}
	if _, err := a.loadKey(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// keyFlag is what a command line needs to find the key again. The public URL was recorded in the folder.
func (a *app) keyFlag() string {
	if a.KeyFile == "" || os.Getenv("USHER_KEY") != "" {
		return ""
	}
	return " --key-file " + a.KeyFile
}

// asideLine says where the former database is.
func (c *restoreCmd) asideLine(aside string) texts {
	if aside == "" {
		return nil
	}
	return texts{line("The database that was there is now " + aside + ". Delete it when it is not needed any more.")}
}

func (c *restoreCmd) explain(err error) error {
	switch {
	case errors.Is(err, sqlite.ErrNotUsher), errors.Is(err, fs.ErrNotExist):
		return hint(err, "name a file that usher backup has written")
	case errors.Is(err, sqlite.ErrNewerSchema):
		return hint(err, "restore it with the version that wrote it, or a newer one")
	}
	return hint(err, "take another backup: this one cannot be used")
}

// checkRoom makes the folder, or looks whether the database that is in it may be replaced.
func (c *restoreCmd) checkRoom(a *app) error {
	entries, err := os.ReadDir(a.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a.ensureFolder(true)
	case err != nil || len(entries) == 0:
		return err
	}
	if err := sqlite.CheckUnused(a.ctx, a.database()); err != nil {
		if errors.Is(err, sqlite.ErrInUse) {
			return a.inUse()
		}
		if !c.Force {
			return err
		}
	}
	if err := a.checkPutAside(); err != nil {
		return err
	}
	if !c.Force {
		return hint(fmt.Errorf("%s is not empty", a.Data), "restore into a new folder with --data, or replace what is there with --force")
	}
	if aside := a.database() + replaced; exists(aside) {
		return hint(fmt.Errorf("%s is there already, from an earlier restore", aside), "move it away or delete it")
	}
	return nil
}

// replace puts a copy of the backup into the place of the database, which stays there until the copy is whole.
func (c *restoreCmd) replace(a *app) (aside string, err error) {
	part, err := newfile.Create(a.database())
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
	}()
	if err := part.Close(); err != nil {
		return "", err
	}
	if err := a.copyDatabase(c.File, part.Name(), true); err != nil {
		return "", err
	}
	if exists(a.database()) {
		aside = a.database() + replaced
		if err := a.putAside(aside); err != nil {
			return "", err
		}
	}
	if err := os.Rename(part.Name(), a.database()); err != nil {
		return "", err
	}
	return aside, syncFolder(filepath.Clean(a.Data))
}

// putAside gives the database its second name. What SQLite keeps beside it goes there: with another database it would
// spoil that.
func (a *app) putAside(aside string) error {
	if err := os.Link(a.database(), aside); err != nil { // not every file system has links
		if err := os.Rename(a.database(), aside); err != nil {
			return err
		}
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Rename(a.database()+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// tryKey opens the folder as serve would, and counts what is in it.
func (a *app) tryKey() (workspaces int, err error) {
	err = a.with(false, func(f *folder) error {
		all, err := f.Workspaces(a.ctx)
		workspaces = len(all)
		return err
	})
	return workspaces, err
}

// withoutKey is the answer when the folder is there and cannot be opened yet.
func (c *restoreCmd) withoutKey(a *app, v restoreView, err error) error {
	if a.JSON {
		if err := printJSON(a.out, v); err != nil {
			return err
		}
	}
	advice := "put the key file of the installation that was backed up there, or name it with --key-file, then: usher doctor --data " + a.Data + a.keyFlag()
	if f, ok := errors.AsType[*failure](err); ok {
		advice = cmp.Or(f.hint, advice)
	}
	return hint(fmt.Errorf("%s is restored, but cannot be served yet: %w", a.Data, err), "%s", advice)
}
