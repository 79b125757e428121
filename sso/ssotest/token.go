package ssotest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"sync"
)

// Token is a token that is about to be signed. A test may change all of it.
type Token struct {
	Header map[string]any
	Claims map[string]any
	// Sign makes the signature of header and claims.
	Sign func(input []byte) []byte
}

// String is the token in compact form (RFC 7515 §7.1).
func (t *Token) String() string {
	text, err := json.Marshal(t.Claims)
	if err != nil {
		panic(err) // a test has put something into a token that is no JSON
	}
	return t.SignText(string(text))
}

// SignText is a token whose claims are that text, JSON or not.
func (t *Token) SignText(claims string) string {
	header, err := json.Marshal(t.Header)
	if err != nil {
		panic(err) // likewise
	}
	input := text64(header) + "." + text64([]byte(claims))
	return input + "." + text64(t.Sign([]byte(input)))
}

// Use signs with a key, and says so in the header.
func (t *Token) Use(k *Key) {
	t.Header["alg"], t.Header["kid"] = k.Algorithm, k.ID
	t.Sign = k.sign
}

// UseSecret signs by HS256.
func (t *Token) UseSecret(secret []byte) {
	t.Header["alg"] = "HS256"
	t.Sign = func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

// Unsigned leaves the signature empty and says alg none.
func (t *Token) Unsigned() {
	t.Header["alg"] = "none"
	t.Sign = func([]byte) []byte { return nil }
}

// Key is a signing key.
type Key struct {
	ID        string
	Algorithm string // ES256 or RS256
	signer    crypto.Signer
}

// NewKey makes a key for ES256.
func NewKey(id string) *Key {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return &Key{ID: id, Algorithm: "ES256", signer: key}
}

// rsaKey takes long to make: one is enough.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return key
})

// NewRSAKey returns the one key for RS256, under an id.
func NewRSAKey(id string) *Key { return &Key{ID: id, Algorithm: "RS256", signer: rsaKey()} }

// sign makes a signature in the form of RFC 7518 §3.
func (k *Key) sign(input []byte) []byte {
	sum := sha256.Sum256(input)
	switch key := k.signer.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			return nil
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature
	default:
		signature, _ := k.signer.Sign(rand.Reader, sum[:], crypto.SHA256)
		return signature
	}
}

// Public is the public half of the key.
func (k *Key) Public() crypto.PublicKey { return k.signer.Public() }

// JWK is the public half as a JSON Web Key (RFC 7517).
func (k *Key) JWK() map[string]any {
	jwk := map[string]any{"kid": k.ID, "alg": k.Algorithm, "use": "sig"}
	switch public := k.signer.Public().(type) {
	case *ecdsa.PublicKey:
		point, _ := public.Bytes() // 4 ‖ x ‖ y
		jwk["kty"], jwk["crv"] = "EC", "P-256"
		jwk["x"], jwk["y"] = text64(point[1:33]), text64(point[33:])
	case *rsa.PublicKey:
		jwk["kty"], jwk["n"] = "RSA", text64(public.N.Bytes())
		jwk["e"] = text64(big.NewInt(int64(public.E)).Bytes())
	}
	return jwk
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
