package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// keyFile is where the sealing key is when USHER_KEY does not hold it: beside the data folder, so that a copy of the
// folder alone opens no secret.
func (a *app) keyFile() string {
	if a.KeyFile != "" {
		return a.KeyFile
	}
	return filepath.Clean(a.Data) + ".key"
}

// keySource names where the key comes from, for people.
func (a *app) keySource() string {
	if os.Getenv("USHER_KEY") != "" {
		return "USHER_KEY"
	}
	return a.keyFile()
}

// loadKey reads the sealing key.
func (a *app) loadKey() (directory.Key, error) {
	text := os.Getenv("USHER_KEY")
	if text == "" {
		data, err := os.ReadFile(a.keyFile())
		if err != nil {
			return directory.Key{}, err
		}
		text = string(data)
	}
	key, err := directory.ParseKey(strings.TrimSpace(text))
	if err != nil {
		return key, hint(fmt.Errorf("%s: %w", a.keySource(), err), "a key is 32 bytes in base64; %s", a.otherKey())
	}
	return key, nil
}

// otherKey says what to do when the key is not the one that belongs to the rows.
func (a *app) otherKey() string {
	what, _ := a.rows()
	return "restore the key that this " + what + " was made with: --key-file FILE or USHER_KEY"
}

// ensureKey is loadKey that makes a key file at first use. It never does so for a database that was sealed under
// another key.
func (a *app) ensureKey() (directory.Key, error) {
	key, err := a.loadKey()
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if _, err := os.Stat(a.database()); err == nil {
		if key, err := a.loadKey(); !errors.Is(err, fs.ErrNotExist) {
			return key, err // another command has just made both
		}
		return key, hint(fmt.Errorf("the key file %s is missing, and %s was sealed under it", a.keyFile(), a.Data),
			"restore the file from your backup, name it with --key-file, or set USHER_KEY")
	}
	if err := writeNewKey(a.keyFile()); err != nil && !errors.Is(err, fs.ErrExist) {
		return key, fmt.Errorf("make a key file: %w", err)
	}
	return a.loadKey()
}

// writeNewKey makes the file whole and only if there is none: two commands that start at once end with one key.
func writeNewKey(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".usher-key-*") // made 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, directory.NewKey().String())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name in the folder survive power loss.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
