package credential_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory/internal/credential"
)

func TestSeal_X10(t *testing.T) {
	t.Parallel()
	key := credential.NewKey()
	sealed := key.Seal("root", "name", []byte("plain secret"))
	if bytes.Contains(sealed, []byte("plain secret")) {
		t.Error("X10: the secret is stored in the clear")
	}
	plain, err := key.Open("root", "name", sealed)
	if err != nil || string(plain) != "plain secret" {
		t.Errorf("opened is %q, %v", plain, err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for _, row := range []struct {
		what, root, name string
		sealed           []byte
	}{
		{"moved", "other", "name", sealed},
		{"renamed", "root", "other", sealed},
		{"shifted", "roo", "tname", sealed},
		{"cut off", "root", "name", sealed[:10]},
		{"flipped", "root", "name", flipped},
		{"empty", "root", "name", nil},
	} {
		if _, err := key.Open(row.root, row.name, row.sealed); err == nil {
			t.Errorf("a secret that is %s opens", row.what)
		}
	}
	other := credential.NewKey()
	_, err = other.Open("root", "name", sealed)
	for _, text := range []string{key.ID(), other.ID()} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("under another key: %v; it is to name %s", err, text)
		}
	}
}

func TestKey_Text(t *testing.T) {
	t.Parallel()
	key := credential.NewKey()
	if again, err := credential.ParseKey(" " + key.String() + "\n"); err != nil || again != key {
		t.Errorf("the text of a key reads as %v, %v", again, err)
	}
	for _, bad := range []string{"", "c2hvcnQ=", "not base64!"} {
		if _, err := credential.ParseKey(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("ParseKey(%q) = %v; want an error that does not repeat the text", bad, err)
		}
	}
}

func TestKey_DeriveTellsPurposesApart(t *testing.T) {
	t.Parallel()
	key := credential.NewKey()
	again, first, other := key, key.Derive("a"), key.Derive("b")
	if first != again.Derive("a") || first == other || first == [32]byte(key) {
		t.Error("derived keys are to be the same for one purpose only")
	}
}
