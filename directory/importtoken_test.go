package directory_test

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

const suppliedText = "deployed-with-the-app/4f1c"

func (w *world) imported(c directory.Connection, text string) directory.Token {
	w.t.Helper()
	t, err := w.directory.ImportToken(w.ctx, operator, c, text, w.clock.Now().AddDate(1, 0, 0))
	check(w.t, err)
	return t
}

// X9: one supplied text may open several connections, each under its own URL; where the address names none of them it
// is ambiguous.
func TestImportToken_X9_OneTextSeveralConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	first := w.imported(w.connection, suppliedText)
	client, err := w.authenticate("Bearer "+suppliedText, "")
	check(t, err)
	equal(t, "connection", client.Connection.ID, w.connection.ID)

	other, third := w.connect("other", "entra"), w.connect("third", "entra")
	second := w.imported(other, suppliedText)
	if first.Hash == second.Hash {
		t.Error("the hash holds for more than one connection")
	}
	for _, c := range []directory.Connection{w.connection, other} {
		client, err := w.authenticate("Bearer "+suppliedText, c.ID)
		check(t, err)
		equal(t, "connection", client.Connection.ID, c.ID)
	}
	_, err = w.authenticate("Bearer "+suppliedText, "")
	wantKind(t, err, scim.KindAmbiguousToken)
	_, err = w.authenticate("Bearer "+suppliedText, third.ID)
	wantKind(t, err, scim.KindForeignToken)
	_, err = w.authenticate("Bearer "+suppliedText+"x", w.connection.ID)
	wantKind(t, err, scim.KindMalformedToken)
}

// M12: the same import again writes nothing; another end is one change; what was revoked stays revoked.
func TestImportToken_AgainAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	first := w.imported(w.connection, suppliedText)
	w.skip()
	equal(t, "id", w.imported(w.connection, suppliedText).ID, first.ID)
	w.wantHappened()

	later, err := w.directory.ImportToken(w.ctx, operator, w.connection, suppliedText, w.clock.Now().AddDate(2, 0, 0))
	check(t, err)
	equal(t, "id", later.ID, first.ID)
	if !later.Expires.After(first.Expires) {
		t.Errorf("expires %s, was %s", later.Expires, first.Expires)
	}
	_, err = w.directory.RotateToken(w.ctx, operator, w.connection, first.ID, later.Expires)
	wantRefusal(t, err, directory.RefusedInvalid, "supplied")
	_, err = w.directory.RevokeToken(w.ctx, operator, w.connection, first.ID)
	check(t, err)
	_, err = w.authenticate("Bearer "+suppliedText, w.connection.ID)
	wantKind(t, err, scim.KindRevokedToken)
	_, err = w.directory.ImportToken(w.ctx, operator, w.connection, suppliedText, later.Expires)
	wantRefusal(t, err, directory.RefusedInvalid, "revoked")
}

// X10: a text that could be guessed, or taken for another credential, is refused and not repeated.
func TestImportToken_BadTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, text := range []string{"", "short-secret", "has a blank in its middle part", "usher_scim_looks-like-one-of-ours", strings.Repeat("x", 2000), "ümlaut-ümlaut-ümlaut-ümlaut"} {
		_, err := w.directory.ImportToken(w.ctx, operator, w.connection, text, w.clock.Now().AddDate(1, 0, 0))
		wantRefusal(t, err, directory.RefusedInvalid, "cannot be used")
		if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q is repeated", text)
		}
	}
}
