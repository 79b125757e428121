package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/usher-scim/usher/internal/newfile"
)

// newFile is a file that a command writes. A half one never looks whole, and what was there stays until the new one is.
type newFile struct {
	*os.File
	name    string // that it gets at the end; empty for a device or a pipe, which has its name
	replace bool   // what has the name then
}

// createFile begins a file, readable by its owner only.
func createFile(name string, replace bool) (*newFile, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &newFile{File: file}, err
	}
	file, err := newfile.Create(name)
	return &newFile{File: file, name: name, replace: replace}, err
}

// keep ends the file and gives it its name.
func (f *newFile) keep() error {
	if f.name == "" {
		return f.Close()
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.File.Name()))
	}
	if err := newfile.Publish(f.File.Name(), f.name, f.replace); err != nil {
		return errors.Join(isThere(f.name, err), os.Remove(f.File.Name()))
	}
	return nil
}

// drop ends the file and leaves nothing of it.
func (f *newFile) drop() {
	_ = f.Close()
	if f.name != "" {
		_ = os.Remove(f.File.Name())
	}
}

// claim looks at the name of a file before the work for it begins. What is there is replaced by force only, and what the
// installation itself lives in is never.
func (a *app) claim(name string, force bool) error {
	if a.isLive(name) {
		return misuse(fmt.Errorf("%s is a file of the installation itself", name), "name another file: this one is not replaced, by --force neither")
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(name); err == nil && !force {
			return isThere(name, fs.ErrExist) // a link to what is not
		}
		return checkParent(name)
	case err != nil:
		return err
	case info.IsDir():
		return hint(fmt.Errorf("%s is a folder", name), "name a file in it")
	case info.Mode().IsRegular() && !force:
		return isThere(name, fs.ErrExist)
	}
	return nil
}

// isThere tells people of fs.ErrExist; other errors stay as they are.
func isThere(name string, err error) error {
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return hint(fmt.Errorf("%s is there already", name), "name another file, or replace it with --force")
}

func checkParent(name string) error {
	dir := filepath.Dir(name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return hint(fmt.Errorf("there is no folder %s", dir), "make it first, or name a file in a folder that is there")
	}
	return nil
}

// isLive reports that the installation lives in the file: its database, with what SQLite keeps beside it, the one that a
// restore has put aside, its public URL, or its key.
func (a *app) isLive(name string) bool {
	live := []string{a.keyFile()}
	if a.Database == "" {
		live = append(live, filepath.Join(a.Data, publicURLName))
		live = append(live, databaseFiles(a.database())...)
		live = append(live, databaseFiles(a.database()+replaced)...)
	}
	return isAny(live, name)
}

// databaseFiles are a database with what SQLite keeps beside it.
func databaseFiles(database string) []string {
	return []string{database, database + "-wal", database + "-shm", database + "-journal"}
}

func isAny(files []string, name string) bool {
	return slices.ContainsFunc(files, func(file string) bool { return sameFile(name, file) })
}

// sameFile reports that two names are of one file, or would be once it is there.
func sameFile(a, b string) bool {
	one, errOne := os.Stat(a)
	two, errTwo := os.Stat(b)
	switch {
	case errOne == nil && errTwo == nil:
		return os.SameFile(one, two)
	case errOne == nil || errTwo == nil || filepath.Base(a) != filepath.Base(b):
		return false
	}
	one, errOne = os.Stat(filepath.Dir(a))
	two, errTwo = os.Stat(filepath.Dir(b))
	return errOne == nil && errTwo == nil && os.SameFile(one, two)
}
