package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
		return misuse(fmt.Errorf("%s is the database of %s itself", c.File, a.Data), "name a backup, or another folder with --data")
	}
	if err := sqlite.Examine(a.ctx, c.File); err != nil {
		return c.explain(err)
	}
	unlock, err := a.lockFolder()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.checkRoom(a); err != nil {
		return err
	}
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

// checkRoom looks whether the folder is empty, or its database may be replaced.
func (c *restoreCmd) checkRoom(a *app) error {
	entries, err := os.ReadDir(a.Data)
	if err != nil || len(entries) == 0 {
		return err
	}
	if err := a.checkUnused(a.database()); err != nil && (!c.Force || errors.Is(err, sqlite.ErrInUse)) {
		return err
	}
	if err := a.checkPutAside(); err != nil {
		return err
	}
	if !c.Force {
		return hint(fmt.Errorf("%s is not empty", a.Data), "restore into a new folder with --data, or replace what is there with --force")
	}
	for _, aside := range databaseFiles(a.database() + replaced) {
		if exists(aside) {
			return hint(fmt.Errorf("%s is there already, from an earlier restore", aside), "move it away or delete it")
		}
	}
	return nil
}

// checkUnused refuses a database that another process has open.
func (a *app) checkUnused(database string) error {
	err := sqlite.CheckUnused(a.ctx, database)
	if errors.Is(err, sqlite.ErrInUse) {
		return hint(fmt.Errorf("%s is in use: %w", a.Data, err), "stop the server and the commands there first, or name another folder with --data")
	}
	return err
}

// replace puts a copy of the backup into the place of the database, which stays there until the copy is whole.
func (c *restoreCmd) replace(a *app) (aside string, err error) {
	beside, err := os.MkdirTemp(a.Data, "restore-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(beside)
	whole := filepath.Join(beside, sqlite.FileName)
	if err := a.copyDatabase(c.File, whole, false); err != nil {
		return "", err
	}
	if !exists(a.database()) {
		return "", a.putInPlace(whole)
	}
	aside = a.database() + replaced
	if err := a.putAside(aside); err != nil {
		return "", err
	}
	if err := a.putInPlace(whole); err != nil {
		return "", errors.Join(err, moveDatabase(aside, a.database()))
	}
	return aside, nil
}

// putAside gives the database another name, unless somebody has it open, or opened it at the last moment: what they write would
// be in no database any more.
func (a *app) putAside(aside string) error {
	if err := a.checkUnused(a.database()); errors.Is(err, sqlite.ErrInUse) {
		return err
	}
	if err := os.Rename(a.database(), aside); err != nil {
		return err
	}
	if err := a.checkUnused(aside); errors.Is(err, sqlite.ErrInUse) {
		return errors.Join(err, os.Rename(aside, a.database()))
	}
	return moveDatabase(a.database(), aside)
}

// moveDatabase gives what is there of a database's files the names that belong to another one. The database is first: without
// it the others are nothing, but it is less without them.
func moveDatabase(from, to string) error {
	names := databaseFiles(to)
	for i, name := range databaseFiles(from) {
		if err := os.Rename(name, names[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (a *app) putInPlace(whole string) error {
	if err := os.Rename(whole, a.database()); err != nil {
		return err
	}
	return syncFolder(filepath.Clean(a.Data))
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
