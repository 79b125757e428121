package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto/rsa"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

const slo = "https://usher.example/sso/c1/slo"

// forLogout is the world's expectation of messages about logouts.
func (w *world) forLogout() saml.Expectation {
	w.expect.Location, w.expect.Request = slo, ""
	return w.expect
}

func byURL(l ssotest.SAMLLogout) *http.Request {
	return httptest.NewRequest(http.MethodGet, slo+"?"+l.URL(), nil)
}

func byForm(l ssotest.SAMLLogout) *http.Request { return post(l.Form()) }

func post(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, slo, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func logOut(r *http.Request, expect saml.Expectation) (saml.LogoutRequest, error) {
	m, err := saml.Receive(r)
	if err != nil {
		return saml.LogoutRequest{}, err
	}
	return saml.VerifyLogoutRequest(m, expect)
}

func TestLogoutRequest_NamesWhoseSessionsAreOver(t *testing.T) {
	t.Parallel()
	for name, carry := range map[string]func(ssotest.SAMLLogout) *http.Request{"in the URL": byURL, "in a form": byForm} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			l := w.idp.Logout(slo, ada, "_s1", "_s2")
			l.RelayState = "over & done/="
			r := carry(l)
			m, err := saml.Receive(r)
			if err != nil || !m.Request || m.RelayState != l.RelayState {
				t.Fatalf("received %+v, %v", m, err)
			}
			got, err := saml.VerifyLogoutRequest(m, w.forLogout())
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != l.ID || got.NameID != ada || !slices.Equal(got.Sessions, l.Sessions) || !got.ReplayUntil.After(noon) {
				t.Errorf("read %+v of %+v", got, l)
			}
		})
	}
}

// The order of the parameters in the URL, and others among them, are nobody's business: what is signed has its own.
func TestLogoutRequest_TakesTheURLInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.idp.Logout(slo, ada)
	l.RelayState = "x"
	l.Query = func(query string) string {
		pairs := strings.Split(query, "&")
		slices.Reverse(pairs)
		return "a=b&" + strings.Join(pairs, "&") + "&c"
	}
	if _, err := logOut(byURL(l), w.forLogout()); err != nil {
		t.Error(err)
	}
}

// logoutAttack is one on whoever takes a logout request.
type logoutAttack struct {
	want directory.LoginCode
	form bool
	make func(l *ssotest.SAMLLogout)
}

func stranger() *ssotest.SAMLKey {
	_, key := ssotest.SAMLKeys()
	return key
}

// inQuery changes the URL by what it says.
func inQuery(pairs ...string) func(*ssotest.SAMLLogout) {
	return func(l *ssotest.SAMLLogout) { l.Query = strings.NewReplacer(pairs...).Replace }
}

func said(edit func(message *etree.Element)) func(*ssotest.SAMLLogout) {
	return func(l *ssotest.SAMLLogout) { l.Edit = edit }
}

var logoutAttacks = map[string]logoutAttack{
	"not signed":               {saml.CodeUnsigned, false, func(l *ssotest.SAMLLogout) { l.Key = nil }},
	"a form, not signed":       {saml.CodeUnsigned, true, func(l *ssotest.SAMLLogout) { l.Key = nil }},
	"a stranger's key":         {sso.CodeSignature, false, func(l *ssotest.SAMLLogout) { l.Key = stranger() }},
	"a form of a stranger's":   {sso.CodeSignature, true, func(l *ssotest.SAMLLogout) { l.Key = stranger() }},
	"no value of a signature":  {sso.CodeMalformed, false, func(l *ssotest.SAMLLogout) { l.Query = cutAfter("Signature=") }},
	"another relay state":      {sso.CodeSignature, false, inQuery("RelayState=x", "RelayState=y")},
	"no relay state":           {sso.CodeSignature, false, inQuery("&RelayState=x", "")},
	"two relay states":         {sso.CodeMalformed, false, inQuery("&RelayState=x", "&RelayState=x&RelayState=x")},
	"a request and a response": {sso.CodeMalformed, false, inQuery("&RelayState=x", "&SAMLResponse=x&RelayState=x")},
	"a response with a request in it": {saml.CodeRoot, false, func(l *ssotest.SAMLLogout) {
		l.Tag = "LogoutResponse"
		l.Edit = func(message *etree.Element) { message.Tag = "LogoutRequest" }
	}},
	"escaped in another way": {sso.CodeSignature, false, inQuery("RelayState=x", "RelayState=%78")},
	"by SHA-1":               {sso.CodeAlgorithm, false, func(l *ssotest.SAMLLogout) { l.Method = ssotest.SignRSASHA1 }},
	"by no algorithm":        {sso.CodeAlgorithm, false, func(l *ssotest.SAMLLogout) { l.Method = "" }},
	"a relay state of 81 bytes": {sso.CodeMalformed, false, func(l *ssotest.SAMLLogout) {
		l.RelayState = strings.Repeat("x", 81)
	}},
	"64 mebibytes, deflated": {saml.CodeTooLarge, false, func(l *ssotest.SAMLLogout) {
		l.Deflated = func([]byte) []byte { return ssotest.DeflateBomb(64 << 20) }
	}},
	"nothing that inflates": {sso.CodeMalformed, false, func(l *ssotest.SAMLLogout) {
		l.Deflated = func([]byte) []byte { return []byte("<x/>") }
	}},
	"cut off": {sso.CodeMalformed, false, func(l *ssotest.SAMLLogout) {
		l.Deflated = func(text []byte) []byte { return text[:len(text)/2] }
	}},
	"another issuer":      {sso.CodeIssuer, false, func(l *ssotest.SAMLLogout) { l.Issuer = "https://evil.example" }},
	"another destination": {saml.CodeDestination, false, func(l *ssotest.SAMLLogout) { l.Destination = "https://other.example" }},
	"no ID":               {saml.CodeMessageID, false, said(func(message *etree.Element) { message.RemoveAttr("ID") })},
	"another version":     {saml.CodeVersion, false, said(func(message *etree.Element) { message.CreateAttr("Version", "1.1") })},
	"of long ago":         {sso.CodeIssuedAt, false, func(l *ssotest.SAMLLogout) { l.Issued = noon.Add(-12 * time.Minute) }},
	"of the future":       {sso.CodeIssuedAt, false, func(l *ssotest.SAMLLogout) { l.Issued = noon.Add(61 * time.Second) }},
	"over": {sso.CodeExpired, false, said(func(message *etree.Element) {
		message.CreateAttr("NotOnOrAfter", "2026-03-01T11:58:59Z")
	})},
	"good until no time": {sso.CodeExpired, false, said(func(message *etree.Element) {
		message.CreateAttr("NotOnOrAfter", "later")
	})},
	"about nobody": {sso.CodeSubject, false, said(func(message *etree.Element) {
		message.RemoveChild(ssotest.SAMLElement(message, "NameID"))
	})},
	"about somebody else's": {saml.CodeQualifier, false, said(func(message *etree.Element) {
		ssotest.SAMLElement(message, "NameID").CreateAttr("NameQualifier", "https://other.example")
	})},
	"about an empty session": {sso.CodeLogoutToken, false, func(l *ssotest.SAMLLogout) { l.Sessions = []string{""} }},
	"about 65 sessions":      {sso.CodeLogoutToken, false, func(l *ssotest.SAMLLogout) { l.Sessions = strings.Split(strings.Repeat("s ", 64)+"s", " ") }},
	"a signature inside": {saml.CodeSignaturePlace, true, said(func(message *etree.Element) {
		x := message.CreateElement("samlp:Extensions").CreateElement("ds:Signature")
		x.CreateAttr("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#")
	})},
	"a form, by SHA-1 behind a decoy": {sso.CodeSignature, true, func(l *ssotest.SAMLLogout) {
		l.BehindDecoy(ssotest.Signing{Method: ssotest.SignRSASHA1, Digest: ssotest.DigestSHA1})
	}},
	"a document type": {saml.CodeDoctype, false, func(l *ssotest.SAMLLogout) {
		l.Deflated = func([]byte) []byte { return deflated(`<!DOCTYPE x><x/>`) }
	}},
}

func cutAfter(part string) func(string) string {
	return func(query string) string {
		before, _, _ := strings.Cut(query, part)
		return before + part
	}
}

// mount is what such an attack sends.
func (a logoutAttack) mount(w *world) *http.Request {
	l := w.idp.Logout(slo, ada)
	l.RelayState = "x"
	a.make(&l)
	if a.form {
		return byForm(l)
	}
	return byURL(l)
}

func TestSLO_RefusesAttacks(t *testing.T) {
	t.Parallel()
	for name, a := range logoutAttacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got, err := logOut(a.mount(w), w.forLogout())
			if code := code(t, err); code != a.want {
				t.Errorf("refused as %q: %v, want %q; %+v", code, err, a.want, got)
			}
		})
	}
}

// A certificate that is over is good for a logout no more than for a login.
func TestSLO_RefusesCertificatesThatAreOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect.Certificates = goodFor(noon.AddDate(-2, 0, 0), noon.Add(-time.Second))
	r := byURL(w.idp.Logout(slo, ada))
	_, err := logOut(r, w.forLogout())
	if code := code(t, err); code != saml.CodeCertificate {
		t.Errorf("refused as %q: %v", code, err)
	}
	if _, err := logOut(r, w.forLogout().Without(saml.CodeCertificate)); err != nil {
		t.Errorf("refused without that check: %v", err)
	}
}

// A certificate that was renewed has the old one's key: while both stand there, in whatever order, the good one counts.
func TestVerify_TakesARenewedCertificate(t *testing.T) {
	t.Parallel()
	over, renewed := goodFor(noon.AddDate(-2, 0, 0), noon.Add(-time.Second)), goodFor(noon.Add(-time.Hour), noon.AddDate(2, 0, 0))
	for _, order := range [][]*x509.Certificate{slices.Concat(over, renewed), slices.Concat(renewed, over)} {
		w := newWorld(t)
		w.expect.Certificates = order
		if _, err := w.verify(w.honest()); err != nil {
			t.Errorf("a response: %v", err)
		}
		for name, carry := range map[string]func(ssotest.SAMLLogout) *http.Request{"in the URL": byURL, "in a form": byForm} {
			if _, err := logOut(carry(w.idp.Logout(slo, ada)), w.forLogout()); err != nil {
				t.Errorf("a logout %s: %v", name, err)
			}
		}
	}
}

func TestLogoutChecks_AreEachNeeded(t *testing.T) {
	t.Parallel()
	for _, check := range saml.LogoutChecks() {
		if slices.Contains([]directory.LoginCode{saml.CodeCertificate, saml.CodeInResponseTo, sso.CodeProviderRefused}, check) {
			continue // see the tests of their own
		}
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			for _, a := range logoutAttacks {
				w := newWorld(t)
				if a.want != check {
					continue
				}
				if _, err := logOut(a.mount(w), w.forLogout().Without(check)); err == nil {
					return
				}
			}
			t.Error("without it no attack gets through")
		})
	}
}

func TestLogoutResponse_AnswersOneRequest(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]struct {
		want   directory.LoginCode
		change func(*ssotest.SAMLLogout)
	}{
		"an honest one":     {"", func(*ssotest.SAMLLogout) {}},
		"another request's": {saml.CodeInResponseTo, func(l *ssotest.SAMLLogout) { l.InResponseTo = "_another" }},
		"of no request":     {saml.CodeInResponseTo, func(l *ssotest.SAMLLogout) { l.InResponseTo = "" }},
		"a failure": {sso.CodeProviderRefused, said(func(message *etree.Element) {
			ssotest.SAMLElement(message, "StatusCode").CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
		})},
		"without a status": {sso.CodeProviderRefused, said(func(message *etree.Element) {
			message.RemoveChild(ssotest.SAMLElement(message, "Status"))
		})},
	} {
		w := newWorld(t)
		expect := w.forLogout()
		expect.Request = "_asked"
		l := w.idp.LoggedOut(slo, "_asked")
		a.change(&l)
		m, err := saml.Receive(byURL(l))
		if err != nil {
			t.Fatal(err)
		}
		if err := saml.VerifyLogoutResponse(m, expect); code(t, err) != a.want {
			t.Errorf("%s: %v, want %q", name, err, a.want)
		}
		if err := saml.VerifyLogoutResponse(m, expect.Without(a.want)); err != nil {
			t.Errorf("%s: refused without that check: %v", name, err)
		}
	}
	w := newWorld(t)
	m, err := saml.Receive(byURL(w.idp.LoggedOut(slo, "")))
	if err != nil {
		t.Fatal(err)
	}
	if err := saml.VerifyLogoutResponse(m, w.forLogout()); code(t, err) != saml.CodeInResponseTo {
		t.Errorf("nobody has asked: %v", err)
	}
}

// What we send ourselves another reader of the same rules takes.
func TestMessages_OfOursCanBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys, _ := ssotest.SAMLKeys()
	expect := w.forLogout()
	expect.Issuer, expect.EntityID, expect.Location = entityID, issuer, "https://idp.example/slo?x=1"
	for _, key := range keys {
		location, err := saml.SignOut{
			ID: "_o", EntityID: entityID, Destination: expect.Location, Issued: noon, NameID: "a&b<c>", Session: "_s",
		}.URL("relay state+", key.Signer.(*rsa.PrivateKey))
		if err != nil || !strings.HasPrefix(location, "https://idp.example/slo?x=1&SAMLRequest=") {
			t.Fatalf("%q, %v", location, err)
		}
		got, err := logOut(httptest.NewRequest(http.MethodGet, location, nil), expect)
		if err != nil || got.NameID != "a&b<c>" || !slices.Equal(got.Sessions, []string{"_s"}) {
			t.Errorf("read %+v, %v", got, err)
		}
	}
	expect.Request = "_asked"
	location, err := saml.SignedOut{
		ID: "_o", EntityID: entityID, Destination: expect.Location, Issued: noon, InResponseTo: "_asked",
	}.URL("", keys[0].Signer.(*rsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	m, err := saml.Receive(httptest.NewRequest(http.MethodGet, location, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := saml.VerifyLogoutResponse(m, expect); err != nil {
		t.Error(err)
	}
}

func TestAuthnRequest_AsksForALogin(t *testing.T) {
	t.Parallel()
	keys, _ := ssotest.SAMLKeys()
	r := saml.AuthnRequest{
		ID: "_q", EntityID: entityID, ACS: acs, Destination: "https://idp.example/sso", Issued: noon, Fresh: true, Contexts: []string{"urn:mfa"},
	}
	for _, bad := range []string{"javascript:alert(1)", "http://idp.example", "https://u:p@idp.example", "", "/x"} {
		wrong := r
		wrong.Destination = bad
		if location, err := wrong.URL("state", nil); err == nil {
			t.Errorf("sent to %q as %q", bad, location)
		}
	}
	location, err := r.URL("state", keys[0].Signer.(*rsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	m, err := saml.Receive(httptest.NewRequest(http.MethodGet, location, nil))
	if err != nil || m.RelayState != "state" {
		t.Fatalf("%+v, %v", m, err)
	}
	want := `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ` +
		`ID="_q" Version="2.0" IssueInstant="2026-03-01T12:00:00Z" Destination="https://idp.example/sso" ` +
		`ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="` + acs + `" ForceAuthn="true">` +
		`<saml:Issuer>` + entityID + `</saml:Issuer><samlp:RequestedAuthnContext><saml:AuthnContextClassRef>urn:mfa</saml:AuthnContextClassRef>` +
		`</samlp:RequestedAuthnContext></samlp:AuthnRequest>`
	if string(m.Text) != want {
		t.Errorf("%s\nnot\n%s", m.Text, want)
	}
}

func deflated(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}
