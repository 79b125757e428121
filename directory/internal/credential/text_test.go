package credential_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory/internal/credential"
)

const root = "0123456789"

func TestKind_TextNamesKindAndRoot(t *testing.T) {
	t.Parallel()
	for _, k := range []credential.Kind{credential.Bearer, credential.Secret, credential.APIKey} {
		text := k.New(root)
		if form := regexp.MustCompile(`^` + string(k) + `[0-9a-v]{10}_[0-9a-v]{32}_[0-9a-v]{7}$`); !form.MatchString(text) {
			t.Errorf("%q is not of the form %s", text, form)
		}
		for _, other := range []credential.Kind{credential.Bearer, credential.Secret, credential.APIKey} {
			got, ok := other.Root(text)
			if ok != (other == k) || ok && got != root {
				t.Errorf("%q as a credential of %s has the root %q, %t", text, other, got, ok)
			}
		}
	}
}

// The constant that keeps a state from growing counts as the text is made.
func TestState_IsARelayState(t *testing.T) {
	t.Parallel()
	if text := credential.State.New(root); len(root) != credential.RootLength || len(text) > 80 {
		t.Errorf("the state %q has %d bytes", text, len(text))
	}
}

func TestKind_OnlyAPIKeysAreOfAnyRoot(t *testing.T) {
	t.Parallel()
	if got, ok := credential.APIKey.Root(credential.APIKey.New(credential.AnyRoot)); !ok || got != credential.AnyRoot {
		t.Errorf("a key of the installation has the root %q, %t", got, ok)
	}
	if _, ok := credential.Bearer.Root(credential.Bearer.New(credential.AnyRoot)); ok {
		t.Error("a bearer token of any root is well-formed")
	}
}

// A credential with one character changed, added or lost is malformed, not unknown.
func TestKind_ATypoIsMalformed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := credential.Bearer.New(root)
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		put := rapid.SampledFrom(strings.Split("0123456789abcdefghijklmnopqrstuv_A ", "")).Draw(t, "put")
		for _, typo := range []string{text[:at] + put + text[at+1:], text[:at] + put + text[at:], text[:at] + text[at+1:], text[:at]} {
			if _, ok := credential.Bearer.Root(typo); ok && typo != text {
				t.Errorf("%q is well-formed, as is %q", typo, text)
			}
		}
	})
}
