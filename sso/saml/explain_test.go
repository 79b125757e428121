package saml_test

import (
	"encoding/base64"
	"encoding/json"
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

func (w *world) explainer() saml.Explainer {
	return saml.Explainer{
		Provider: saml.IdentityProvider{EntityID: issuer, Certificates: w.expect.Certificates}, EntityID: entityID, ACS: acs, Now: noon.AddDate(0, 1, 0),
	}
}

func codesOf(r saml.Report) (codes []directory.LoginCode) {
	for _, f := range r.Findings {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	return codes
}

// All that is wrong is told at once, with what to do, and a capture is judged as of when it was made.
func TestExplain_TellsAllAtOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*ssotest.Response)
		want   []directory.LoginCode
	}{
		"an honest one": {func(*ssotest.Response) {}, nil},
		"another audience and place": {
			func(r *ssotest.Response) { r.Audience, r.Recipient, r.Destination = "x", "y", "z" },
			[]directory.LoginCode{sso.CodeAudience, saml.CodeDestination, saml.CodeRecipient},
		},
		"nothing signed":   {func(r *ssotest.Response) { r.SignAssertion = nil }, []directory.LoginCode{saml.CodeUnsigned}},
		"a transient name": {func(r *ssotest.Response) { r.Format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" }, []directory.LoginCode{sso.CodeSubject}},
		"changed afterwards": {func(r *ssotest.Response) {
			r.Forge = func(e *etree.Element) { ssotest.SAMLElement(e, "NameID").SetText("eve") }
		}, []directory.LoginCode{sso.CodeSignature}},
		"for our key alone": {func(r *ssotest.Response) { r.Encrypt = &ssotest.Encryption{For: ourKey()} }, nil},
	} {
		w := newWorld(t)
		r := w.honest()
		row.change(&r)
		got, err := w.explainer().Explain(r.XML())
		if err != nil || !slices.Equal(codesOf(got), row.want) {
			t.Errorf("%s: %+v, %v", name, got.Findings, err)
		}
		for _, f := range got.Findings {
			if f.Text == "" || f.Fix == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// What the response's signature covers is signed, whoever looks at the assertion alone.
func TestExplain_SignedWithTheResponse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.honest()
	r.SignResponse, r.SignAssertion = r.SignAssertion, nil
	got, err := w.explainer().Explain(r.XML())
	if want := (saml.Fact{Name: "the assertion", Value: "signed with the response around it"}); err != nil || !slices.Contains(got.Facts, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Every attack is explained without failing, and nothing of a person is told.
func TestExplain_OfAttacksTellsNoValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		report, err := w.explainer().Explain(a.Make(w.honest()))
		if err != nil {
			continue // it is no XML
		}
		text, err := json.Marshal(report)
		if err != nil || strings.Contains(string(text), ada) || strings.Contains(string(text), "Editor") {
			t.Errorf("%s: %s, %v", a.Name, text, err)
		}
	}
}

func TestExplain_Metadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := metadataOf(w.idp.Key)
	for after, want := range map[time.Duration][]directory.LoginCode{
		-40 * 24 * time.Hour: nil, -20 * 24 * time.Hour: {saml.CodeCertificate}, time.Hour: {saml.CodeCertificate},
	} {
		e := saml.Explainer{Now: w.idp.Key.Certificate.NotAfter.Add(after)}
		got, err := e.Explain([]byte(text))
		if err != nil || got.Kind != "metadata" || !slices.Equal(codesOf(got), want) {
			t.Errorf("%s: %+v, %v", after, got, err)
		}
	}
	transient := `<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat><md:SingleSignOnService`
	got, err := saml.Explainer{Now: noon}.Explain([]byte(strings.Replace(text, "<md:SingleSignOnService", transient, 1)))
	if says := func(f saml.Fact) bool { return f.Name == "offers names" && strings.Contains(f.Value, "will not do") }; err != nil || !slices.ContainsFunc(got.Facts, says) {
		t.Errorf("of transient names: %+v, %v", got, err)
	}
	got, err = saml.Explainer{Now: noon}.Explain([]byte(strings.ReplaceAll(text, "IDPSSODescriptor", "SPSSODescriptor")))
	if err != nil || len(got.Findings) != 1 || !strings.Contains(got.Findings[0].Text, "no identity provider") {
		t.Errorf("of a service: %+v, %v", got, err)
	}
}

func metadataOf(key *ssotest.SAMLKey) string {
	return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="` + issuer + `">` +
		`<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` +
		base64.StdEncoding.EncodeToString(key.Certificate.Raw) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>`
}

func TestCaptured_ReadsWhatPeopleCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := string(w.honest().XML())
	value := base64.StdEncoding.EncodeToString([]byte(text))
	lines := ""
	for chunk := range slices.Chunk([]byte(value), 76) {
		lines += string(chunk) + "\r\n"
	}
	for name, input := range map[string]string{
		"XML": "\ufeff\n" + text + "\n", "base64": value, "lines": lines, "escaped": url.QueryEscape(value),
		"a form": url.Values{"SAMLResponse": {value}, "RelayState": {"x"}}.Encode(),
	} {
		if got, err := saml.Captured([]byte(input)); err != nil || string(got) != text {
			t.Errorf("%s: %.40q, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "%%%", "hello world", "SAMLResponse=", "AAAA", "\x00"} {
		if got, err := saml.Captured([]byte(bad)); err == nil {
			t.Errorf("%q is %q", bad, got)
		}
	}
}

// FuzzExplain gives anything to what people paste. What is wrong is told in words, with what to do about it.
func FuzzExplain(f *testing.F) {
	w := newWorld(f)
	f.Add([]byte(metadataOf(w.idp.Key)))
	f.Add(w.honest().XML())
	f.Add([]byte("SAMLResponse=" + base64.StdEncoding.EncodeToString(w.honest().XML())))
	for i, a := range ssotest.SAMLAttacks(ourKey()) {
		text := a.Make(w.honest())
		if len(text) >= 16<<10 {
			continue
		}
		if i%3 == 0 { // as it comes out of a browser
			text = []byte(url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(text)}}.Encode())
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		text, err := saml.Captured(input)
		if err != nil {
			return
		}
		report, err := w.explainer().Explain(text)
		if err == nil && report.Kind == "" {
			t.Errorf("%q is nothing: %+v", text, report)
		}
		for _, finding := range report.Findings {
			if finding.Text == "" || finding.Fix == "" || finding.Code == "" && report.Kind != "metadata" {
				t.Errorf("%q: nobody knows what to do about %+v", text, finding)
			}
		}
	})
}
