package sso

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzReturn holds what is taken as a place to return to against how browsers read it: it must stay on the host, at a path
// that is registered.
func FuzzReturn(f *testing.F) {
	for _, to := range []string{
		"/oauth2/continue", "/oauth2/continue?request=a", "//evil.example", `/\evil.example`, "/oauth2/continue?a=%0d%0a", "/oauth2/continue#a",
		"/oauth2/continue/..//evil", "javascript:alert(1)", "/oauth2/continue?\tx", "/oauth2/continue\n//evil", "https:evil.example",
	} {
		f.Add(to)
	}
	h := &Handler{Options: Options{Returns: []string{"/oauth2/continue"}}}
	base, _ := url.Parse("https://usher.example/sso/c1/callback")
	f.Fuzz(func(t *testing.T, to string) {
		if to == "" || h.checkReturn(to) != nil {
			return
		}
		// Browsers drop tabs and line ends, and take a backslash for a slash (WHATWG URL §4.4).
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(h.after(to))
		at, err := base.Parse(read)
		if err != nil || at.Host != base.Host || at.Scheme != "https" || at.EscapedPath() != "/oauth2/continue" || at.Fragment != "" {
			t.Errorf("%q leads to %v, %v", to, at, err)
		}
	})
}

// FuzzTarget holds that nobody but us makes a place to go to after a logout.
func FuzzTarget(f *testing.F) {
	o := Options{}.withDefaults()
	h := &Handler{Options: o, signOut: [32]byte{1}}
	other := &Handler{Options: o, signOut: [32]byte{2}}
	f.Add(other.sealTarget("https://evil.example"))
	f.Add("")
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, state string) {
		if to, err := h.openTarget(state); err == nil {
			t.Errorf("%q leads to %q", state, to)
		}
	})
	if to, err := h.openTarget(h.sealTarget("https://app.example/a b?c")); err != nil || to != "https://app.example/a b?c" {
		f.Errorf("%q, %v", to, err)
	}
}
