package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Key is one of ours, with the certificate by which the identity provider knows it.
type Key struct {
	Private     *rsa.PrivateKey
	Certificate *x509.Certificate
}

// Keys are ours at one connection: kept as its secret. One key for one purpose: what is decrypted must not be signed.
type Keys struct {
	Signing    *Key  // of requests and logout messages; nil: they are not signed
	Next       *Key  // of the same, once the identity provider knows it; nil: there is none
	Decryption []Key // of assertions: two while they change
}

// The comments in PEM by which keys are told apart.
const (
	purposeHeader     = "Purpose"
	purposeSigning    = "signing"
	purposeNext       = "next-signing"
	purposeDecryption = "decryption"
	keyType           = "PRIVATE KEY"
	certificateType   = "CERTIFICATE"
	maxKeys           = 4
	keyBits           = 3072
	keyYears          = 5
)

// GenerateKeys makes keys for both purposes, with certificates of their own.
func GenerateKeys(now time.Time) (Keys, error) {
	signing, err := generateKey(now)
	if err != nil {
		return Keys{}, err
	}
	decryption, err := generateKey(now)
	return Keys{Signing: &signing, Decryption: []Key{decryption}}, err
}

// Change makes the next keys. Those in use go on signing and decrypting; our metadata shows both, the next one for
// encryption first, as most identity providers take the first.
func (k Keys) Change(now time.Time) (Keys, error) {
	if k.Signing == nil && len(k.Decryption) == 0 {
		return GenerateKeys(now)
	}
	if k.Next != nil || len(k.Decryption) > 1 {
		return k, errors.New("the keys are in change already: the identity provider has to know the next ones, and then they can be switched to")
	}
	next, err := GenerateKeys(now)
	if err != nil {
		return k, err
	}
	return Keys{Signing: k.Signing, Next: next.Signing, Decryption: append(next.Decryption, k.Decryption...)}, nil
}

// Switch puts the next keys in the place of those in use, which are forgotten.
func (k Keys) Switch() (Keys, error) {
	if k.Next == nil || len(k.Decryption) == 0 {
		return k, errors.New("there are no next keys: make them, and let the identity provider know them first")
	}
	return Keys{Signing: k.Next, Decryption: k.Decryption[:1]}, nil
}

// NextKeys is the secret with the next keys beside those of a known one: the first of the two steps in which they change.
func NextKeys(known string, now time.Time) (string, error) {
	return stepped(known, func(k Keys) (Keys, error) { return k.Change(now) })
}

// SwitchKeys is the secret with the next keys alone: the second step.
func SwitchKeys(known string, _ time.Time) (string, error) { return stepped(known, Keys.Switch) }

func stepped(known string, step func(Keys) (Keys, error)) (string, error) {
	keys, err := ReadKeys(known)
	if err != nil {
		return "", err
	}
	after, err := step(keys)
	return after.Secret(), err
}

// SecretFor is the secret that rules need in the place of the known one; nil: that one will do. Signed requests need keys. What
// is left from before SAML is none of ours, whoever put it there: it goes with the change. before and after are the rules of
// the connection, nil where it had none.
func SecretFor(before, after *directory.SignIn, known string, now time.Time) (*string, error) {
	if !after.IsSAML() {
		return nil, nil
	}
	if !before.IsSAML() {
		known = ""
	}
	keys, err := ReadKeys(known)
	if err != nil || !after.SAML.SignRequests || keys.Signing != nil {
		return nil, err
	}
	keys, err = keys.Change(now)
	return new(keys.Secret()), err
}

// generating lets one key be made at a time: whoever asks for many keeps one processor busy.
var generating sync.Mutex

func generateKey(now time.Time) (Key, error) {
	generating.Lock()
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	generating.Unlock()
	if err != nil {
		return Key{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Key{}, err
	}
	draft := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Usher"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(keyYears, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, draft, draft, private.Public(), private)
	if err != nil {
		return Key{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	return Key{private, certificate}, err
}

// Secret is what [ReadKeys] reads: private keys, each followed by its certificate, in PEM.
func (k Keys) Secret() string {
	var b strings.Builder
	if k.Signing != nil {
		k.Signing.write(&b, purposeSigning)
	}
	if k.Next != nil {
		k.Next.write(&b, purposeNext)
	}
	for _, key := range k.Decryption {
		key.write(&b, purposeDecryption)
	}
	return b.String()
}

func (k Key) write(b *strings.Builder, purpose string) {
	der, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		return // it is an RSA key
	}
	_ = pem.Encode(b, &pem.Block{Type: keyType, Headers: map[string]string{purposeHeader: purpose}, Bytes: der})
	_ = pem.Encode(b, &pem.Block{Type: certificateType, Bytes: k.Certificate.Raw})
}

// ReadKeys reads what [Keys.Secret] has written. Nothing is no key.
func ReadKeys(secret string) (Keys, error) {
	var k Keys
	rest := []byte(secret)
	for range maxKeys {
		if len(strings.TrimSpace(string(rest))) == 0 {
			return k, nil
		}
		var private, certificate *pem.Block
		private, rest = pem.Decode(rest)
		certificate, rest = pem.Decode(rest)
		key, err := readKey(private, certificate)
		if err != nil {
			return Keys{}, err
		}
		switch private.Headers[purposeHeader] {
		case purposeSigning:
			k.Signing = &key
		case purposeNext:
			k.Next = &key
		case purposeDecryption:
			k.Decryption = append(k.Decryption, key)
		default:
			return Keys{}, errors.New("a key does not say whether it is for signing or for decryption")
		}
	}
	if len(strings.TrimSpace(string(rest))) > 0 {
		return Keys{}, fmt.Errorf("there are more than %d keys", maxKeys)
	}
	return k, nil
}

func readKey(private, certificate *pem.Block) (Key, error) {
	if private == nil || certificate == nil || private.Type != keyType || certificate.Type != certificateType {
		return Key{}, errors.New("the secret is not private keys in PEM, each followed by its certificate")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		return Key{}, errors.New("a private key cannot be read")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Key{}, errors.New("a private key is not one of RSA")
	}
	c, err := x509.ParseCertificate(certificate.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("a certificate cannot be read: %w", err)
	}
	if !key.PublicKey.Equal(c.PublicKey) {
		return Key{}, errors.New("a certificate is not that of the key before it")
	}
	return Key{key, c}, directory.CheckCertificate(c)
}
