package directory

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Key is the installation's 256-bit sealing key.
type Key [32]byte

// ParseKey reads a key in base64, as the environment or a key file holds it. It never repeats the text in an error.
func ParseKey(s string) (Key, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil {
		return Key{}, errors.New("the key is not base64: make one with `openssl rand -base64 32`")
	}
	if len(raw) != len(Key{}) {
		return Key{}, fmt.Errorf("the key has %d bytes, not 32: make one with `openssl rand -base64 32`", len(raw))
	}
	return Key(raw), nil
}

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails: crypto/rand ends the process instead
	return k
}

// String returns the key in base64, for the key file. It is a secret.
func (k Key) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// ID names the key without telling it.
func (k Key) ID() string {
	id := k.id()
	return hex.EncodeToString(id[:])
}

func (k Key) id() [8]byte {
	sum := sha256.Sum256(append([]byte("usher sealing key id\x00"), k[:]...))
	return [8]byte(sum[:8])
}

// derive makes the key of one purpose, which tells nothing of k or of the key of another purpose.
func (k Key) derive(purpose string) [32]byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte("usher derived key\x00" + purpose))
	return [32]byte(mac.Sum(nil))
}

// DeriveKey is the installation's key for one purpose outside the directory, such as sealing cursors. It is the same
// in every process that has the key, and tells nothing of it.
func (d *Directory) DeriveKey(purpose string) [32]byte { return d.key.derive("outside\x00" + purpose) }

// A sealed secret is: format byte ‖ key id ‖ nonce ‖ AES-256-GCM ciphertext. The root and the name are associated
// data, so that a sealed value moved to another row does not open.
const (
	sealFormat = 1
	sealNonce  = 12
	sealHeader = 1 + 8 + sealNonce
)

// seal encrypts a secret that must be read back (X10).
func (k Key) seal(root, name string, plain []byte) Secret {
	id := k.id()
	sealed := make([]byte, sealHeader, sealHeader+len(plain)+16)
	sealed[0] = sealFormat
	copy(sealed[1:], id[:])
	nonce := sealed[1+len(id) : sealHeader]
	_, _ = rand.Read(nonce)
	return Secret{Root: root, Name: name, Sealed: k.aead().Seal(sealed, nonce, plain, sealedFor(root, name))}
}

// open decrypts what seal made under the same key.
func (k Key) open(s Secret) ([]byte, error) {
	id := k.id()
	switch {
	case len(s.Sealed) < sealHeader || s.Sealed[0] != sealFormat:
		return nil, fmt.Errorf("secret %q of workspace %s is damaged", s.Name, s.Root)
	case !bytes.Equal(s.Sealed[1:1+len(id)], id[:]):
		return nil, fmt.Errorf("secret %q of workspace %s was sealed under key %x, but the key in use is %x: "+
			"give the key that belongs to this data folder", s.Name, s.Root, s.Sealed[1:1+len(id)], id)
	}
	plain, err := k.aead().Open(nil, s.Sealed[1+len(id):sealHeader], s.Sealed[sealHeader:], sealedFor(s.Root, s.Name))
	if err != nil {
		return nil, fmt.Errorf("secret %q of workspace %s is damaged or stands in the wrong row", s.Name, s.Root)
	}
	return plain, nil
}

func (k Key) aead() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // a Key has 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES blocks have 16 bytes
	}
	return aead
}

// sealedFor is the associated data: both texts with their lengths, so that no two pairs read the same.
func sealedFor(root, name string) []byte {
	ad := binary.AppendUvarint(nil, uint64(len(root)))
	ad = append(ad, root...)
	ad = binary.AppendUvarint(ad, uint64(len(name)))
	return append(ad, name...)
}

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
