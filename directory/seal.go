package directory

import (
	"context"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// Key is the installation's 256-bit sealing key.
type Key = credential.Key

// ParseKey reads a key in base64, as the environment or a key file holds it. It never repeats the text in an error.
func ParseKey(s string) (Key, error) { return credential.ParseKey(s) }

// NewKey makes a random key.
func NewKey() Key { return credential.NewKey() }

// DeriveKey is the installation's key for one purpose outside the directory, such as sealing cursors. It is the same
// in every process that has the key, and tells nothing of it.
func (d *Directory) DeriveKey(purpose string) [32]byte { return d.key.Derive("outside\x00" + purpose) }

// seal encrypts a secret that must be read back (X10).
func (d *Directory) seal(root, name string, plain []byte) Secret {
	return Secret{Root: root, Name: name, Sealed: d.key.Seal(root, name, plain)}
}

// open decrypts what seal made under the same key.
func (d *Directory) open(s Secret) ([]byte, error) { return d.key.Open(s.Root, s.Name, s.Sealed) }

// CheckKey reports whether the configured key opens what the store holds.
func (d *Directory) CheckKey(ctx context.Context) error {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if _, err := d.tombstoneKey(ctx, w.Root); err != nil {
			return err
		}
	}
	return nil
}
