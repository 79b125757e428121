package credential

import (
	"bytes"
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

// Derive makes the key of one purpose, which tells nothing of k or of the key of another purpose.
func (k Key) Derive(purpose string) [32]byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte("usher derived key\x00" + purpose))
	return [32]byte(mac.Sum(nil))
}

// A sealed secret is: format byte ‖ key id ‖ nonce ‖ AES-256-GCM ciphertext. The root and the name are associated
// data, so that a sealed value moved to another row does not open.
const (
	sealFormat = 1
	sealNonce  = 12
	sealHeader = 1 + 8 + sealNonce
)

// Seal encrypts a secret that must be read back, for the row of that root and name (X10).
func (k Key) Seal(root, name string, plain []byte) []byte {
	id := k.id()
	sealed := make([]byte, sealHeader, sealHeader+len(plain)+16)
	sealed[0] = sealFormat
	copy(sealed[1:], id[:])
	nonce := sealed[1+len(id) : sealHeader]
	_, _ = rand.Read(nonce)
	return k.aead().Seal(sealed, nonce, plain, sealedFor(root, name))
}

// Open decrypts what Seal made under the same key for the same row.
func (k Key) Open(root, name string, sealed []byte) ([]byte, error) {
	id := k.id()
	switch {
	case len(sealed) < sealHeader || sealed[0] != sealFormat:
		return nil, fmt.Errorf("secret %q of workspace %s is damaged", name, root)
	case !bytes.Equal(sealed[1:1+len(id)], id[:]):
		return nil, fmt.Errorf("secret %q of workspace %s was sealed under key %x, but the key in use is %x: "+
			"give the key that belongs to this database", name, root, sealed[1:1+len(id)], id)
	}
	plain, err := k.aead().Open(nil, sealed[1+len(id):sealHeader], sealed[sealHeader:], sealedFor(root, name))
	if err != nil {
		return nil, fmt.Errorf("secret %q of workspace %s is damaged or stands in the wrong row", name, root)
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
