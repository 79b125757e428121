package saml_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// Keys are others in each process, so what is signed cannot stand in a corpus. Where it matters, the fuzzer gives the
// change, and the process what is changed.

// FuzzScan gives arbitrary texts to all that reads before anything is verified.
func FuzzScan(f *testing.F) {
	w := newWorld(f)
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		if text := a.Make(w.honest()); len(text) < 16<<10 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := saml.Verify(text, w.expect)
		if code(t, err) == "" && got.NameID != ada {
			t.Errorf("%s signs in %+v", text, got)
		}
	})
}

// FuzzVerify cuts out of a signed response and puts into it, at two places.
func FuzzVerify(f *testing.F) {
	all := specimens(f)
	f.Add(byte(0), uint16(800), byte(0), "<!---->", uint16(0), byte(0), "")
	f.Add(byte(1), uint16(100), byte(9), "", uint16(2000), byte(3), ssotest.Evil)
	for i, snippet := range snippets {
		f.Add(byte(i), uint16(500+40*i), byte(i%3), snippet, uint16(1500), byte(i%2), snippet)
	}
	f.Fuzz(func(t *testing.T, which byte, at uint16, cut byte, put string, at2 uint16, cut2 byte, put2 string) {
		s := all[int(which)%len(all)]
		text := splice(splice(string(s.text), at, cut, put), at2, cut2, put2)
		got, err := saml.Verify([]byte(text), s.expect)
		if code(t, err) == "" && !reflect.DeepEqual(identity(got), identity(s.want)) {
			t.Errorf("%s signs in %+v", text, got)
		}
	})
}

func splice(text string, at uint16, cut byte, put string) string {
	from := int(at) % (len(text) + 1)
	return text[:from] + put + text[min(from+int(cut), len(text)):]
}

// FuzzDecrypt encrypts arbitrary texts for us, and changes what is encrypted. Nothing of it is signed, so nobody gets in.
func FuzzDecrypt(f *testing.F) {
	w := newWorld(f)
	w.expect.CBC = true
	f.Add("<x/>", uint16(0), byte(0), false)
	f.Add("<!DOCTYPE x><x/>", uint16(9), byte(1), false)
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		if text := string(a.Make(w.honest())); len(text) < 8<<10 && strings.Contains(text, "<saml:Assertion") {
			f.Add(text[strings.Index(text, "<saml:Assertion"):], uint16(0), byte(0), false)
		}
	}
	f.Fuzz(func(t *testing.T, plain string, at uint16, flip byte, cbc bool) {
		r := w.honest()
		r.NameID, r.SignAssertion = ssotest.Evil, nil
		r.Encrypt = &ssotest.Encryption{For: ourKey(), Plain: plain, Change: func(sealed []byte) []byte {
			sealed[int(at)%len(sealed)] ^= flip
			return sealed
		}}
		if cbc { // what is decrypted then stands in a response that is signed, of an identity provider that has turned
			keys, _ := ssotest.SAMLKeys()
			r.Encrypt.Data, r.SignResponse = ssotest.AES128CBC, &ssotest.Signing{Key: keys[0]}
		}
		got, err := w.verify(r)
		if code(t, err) == "" && (!cbc || got.NameID == "" || got.ID == "") {
			t.Errorf("%q signs in %+v", plain, got)
		}
	})
}

// FuzzMetadata reads arbitrary metadata. What is taken must be fit to send browsers to, and to verify by.
func FuzzMetadata(f *testing.F) {
	f.Add(providerMetadata(keyDescriptor(` use="signing"`, certificate(f, 0)) + keyDescriptor("", certificate(f, 1))))
	f.Add(providerMetadata(keyDescriptor(` use="encryption"`, certificate(f, 0))))
	f.Add(string(saml.Service{EntityID: entityID, ACS: acs, Logout: slo}.Metadata()))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := saml.ReadMetadata([]byte(text), noon)
		if code(t, err) != "" {
			return
		}
		if p.EntityID == "" || len(p.Certificates) == 0 {
			t.Errorf("%s is %+v", text, p)
		}
		for _, place := range []string{p.SSO, p.Logout, p.LogoutAnswer} {
			if u, err := url.Parse(place); err != nil || place != "" && u.Scheme != "https" && u.Scheme != "http" {
				t.Errorf("browsers are sent to %q", place)
			}
		}
		if changes := p.Changes(p); changes != nil {
			t.Errorf("%q", changes)
		}
	})
}

// FuzzLogout reads arbitrary URLs and forms. Whatever is taken was signed, for that person, or as the answer to that request.
func FuzzLogout(f *testing.F) {
	w := newWorld(f)
	expect := w.forLogout()
	expect.Request = "_asked"
	for _, honest := range []ssotest.SAMLLogout{w.idp.Logout(slo, ada, "_s"), w.idp.LoggedOut(slo, expect.Request)} {
		f.Add(honest.URL(), false)
		f.Add(honest.Form().Encode(), true)
	}
	for _, a := range logoutAttacks {
		if r := a.mount(w); r.Method == http.MethodGet && len(r.URL.RawQuery) < 8<<10 {
			f.Add(r.URL.RawQuery, false)
		}
	}
	f.Fuzz(func(t *testing.T, text string, form bool) {
		r := httptest.NewRequest(http.MethodGet, slo, nil)
		r.URL.RawQuery = text
		if form {
			r = httptest.NewRequest(http.MethodPost, slo, strings.NewReader(text))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		got, err := logOut(r, expect)
		if code(t, err) == "" && (got.NameID != ada || got.ID == "") {
			t.Errorf("%q logs out %+v", text, got)
		}
		m, err := saml.Receive(r)
		if code(t, err) == "" && code(t, saml.VerifyLogoutResponse(m, expect)) == "" && !strings.Contains(string(m.Text), `"_asked"`) {
			t.Errorf("%q is an answer", text)
		}
	})
}
