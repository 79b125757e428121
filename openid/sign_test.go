package openid

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// newSigners are keys that no directory has. They are made once: that takes a while.
func newSigners(t testing.TB) []directory.Signer {
	t.Helper()
	keys, err := someSigners()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

var (
	someSigners    = sync.OnceValues(makeSigners)
	foreignSigners = sync.OnceValues(makeSigners)
)

func makeSigners() ([]directory.Signer, error) {
	r, err1 := rsa.GenerateKey(rand.Reader, 2048)
	e, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return []directory.Signer{
		{ID: "rsa-1", Algorithm: directory.AlgorithmRS256, Key: r, Signs: true},
		{ID: "ec-1", Algorithm: directory.AlgorithmES256, Key: e, Signs: true},
	}, errors.Join(err1, err2)
}

// handmade is a token that a forger puts together.
func handmade(t testing.TB, header, claims map[string]any, sign func(text []byte) []byte) string {
	t.Helper()
	part := func(value map[string]any) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(header) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func TestVerify_OwnTokensOnly(t *testing.T) {
	t.Parallel()
	keys := newSigners(t)
	foreign, err := foreignSigners()
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"iss": "https://id.example", "sub": "ada"}
	public, err := x509.MarshalPKIXPublicKey(keys[0].Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	made := func(key directory.Signer, typ string) string {
		text, err := sign(key, typ, claims)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	byHMAC := func(secret []byte) func([]byte) []byte {
		return func(text []byte) []byte {
			mac := hmac.New(sha256.New, secret)
			mac.Write(text)
			return mac.Sum(nil)
		}
	}
	byRSA := func(text []byte) []byte {
		sum := sha256.Sum256(text)
		signature, err := keys[0].Key.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	genuine := made(keys[0], typeID)
	for _, row := range []struct {
		name, text string
		ours       bool
	}{
		{"RS256", genuine, true},
		{"ES256", made(keys[1], typeID), true},
		{"a logout token", made(keys[0], typeLogout), false},
		{"none", handmade(t, map[string]any{"alg": "none", "typ": "JWT", "kid": "rsa-1"}, claims, func([]byte) []byte { return nil }), false},
		{"HS256 under the public key", handmade(t, map[string]any{"alg": "HS256", "typ": "JWT", "kid": "rsa-1"}, claims, byHMAC(public)), false},
		{"ES256 under the name of the RSA key", made(directory.Signer{ID: "rsa-1", Algorithm: "ES256", Key: foreign[1].Key}, typeID), false},
		{"PS256 is not made here", handmade(t, map[string]any{"alg": "PS256", "typ": "JWT", "kid": "rsa-1"}, claims, byRSA), false},
		{"a foreign key under our name", made(directory.Signer{ID: "rsa-1", Algorithm: "RS256", Key: foreign[0].Key}, typeID), false},
		{"a key that was never ours", made(directory.Signer{ID: "rsa-2", Algorithm: "RS256", Key: foreign[0].Key}, typeID), false},
		{"no key id", handmade(t, map[string]any{"alg": "RS256", "typ": "JWT"}, claims, byRSA), false},
		{"no type", handmade(t, map[string]any{"alg": "RS256", "kid": "rsa-1"}, claims, byRSA), false},
		{"cut off", genuine[:len(genuine)-2], false},
		{"nothing", "", false},
		{"dots", "..", false},
	} {
		var read hintClaims
		if err := verify(keys, typeID, row.text, &read); (err == nil) != row.ours {
			t.Errorf("%s: verified %t, %v", row.name, err == nil, err)
		}
	}
}

// FuzzVerify: whatever comes as a hint, nothing but what was signed here verifies.
func FuzzVerify(f *testing.F) {
	keys := newSigners(f)
	for _, key := range keys {
		text, err := sign(key, typeID, map[string]any{"iss": "https://id.example", "sub": "ada", "aud": "app"})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(`{"payload":"e30","signatures":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var read hintClaims
		if verify(keys, typeID, text, &read) == nil && read.Subject != "ada" {
			t.Errorf("%q verifies", text)
		}
	})
}

func TestPublicKeys_TellNothingPrivate(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(publicKeys(newSigners(t)))
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) != 2 {
		t.Fatalf("%d keys, %v", len(set.Keys), err)
	}
	for _, key := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if key[private] != nil {
				t.Errorf("key %v tells %s", key["kid"], private)
			}
		}
		if key["kid"] == "" || key["alg"] == "" || key["use"] != "sig" {
			t.Errorf("key %v has no kid, alg or use", key)
		}
	}
}
