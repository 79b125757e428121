package newfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes a file beside name, readable by its owner only, for what is to become name. Nobody else has the name that
// it gets, so two who write to one name do not meet.
func Create(name string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part") // made 0600
}

// Publish gives the finished part its name. What is there is replaced only if replace is set, else the error is
// [fs.ErrExist]: also when it came while the part was written.
func Publish(part, name string, replace bool) error {
	if replace {
		return os.Rename(part, name)
	}
	err := os.Link(part, name)
	if err == nil {
		return os.Remove(part)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	// Not every file system has links.
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "publish", Path: name, Err: cmp.Or(err, fs.ErrExist)}
	}
	return os.Rename(part, name)
}
