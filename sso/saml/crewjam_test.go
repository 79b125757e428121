package saml_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// Another service provider in Go, that of crewjam/saml, reads the same responses. It has its clock, and how long it waits, in
// variables. It verifies by the same library, in which xmlsec1 is the one to compare with, and reads by another: encoding/xml, and
// what came rather than what was signed.
func init() {
	crewjam.TimeNow = func() time.Time { return noon }
	crewjam.Clock = dsig.NewFakeClockAt(noon)
	crewjam.MaxClockSkew = saml.DefaultSkew
	crewjam.MaxIssueDelay = 11 * time.Minute
}

// notCompared are the shapes of honest responses that it cannot read.
var notCompared = map[string]string{
	"by ECDSA":                           "it wants signatures in ASN.1, which XML has not",
	"encrypted":                          "it knows no AES-256-GCM",
	"encrypted, the key beside the data": "it knows no RSA-OAEP of XML Encryption 1.1",
	"encrypted for the other key, with SHA-256": "it knows no AES-256-GCM",
	"encrypted, the response signed":            "it knows no AES-256-GCM",
}

// byCrewjam is what it says, with each certificate and key by itself: it goes by what the signature says of its key.
func byCrewjam(t testing.TB, text []byte, expect saml.Expectation) (saml.Assertion, error) {
	t.Helper()
	at, err := url.Parse(expect.Location)
	if err != nil {
		t.Fatal(err)
	}
	reasons := []error{errors.New("it is refused")}
	for _, certificate := range expect.Certificates {
		provider := &crewjam.EntityDescriptor{EntityID: expect.Issuer, IDPSSODescriptors: make([]crewjam.IDPSSODescriptor, 1)}
		key := crewjam.KeyDescriptor{Use: "signing"}
		key.KeyInfo.X509Data.X509Certificates = []crewjam.X509Certificate{{Data: base64.StdEncoding.EncodeToString(certificate.Raw)}}
		provider.IDPSSODescriptors[0].KeyDescriptors = []crewjam.KeyDescriptor{key}
		for _, own := range expect.Keys {
			sp := crewjam.ServiceProvider{
				EntityID: expect.EntityID, AcsURL: *at, Key: own, AllowIDPInitiated: expect.Unsolicited, IDPMetadata: provider,
			}
			got, err := parsed(&sp, text, expect.Request)
			if err == nil {
				return readThere(got), nil
			}
			reasons = append(reasons, err)
		}
	}
	return saml.Assertion{}, errors.Join(reasons...)
}

// parsed takes a panic for a refusal: it has some.
func parsed(sp *crewjam.ServiceProvider, text []byte, request string) (got *crewjam.Assertion, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	got, err = sp.ParseXMLResponse(text, []string{request}, sp.AcsURL)
	var refused *crewjam.InvalidResponseError
	if errors.As(err, &refused) {
		err = refused.PrivateErr
	}
	return got, err
}

// readThere is what it has read, as far as an identity is made of it.
func readThere(a *crewjam.Assertion) saml.Assertion {
	read := saml.Assertion{ID: a.ID, Issuer: a.Issuer.Value}
	if a.Subject != nil && a.Subject.NameID != nil {
		read.NameID, read.Format = a.Subject.NameID.Value, a.Subject.NameID.Format
	}
	if len(a.AuthnStatements) > 0 {
		read.Session, read.Authenticated = a.AuthnStatements[0].SessionIndex, a.AuthnStatements[0].AuthnInstant
	}
	for _, statement := range a.AttributeStatements {
		for _, one := range statement.Attributes {
			attribute := saml.Attribute{Name: one.Name}
			for _, value := range one.Values {
				attribute.Values = append(attribute.Values, value.Value)
			}
			read.Attributes = append(read.Attributes, attribute)
		}
	}
	return read
}

// stricterThere is what it refuses where we have a reason not to. Each is taken out of a response before that is put to it, so
// that nothing else can hide behind the reason.
var stricterThere = []struct {
	why     string
	without func(response *etree.Element)
}{
	{"what a signature says of its key is not read: nobody proves anything by a key that he brings along", func(response *etree.Element) {
		if info := ssotest.SAMLElement(signatureOf(response), "KeyInfo"); info != nil {
			info.Parent().RemoveChild(info)
		}
	}},
	{"base64 may have spaces in it (XML Schema Part 2 §3.2.16)", func(response *etree.Element) {
		value := ssotest.SAMLElement(signatureOf(response), "SignatureValue")
		value.SetText(strings.Join(strings.Fields(value.Text()), ""))
	}},
	{"when an unsigned response was made is nobody's word: when the assertion was is looked at", func(response *etree.Element) {
		if signatureOf(response).Parent() != response {
			response.CreateAttr("IssueInstant", noon.Format(time.RFC3339))
		}
	}},
}

// signatureOf is the one that counts there: of the response, or else of the assertion.
func signatureOf(response *etree.Element) *etree.Element {
	for _, signed := range []*etree.Element{response, ssotest.SAMLElement(response, "Assertion")} {
		for child := range signed.ChildElementsSeq() {
			if child.Tag == "Signature" && child.NamespaceURI() == dsig.Namespace {
				return child
			}
		}
	}
	return nil // of none
}

// looser says in what we have gone further than crewjam with a response that we have accepted; nil: in nothing.
func looser(t testing.TB, text []byte, expect saml.Expectation, got saml.Assertion) error {
	t.Helper()
	there, err := byCrewjam(t, text, expect)
	for i := 0; err != nil && i < len(stricterThere); i++ {
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(text); err != nil {
			t.Fatal(err)
		}
		stricterThere[i].without(doc.Root())
		doc.WriteSettings = etree.WriteSettings{CanonicalAttrVal: true, CanonicalEndTags: true, CanonicalText: true}
		if text, err = doc.WriteToBytes(); err != nil {
			t.Fatal(err)
		}
		there, err = byCrewjam(t, text, expect)
	}
	if err == nil && !reflect.DeepEqual(there, comparable(got)) {
		err = fmt.Errorf("it reads %+v, not %+v", there, comparable(got))
	}
	return err
}

// comparable is as much of what we read as it reads.
func comparable(a saml.Assertion) saml.Assertion {
	return saml.Assertion{
		ID: a.ID, Issuer: a.Issuer, NameID: a.NameID, Format: a.Format, Session: a.Session, Authenticated: a.Authenticated, Attributes: a.Attributes,
	}
}

func TestCrewjam_TakesWhatIsHonest(t *testing.T) {
	t.Parallel()
	for _, s := range specimens(t) {
		got, err := byCrewjam(t, s.text, s.expect)
		if why := notCompared[s.name]; (err != nil) != (why != "") {
			t.Errorf("%s: %v, though %q", s.name, err, why)
		}
		if err == nil && !reflect.DeepEqual(got, comparable(s.want)) {
			t.Errorf("%s: it reads %+v\nnot %+v", s.name, got, s.want)
		}
	}
}

// The comparison sees what is taken here and not there, and what is read otherwise.
func TestCrewjam_IsNotDeaf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	honest := w.honest()
	got, err := w.verify(honest)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r *ssotest.Response, got *saml.Assertion){
		"another name under the signature": func(r *ssotest.Response, _ *saml.Assertion) {
			r.Forge = func(response *etree.Element) { ssotest.SAMLElement(response, "NameID").SetText(ssotest.Evil) }
		},
		"a stranger's signature":   func(r *ssotest.Response, _ *saml.Assertion) { r.SignAssertion = &ssotest.Signing{Key: stranger()} },
		"a name of our own making": func(_ *ssotest.Response, got *saml.Assertion) { got.NameID = ssotest.Evil },
		"a role of our own making": func(_ *ssotest.Response, got *saml.Assertion) { got.Attributes = nil },
	} {
		r, said := honest, got
		change(&r, &said)
		if looser(t, r.XML(), w.expect, said) == nil {
			t.Errorf("%s: nothing is said of it", name)
		}
	}
	if err := looser(t, honest.XML(), w.expect, got); err != nil {
		t.Error(err)
	}
}

// Of the attacks, nothing that is refused there is taken here; nor would it be if one check were missing, but by another name than
// there.
func TestCrewjam_RefusesNoMoreAttacks(t *testing.T) {
	t.Parallel()
	there, both := 0, 0
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		w := newWorld(t)
		text, expect := a.Make(w.honest()), w.at(a)
		if len(text) > 32<<10 || len(expect.Certificates) == 0 {
			continue // a size, or a setting, that it knows nothing of
		}
		other, err := byCrewjam(t, text, expect)
		if err == nil {
			there++
		}
		if got, err := saml.Verify(text, expect); err == nil {
			t.Errorf("%s: signs in %+v", a.Name, got)
		}
		got, here := saml.Verify(text, expect.Without(refusals[a.Name]))
		if err != nil || here != nil {
			continue
		}
		both++
		if got.NameID != other.NameID && refusals[a.Name] != sso.CodeSubject {
			t.Errorf("%s: without %s it signs in %q here and %q there", a.Name, refusals[a.Name], got.NameID, other.NameID)
		}
	}
	t.Logf("%d attacks get through there; %d of them here too, but for one check", there, both)
	if there == 0 || both == 0 {
		t.Error("nothing was compared")
	}
}
