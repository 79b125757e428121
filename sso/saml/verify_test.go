package saml_test

import (
	"sync"
	"testing"

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

// As long as a response is accepted its ID has to be remembered: the caller is told how long that is.
func TestVerify_SaysUntilWhenAnAssertionCouldComeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.honest()
	text := r.XML()
	got, err := saml.Verify(text, w.expect)
	if err != nil {
		t.Fatal(err)
	}
	for w.expect.Now = noon; err == nil; w.expect.Now = w.expect.Now.Add(1e9) {
		if _, err = saml.Verify(text, w.expect); err == nil && w.expect.Now.After(got.ReplayUntil) {
			t.Fatalf("accepted at %s, remembered until %s", w.expect.Now, got.ReplayUntil)
		}
	}
	if w.expect.Now.Sub(noon) < 5*60*1e9 {
		t.Errorf("refused as early as %s", w.expect.Now)
	}
}
