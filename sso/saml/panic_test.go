package saml_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// Attack 37: whatever is cut off of an attack, cut out of it or twice in it fells none of those that read texts of strangers: they
// refuse it, or it says what was signed. The fuzz targets go on where this ends.
func TestACS_PanicsAtNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect.CBC = true
	signed, err := w.verify(w.honest())
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		text := a.Make(w.honest())
		if len(text) > 16<<10 {
			continue
		}
		for _, broken := range fragments(text) {
			tried++
			got, err := saml.Verify(broken, w.expect)
			if code(t, err) == "" && (got.NameID != signed.NameID || !reflect.DeepEqual(got.Attributes, signed.Attributes)) {
				t.Errorf("%s: %s signs in %+v", a.Name, broken, got)
			}
			if out, err := saml.VerifyLogoutRequest(saml.Message{Request: true, Text: broken}, w.expect); code(t, err) == "" {
				t.Errorf("%s: %s logs out %+v", a.Name, broken, out)
			}
			if err := saml.VerifyLogoutResponse(saml.Message{Text: broken}, w.expect); code(t, err) == "" {
				t.Errorf("%s: %s is the answer to a logout", a.Name, broken)
			}
			if idp, err := saml.ReadMetadata(broken, noon); code(t, err) == "" {
				t.Errorf("%s: %s is the metadata of %+v", a.Name, broken, idp)
			}
			if captured, err := saml.Captured(broken); err == nil {
				_, _ = w.explainer().Explain(captured)
			}
			r := w.honest()
			r.NameID, r.SignAssertion = ssotest.Evil, nil
			r.Encrypt = &ssotest.Encryption{For: ourKey(), Plain: string(broken)}
			if tried%50 != 0 || len(broken) == 0 {
				continue // each makes a key of its own
			}
			if got, err := w.verify(r); code(t, err) == "" {
				t.Errorf("%s: %s signs in %+v where it is encrypted", a.Name, broken, got)
			}
		}
	}
	t.Logf("%d texts", tried)
	if tried < 3000 {
		t.Errorf("only %d texts were tried", tried)
	}
}

// fragments are a text that ends early, begins late, lacks a part or has one twice, at places all over it.
func fragments(text []byte) [][]byte {
	const places = 4
	var all [][]byte
	for i := 1; i < places; i++ {
		from, to := i*len(text)/places, (i+1)*len(text)/places
		all = append(all, text[:from], text[from:], slices.Concat(text[:from], text[to:]), slices.Concat(text[:to], text[from:]))
	}
	return append(all, bytes.ToUpper(text), bytes.ReplaceAll(text, []byte("="), nil), bytes.ReplaceAll(text, []byte(`"`), nil))
}
