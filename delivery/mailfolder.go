package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	gomail "github.com/wneessen/go-mail"
)

// folder gets a file of each mail, which mail programs open: for demonstrations and tests.
type folder string

// send implements postman. The name follows from the Message-ID, so that a mail that is sent again is the same file.
func (f folder) send(_ context.Context, m *gomail.Msg) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	id := sha256.Sum256([]byte(m.GetMessageID()))
	whole, err := os.CreateTemp(string(f), ".mail-*")
	if err != nil {
		return err
	}
	defer os.Remove(whole.Name())
	_, err = m.WriteTo(whole)
	if e := whole.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(whole.Name(), filepath.Join(string(f), hex.EncodeToString(id[:8])+".eml"))
}

// close implements postman.
func (f folder) close() {}
