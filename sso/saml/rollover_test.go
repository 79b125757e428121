package saml_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// While our keys change both decrypt and both are in our metadata, the next one for encryption first; after the switch the
// old ones are nothing any more.
func TestKeys_ChangeWhilePeopleSignIn(t *testing.T) {
	t.Parallel()
	before := ownKeys()
	during, err := before.Change(noon)
	if err != nil {
		t.Fatal(err)
	}
	after, err := during.Switch()
	if err != nil {
		t.Fatal(err)
	}
	if during.Signing != before.Signing || after.Signing != during.Next || after.Next != nil {
		t.Error("the key that signs is not the one that the identity provider knows")
	}
	former, next := before.Decryption[0], during.Decryption[0]
	for name, row := range map[string]struct {
		ours               saml.Keys
		takesOld, takesNew bool
	}{"before": {before, true, false}, "during": {during, true, true}, "after": {after, false, true}} {
		l := newLogin(t)
		l.party.Secret = row.ours.Secret()
		for key, takes := range map[*saml.Key]bool{&former: row.takesOld, &next: row.takesNew} {
			r := l.honest()
			r.Encrypt = &ssotest.Encryption{For: &key.Private.PublicKey}
			_, err := l.finish(r)
			if (err == nil) != takes {
				t.Errorf("%s: %v, want %v", name, err, takes)
			}
			shown, err := l.provider.Metadata(l.party)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(shown, []byte(base64.StdEncoding.EncodeToString(key.Certificate.Raw))) != takes {
				t.Errorf("%s: the metadata shows %s", name, shown)
			}
		}
	}
	if _, err := during.Change(noon); err == nil {
		t.Error("keys in change were changed")
	}
	if _, err := before.Switch(); err == nil {
		t.Error("there was nothing to switch to")
	}
	if first, err := (saml.Keys{}).Change(noon); err != nil || first.Signing == nil || first.Next != nil {
		t.Errorf("the first keys: %v, %v", first.Signing, err)
	}
}
