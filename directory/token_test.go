package directory_test

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func (w *world) token(c directory.Connection) directory.IssuedToken {
	w.t.Helper()
	token, err := w.directory.CreateToken(w.ctx, operator, c, w.clock.Now().AddDate(1, 0, 0))
	check(w.t, err)
	return token
}

func (w *world) authenticate(header, connection string) (*directory.Client, error) {
	return w.directory.Authenticate(w.ctx, directory.Credentials{
		Authorization: header, Connection: connection, RequestID: "req-1", Address: "192.0.2.1",
	})
}

func TestToken_M3_Text(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	form := regexp.MustCompile(`^usher_scim_[0-9a-v]{10}_[0-9a-v]{32}_[0-9a-v]{7}$`)
	if !form.MatchString(token.Text) {
		t.Errorf("token %q is not of the form %s", token.Text, form)
	}
	if !strings.Contains(token.Text, w.workspace.Root) {
		t.Errorf("token %q lacks the root %s", token.Text, w.workspace.Root)
	}
	equal(t, "stored hash", token.Hash, sha256.Sum256([]byte(token.Text)))
	w.label(token.ID, "<t>")
	w.wantHappened(`token.create <t> by cli:test: {"kind":"bearer","expires_at":"2031-01-02T03:04:05.678Z"}`)
	_, err := w.directory.CreateToken(w.ctx, operator, w.connection, testStart)
	wantRefusal(t, err, directory.RefusedInvalid, "2030-01-02")
}

// 160 random bits, and no character that a form or a header would have to escape.
func TestToken_R177_EntropyAndAlphabet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	seen := map[string]bool{}
	for range 50 {
		for _, text := range []string{w.token(w.connection).Text, w.secret().Text} {
			if url.QueryEscape(text) != text || seen[text] {
				t.Errorf("token %q", text)
			}
			seen[text] = true
			secret := strings.Split(text, "_")[3]
			if len(secret)*5 < 160 {
				t.Errorf("%d bits in %q", len(secret)*5, text)
			}
		}
	}
}

func TestToken_SeveralLiveAtOnceAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	first, second := w.token(w.connection), w.token(w.connection)
	for _, token := range []directory.IssuedToken{first, second} {
		client, err := w.authenticate("Bearer "+token.Text, w.connection.ID)
		check(t, err)
		equal(t, "token", client.TokenID, token.ID)
	}
	w.label(first.ID, "<first>")
	w.skip()
	for range 2 {
		revoked, err := w.directory.RevokeToken(w.ctx, operator, w.connection, first.ID)
		check(t, err)
		equal(t, "revoked", revoked.Revoked, testStart)
	}
	w.wantHappened(`token.revoke <first> by cli:test: {"kind":"bearer","expires_at":"2031-01-02T03:04:05.678Z"}`)
	_, err := w.authenticate("Bearer "+first.Text, "")
	wantKind(t, err, scim.KindRevokedToken, "2030-01-02T03:04:05Z")
	_, err = w.authenticate("Bearer "+second.Text, "")
	check(t, err)
	_, err = w.directory.RevokeToken(w.ctx, operator, w.connection, "nope")
	wantRefusal(t, err, directory.RefusedNotFound, "nope")
	all, err := w.directory.Tokens(w.ctx, w.connection)
	check(t, err)
	equal(t, "tokens", len(all), 2)
}

// a token that has expired is refused.
func TestAuthenticate_C8_ExpiredSaysWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	_, err := w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	w.clock.add(token.Expires.Sub(testStart)) // also while the look-up is cached
	_, err = w.authenticate("Bearer "+token.Text, "")
	wantKind(t, err, scim.KindExpiredToken, "2031-01-02T03:04:05Z")
}

func TestAuthenticate_Client(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	token := w.token(w.connection)
	for _, connection := range []string{"", w.connection.ID} { // at /scim/v2 the token finds the connection
		client, err := w.authenticate("bearer  "+token.Text+" ", connection)
		check(t, err)
		equal(t, "client", []string{client.Workspace.ID, client.Connection.ID, client.TokenID, client.Profile.Name, client.Types[0].ID, client.Types[1].ID},
			[]string{w.workspace.ID, w.connection.ID, token.ID, "entra", "User", "Group"})
	}
	client, err := w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	w.skip()
	_, err = client.Create(w.ctx, w.decode(w.groupType(), `{"displayName":"G"}`), scim.Write{})
	check(t, err)
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, w.auditSeq, 0)
	check(t, err)
	equal(t, "actor", []string{entries[0].Actor, entries[0].RequestID, entries[0].Address},
		[]string{"token:" + token.ID, "req-1", "192.0.2.1"})
}

func TestAuthenticate_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection).Text
	strict := w.token(w.connect("strict", "rfc")).Text
	other := w.connect("other", "okta").ID
	secret := w.secret().Text
	access := w.access(secret, time.Hour).Text
	unknown := directory.NewTokenText(w.workspace.Root)
	nowhere := directory.NewTokenText("aaaaaaaaaa")
	rows := []struct {
		name, header, connection string
		kind                     scim.Kind
		text                     string
	}{
		{"nothing", "", "", scim.KindNoToken, ""},
		{"a blank", "  ", "", scim.KindNoToken, ""},
		{"a scheme alone", "Bearer", "", scim.KindNoToken, ""},
		{"T-006 no scheme", "non-token", "", scim.KindMalformedToken, "usher_scim_"},
		{"T-007 doubled prefix", "Bearer Bearer " + token, "", scim.KindMalformedToken, "one Bearer"},
		{"T-007 another scheme", "Basic " + token, "", scim.KindMalformedToken, "Bearer"},
		{"two tokens", "Bearer " + token + " " + token, "", scim.KindMalformedToken, "one token"},
		{"many words", strings.Repeat("x ", 100), "", scim.KindMalformedToken, "Bearer"},
		{"cut off", "Bearer " + token[:len(token)-1], "", scim.KindMalformedToken, "cut off"},
		{"a typo", "Bearer " + strings.Replace(token, "_scim_", "_scim_a", 1), "", scim.KindMalformedToken, "cut off"},
		{"a swapped letter", "Bearer " + swap(token), "", scim.KindMalformedToken, "cut off"},
		{"too short", "Bearer usher_scim_", "", scim.KindMalformedToken, ""},
		{"unknown", "Bearer " + unknown, "", scim.KindUnknownToken, ""},
		{"unknown root", "Bearer " + nowhere, "", scim.KindUnknownToken, ""},
		{"foreign", "Bearer " + token, other, scim.KindForeignToken, ""},
		{"no such connection", "Bearer " + token, "nope", scim.KindForeignToken, ""},
		{"a client secret", "Bearer " + secret, "", scim.KindMalformedToken, "token URL"},
		{"an access token without its end", "Bearer " + access[:len(access)-1], "", scim.KindMalformedToken, "token URL gave it"},
		{"an access token of somebody else", "Bearer " + swapLast(access), "", scim.KindUnknownToken, ""},
		{"an access token under another URL", "Bearer " + access, other, scim.KindForeignToken, ""},
		{"D-31 bare where the profile has no quirk", strict, "", scim.KindMalformedToken, "Bearer"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := w.authenticate(row.header, row.connection)
			wantKind(t, err, row.kind, row.text)
			for _, s := range []string{token, secret, access} {
				if strings.Contains(err.Error(), s) {
					t.Error("R-176 the credential stands in the error")
				}
			}
		})
	}
	t.Run("T-007 M5 D-31 bare", func(t *testing.T) {
		client, err := w.authenticate(token, w.connection.ID)
		check(t, err)
		equal(t, "connection", client.Connection.ID, w.connection.ID)
	})
}

// swap exchanges the two first letters of the secret that differ.
func swap(token string) string {
	b := []byte(token)
	for i := len("usher_scim_") + 11; ; i++ {
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			return string(b)
		}
	}
}

// swapLast changes the last character.
func swapLast(text string) string {
	last := text[len(text)-1]
	return text[:len(text)-1] + string('0'+(last-'0'+1)%2)
}

func TestAuthenticate_ChangesOfAnotherProcessHoldWithinASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	header := "Bearer " + token.Text
	elsewhere := w.open(w.key)
	_, err := w.authenticate(header, "")
	check(t, err)

	_, err = elsewhere.PauseConnection(w.ctx, operator, w.connection)
	check(t, err)
	w.clock.add(499 * time.Millisecond)
	_, err = w.authenticate(header, "") // a look-up is trusted that long
	check(t, err)
	w.clock.add(time.Millisecond)
	_, err = w.authenticate(header, "")
	wantKind(t, err, scim.KindPaused)

	_, err = elsewhere.ResumeConnection(w.ctx, operator, w.connection)
	check(t, err)
	w.clock.add(time.Second)
	_, err = w.authenticate(header, "")
	check(t, err)
	_, err = elsewhere.RevokeToken(w.ctx, operator, w.connection, token.ID)
	check(t, err)
	w.clock.add(time.Second)
	_, err = w.authenticate(header, "")
	wantKind(t, err, scim.KindRevokedToken)
	check(t, elsewhere.DeleteConnection(w.ctx, operator, w.connection))
	w.clock.add(time.Second)
	_, err = w.authenticate(header, "")
	wantKind(t, err, scim.KindUnknownToken)
}

func (w *world) userToken(user string) directory.IssuedToken {
	w.t.Helper()
	token, err := w.directory.CreateUserToken(w.ctx, operator, w.connection, user, w.clock.Now().AddDate(1, 0, 0))
	check(w.t, err)
	return token
}

// a token may be bound to a user, who is /Me then. R-004: it is good only as long as they are active.
func TestToken_R160_BoundToAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	ada := w.user(`{"userName":"ada","active":true}`)
	bob := w.user(`{"userName":"bob","active":false}`)
	for _, id := range []string{bob.ID, "nope"} {
		_, err := w.directory.CreateUserToken(w.ctx, operator, w.connection, id, testStart.AddDate(1, 0, 0))
		wantRefusal(t, err, directory.RefusedInvalid, id)
	}
	other := w.connect("other", "okta")
	_, err := w.directory.CreateUserToken(w.ctx, operator, other, ada.ID, testStart.AddDate(1, 0, 0))
	wantRefusal(t, err, directory.RefusedInvalid, ada.ID) // a user of another connection is nobody

	w.skip()
	bound := w.userToken(ada.ID)
	w.label(bound.ID, "<bound>")
	w.wantHappened(`token.create <bound> by cli:test: {"kind":"bearer","expires_at":"2031-01-02T03:04:05.678Z","user":"<ada>"}`)
	header := "Bearer " + bound.Text
	client, err := w.authenticate(header, w.connection.ID)
	check(t, err)
	equal(t, "me", client.User, ada.ID)
	_, err = client.Get(w.ctx, w.userType(), bob.ID, w.all(w.userType())) // its reach is the connection's
	check(t, err)
	client, err = w.authenticate("Bearer "+w.token(w.connection).Text, "")
	check(t, err)
	equal(t, "me of another token", client.User, "")

	set := func(active string) {
		_, err := w.patch(w.userType(), ada.ID, `[{"op":"replace","path":"active","value":`+active+`}]`)
		check(t, err)
	}
	set("false") // what this process changes holds at once
	_, err = w.authenticate(header, "")
	wantKind(t, err, scim.KindInactiveUser, ada.ID, "deactivated or deleted")
	set("true")
	_, err = w.authenticate(header, "")
	check(t, err)
	check(t, w.Delete(w.ctx, w.userType(), ada.ID, scim.Write{}))
	_, err = w.authenticate(header, "")
	wantKind(t, err, scim.KindInactiveUser, ada.ID)
}
