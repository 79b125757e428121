package newfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-scim/usher/internal/newfile"
)

// part makes a part of name that holds the text.
func part(t *testing.T, name, text string) string {
	t.Helper()
	f, err := newfile.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func TestPublish_ReplacesOnlyWhenItMay(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "data")
	first, second, third := part(t, name, "first"), part(t, name, "second"), part(t, name, "third")
	holds := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%q %v, want %q", text, err, want)
		}
	}
	if err := newfile.Publish(first, name, false); err != nil {
		t.Fatal(err)
	}
	holds("first")
	if err := newfile.Publish(second, name, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, want %v", err, fs.ErrExist)
	}
	holds("first")
	if err := newfile.Publish(third, name, true); err != nil {
		t.Fatal(err)
	}
	holds("third")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}
