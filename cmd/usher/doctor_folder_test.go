package main

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/usher-scim/usher/store/sqlite"
)

// codeError is an error of SQLite.
type codeError int

func (e codeError) Error() string { return fmt.Sprint("code ", int(e)) }
func (e codeError) Code() int     { return int(e) }

// A file that cannot be read now is whole: only one that is damaged is to be replaced by a backup.
func TestDoctor_HintOfFile(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: "usher.db", Err: fs.ErrPermission}, notOwner},
		{codeError(8 | 6<<8), notOwner}, // SQLITE_READONLY_DBMOVED is one of its kind
		{codeError(14), notOwner},
		{codeError(5), otherHas},
		{codeError(10 | 1<<8), diskFails},
		{codeError(13), diskFails},
		{codeError(11), damaged},
		{codeError(26), damaged},
		{sqlite.ErrNewerSchema, damaged},
		{errors.New("is damaged"), damaged},
	} {
		if got := hintOfFile(fmt.Errorf("sqlite: usher.db: %w", row.err)); got != row.want {
			t.Errorf("%v: %s", row.err, got)
		}
	}
}
