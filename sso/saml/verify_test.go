package saml_test

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// shapes are how honest identity providers sign and encrypt.
var shapes = map[string]func(w *world, r *ssotest.Response){
	"assertion signed": func(*world, *ssotest.Response) {},
	"response signed": func(_ *world, r *ssotest.Response) {
		r.SignAssertion, r.SignResponse = nil, r.SignAssertion
	},
	"both signed": func(_ *world, r *ssotest.Response) { r.SignResponse = r.SignAssertion },
	"by the other certificate": func(_ *world, r *ssotest.Response) {
		keys, _ := ssotest.SAMLKeys()
		r.SignAssertion.Key = keys[1]
	},
	"nothing said of the key": func(_ *world, r *ssotest.Response) { r.SignAssertion.KeyInfo = "-" },
	"by ECDSA": func(w *world, r *ssotest.Response) {
		w.expect.Certificates = append(w.expect.Certificates, elliptic().Certificate)
		r.SignAssertion.Key = elliptic()
	},
	"with SHA-1, which the connection takes": func(w *world, r *ssotest.Response) {
		r.SignAssertion.Method, r.SignAssertion.Digest, w.expect.SHA1 = ssotest.SignRSASHA1, ssotest.DigestSHA1, true
	},
	"encrypted": func(_ *world, r *ssotest.Response) { r.Encrypt = &ssotest.Encryption{For: ourKey()} },
	"encrypted, the key beside the data": func(_ *world, r *ssotest.Response) {
		r.Encrypt = &ssotest.Encryption{For: ourKey(), KeyBesideData: true}
	},
	"encrypted for the other key, with SHA-256": func(_ *world, r *ssotest.Response) {
		r.Encrypt = &ssotest.Encryption{For: ourKey(), Digest: ssotest.DigestSHA256, Mask: "http://www.w3.org/2009/xmlenc11#mgf1sha256"}
	},
	"encrypted, the response signed": func(_ *world, r *ssotest.Response) {
		r.SignAssertion, r.SignResponse = nil, r.SignAssertion
		r.Encrypt = &ssotest.Encryption{For: ourKey()}
	},
	"encrypted by AES-CBC, the response signed": func(w *world, r *ssotest.Response) {
		r.SignResponse, w.expect.CBC = r.SignAssertion, true
		r.Encrypt = &ssotest.Encryption{For: ourKey(), Data: ssotest.AES128CBC, Key: ssotest.OAEPMGF1P}
	},
	"unsolicited": func(w *world, r *ssotest.Response) {
		r.InResponseTo, w.expect.Request, w.expect.Unsolicited = "", "", true
	},
}

// elliptic is a key of the identity provider for ECDSA.
var elliptic = sync.OnceValue(ssotest.NewSAMLECKey)

func TestVerify_ReadsWhatIsSigned(t *testing.T) {
	t.Parallel()
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.honest()
			shape(w, &r)
			got, err := w.verify(r)
			if err != nil {
				t.Fatal(err)
			}
			if got.NameID != ada || got.ID != r.AssertionID || got.Issuer != issuer || got.Session != r.Session ||
				got.Context != r.Context || !got.SessionEnds.Equal(r.SessionEnds) || !got.Authenticated.Equal(r.Issued) {
				t.Errorf("read %+v of %+v", got, r)
			}
			if len(got.Attributes) != 1 || got.Attributes[0].Name != "role" || got.Attributes[0].Values[0] != "Editor" || len(got.Attributes[0].Values) != 2 {
				t.Errorf("attributes %+v", got.Attributes)
			}
			if got.ResponseSigned != (r.SignResponse != nil) || got.AssertionSigned != (r.SignAssertion != nil) || got.Encrypted != (r.Encrypt != nil) {
				t.Errorf("signed and encrypted: %+v", got)
			}
		})
	}
}

// What is read is what the signature covers, and nothing of what came: of the response as of the assertion.
func TestVerify_ReadsNothingElseThanWhatIsCovered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	covered := w.honest()
	covered.NameID, covered.SignAssertion = "covered@example.com", nil
	for name, shape := range map[string]func(r *ssotest.Response) *etree.Element{
		"response": func(r *ssotest.Response) *etree.Element {
			r.SignAssertion, r.SignResponse = nil, r.SignAssertion
			return covered.Tree()
		},
		"assertion": func(*ssotest.Response) *etree.Element { return ssotest.SAMLElement(covered.Tree(), "Assertion") },
	} {
		r := w.honest()
		content := shape(&r)
		got, err := saml.Verify(r.XML(), w.expect.Covering(content))
		if err != nil || got.NameID != covered.NameID || got.ID != covered.AssertionID {
			t.Errorf("of the %s: %+v, %v", name, got, err)
		}
	}
}

// Of several ends of the session the earliest counts, in whatever order they come.
func TestVerify_EndsTheSessionAtTheEarliest(t *testing.T) {
	t.Parallel()
	for _, later := range []time.Duration{-time.Hour, time.Hour} {
		w := newWorld(t)
		r := w.honest()
		r.Edit = func(response *etree.Element) {
			statement := ssotest.SAMLElement(response, "AuthnStatement")
			second := statement.Copy()
			second.CreateAttr("SessionNotOnOrAfter", r.SessionEnds.Add(later).Format(time.RFC3339))
			statement.Parent().AddChild(second)
		}
		want := r.SessionEnds.Add(min(later, 0))
		if got, err := w.verify(r); err != nil || !got.SessionEnds.Equal(want) {
			t.Errorf("%s, want %s, %v", got.SessionEnds, want, err)
		}
	}
}

// A signature by ECDSA has one form: two numbers, each as long as the curve's.
func TestVerify_RefusesOtherFormsOfECDSA(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(value []byte) []byte{
		"a zero before the second number": func(value []byte) []byte { return slices.Insert(value, 32, 0) },
		"one number":                      func(value []byte) []byte { return value[:32] },
		"nothing":                         func([]byte) []byte { return nil },
	} {
		w := newWorld(t)
		w.expect.Certificates = []*x509.Certificate{elliptic().Certificate}
		r := w.honest()
		r.SignAssertion.Key = elliptic()
		r.Forge = func(response *etree.Element) {
			node := ssotest.SAMLElement(response, "SignatureValue")
			value, err := base64.StdEncoding.DecodeString(node.Text())
			if err != nil {
				t.Fatal(err)
			}
			node.SetText(base64.StdEncoding.EncodeToString(change(value)))
		}
		_, err := w.verify(r)
		if code := code(t, err); code != sso.CodeSignature {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
}

// Two names that differ in anything are two people.
func TestVerify_TakesANameAsItStands(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Ada@example.com", "ada@example.com.evil.example", "ａda@example.com", "a b", "<ada>&\"'", "é", "e\u0301"} {
		w := newWorld(t)
		r := w.honest()
		r.NameID = name
		if got, err := w.verify(r); err != nil || got.NameID != name {
			t.Errorf("%q was read as %q, %v", name, got.NameID, err)
		}
	}
}

// As long as a response is accepted its ID has to be remembered: the caller is told how long that is. It holds though the skew
// grows meanwhile, and where the clock of the server that accepts is four minutes behind that of the one that forgets.
func TestVerify_SaysUntilWhenAnAssertionCouldComeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.honest()
	r.NotOnOrAfter = noon.Add(time.Hour)
	text := r.XML()
	got, err := saml.Verify(text, w.expect)
	if err != nil {
		t.Fatal(err)
	}
	w.expect.Skew = 5 * time.Minute
	for w.expect.Now = noon; err == nil; w.expect.Now = w.expect.Now.Add(1e9) {
		if _, err = saml.Verify(text, w.expect); err == nil && w.expect.Now.Add(4*time.Minute).After(got.ReplayUntil) {
			t.Fatalf("accepted at %s, remembered until %s", w.expect.Now, got.ReplayUntil)
		}
	}
	if w.expect.Now.Sub(noon) < 5*60*1e9 {
		t.Errorf("refused as early as %s", w.expect.Now)
	}
}
