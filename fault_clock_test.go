package usher_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

// A clock that is put back or forward, by more than anything lasts.

func (b *bundle) post(t *testing.T, name string) resource {
	t.Helper()
	return b.send(t, http.MethodPost, "/Users", strings.ReplaceAll(newUser, "ada@example.com", name), http.StatusCreated)
}

// access is an access token of the connection.
func (b *bundle) access(t *testing.T) string {
	t.Helper()
	secret := b.secret(t)
	w := b.do(form("grant_type", "client_credentials", "client_id", b.connection.ID, "client_secret", secret.Text))
	return answerOf(t, w).AccessToken
}

// revokeAllElsewhere revokes every token and client secret of the connection as another process on the same data does.
func (b *bundle) revokeAllElsewhere(t *testing.T) {
	t.Helper()
	dir, err := directory.New(directory.Config{Store: b.store, Key: b.key})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := dir.Tokens(t.Context(), b.connection)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if _, err := dir.RevokeToken(t.Context(), operator, b.connection, token.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// Lists, cursors, the audit log and the feed go by the order in which things were written and not by the clock.
// lastModified is never before created, nor before it was.
func TestFault_ClockPutBack_OrderAndTimes(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: -1}})
	names := numbered(6)
	var first resource
	for i, name := range names {
		u := b.post(t, name)
		if i == 0 {
			first = u
		}
		clock.add(-time.Hour)
	}
	if got := b.walk(t, func() { clock.add(-10 * time.Minute) }); !slices.Equal(got, names) {
		t.Errorf("by cursor: %v, want %v", got, names)
	}
	var listed []string
	for _, u := range b.send(t, http.MethodGet, "/Users", "", http.StatusOK).Resources {
		listed = append(listed, u.UserName)
	}
	if !slices.Equal(listed, names) {
		t.Errorf("by index: %v, want %v", listed, names)
	}
	if got := b.send(t, http.MethodGet, `/Users?filter=userName+eq+%22u0%22`, "", http.StatusOK); got.TotalResults != 1 {
		t.Errorf("found %d", got.TotalResults)
	}

	group := b.send(t, http.MethodPost, "/Groups", groupOf("G"), http.StatusCreated)
	clock.add(-time.Hour)
	changes := []struct{ method, path, body string }{
		{http.MethodPatch, "/Users/" + first.ID, patchOf(`{"op":"replace","path":"title","value":"x"}`)},
		{http.MethodPut, "/Users/" + first.ID, strings.ReplaceAll(newUser, "ada@example.com", "u0")},
		{http.MethodPut, "/Groups/" + group.ID, groupOf("H")},
		{http.MethodPut, "/Groups/" + group.ID, groupOf("H", first.ID)},
		{http.MethodPut, "/Groups/" + group.ID, groupOf("I")},
	}
	for _, c := range changes {
		before := b.send(t, http.MethodGet, c.path, "", http.StatusOK).Meta
		after := b.send(t, c.method, c.path, c.body, http.StatusOK).Meta
		if after.Version == before.Version || after.LastModified.Before(before.LastModified) || after.LastModified.Before(after.Created) {
			t.Errorf("%s %s: %+v became %+v", c.method, c.path, before, after)
		}
		clock.add(-time.Hour)
	}
	// A member who is deleted changes the group too.
	member := b.post(t, "member")
	b.send(t, http.MethodPut, "/Groups/"+group.ID, groupOf("I", member.ID), http.StatusOK)
	clock.add(-time.Hour)
	b.send(t, http.MethodDelete, "/Users/"+member.ID, "", http.StatusNoContent)
	if m := b.send(t, http.MethodGet, "/Groups/"+group.ID, "", http.StatusOK).Meta; m.LastModified.Before(m.Created) {
		t.Errorf("after a member was deleted: %+v", m)
	}
	entries, err := b.server.Directory().AuditLog(t.Context(), b.workspace(t), 0, 1000)
	if err != nil || entries[len(entries)-1].Target != member.ID {
		t.Errorf("the last entry of the audit log is %+v, %v", entries[len(entries)-1], err)
	}
}

// Tokens, access tokens and cursors end by the clock: one that is put forward ends them at once, and one that is put
// back lets them live for as long again. Nobody is let in who was revoked.
func TestFault_ClockMoved_Credentials(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: -1}})
	b.users(t, 3)
	access := *b
	access.token = b.access(t)
	cursor := b.send(t, http.MethodGet, "/Users?count=2&cursor=", "", http.StatusOK).NextCursor
	status := func(b *bundle, path string) int {
		return b.do(request{path: "/scim/{id}/v2" + path}).Code
	}
	for _, row := range []struct {
		move                  time.Duration
		token, access, cursor int
	}{
		{0, 200, 200, 200},
		{-2 * time.Hour, 200, 200, 200},
		{+2*time.Hour + 59*time.Minute, 200, 200, 200},
		{+2 * time.Minute, 401, 401, 401}, // all three last for an hour
		{-30 * time.Minute, 200, 200, 200},
		{-24 * 365 * time.Hour, 200, 200, 200},
		{+24 * 365 * 2 * time.Hour, 401, 401, 401},
		{-24 * 365 * time.Hour, 200, 200, 200},
	} {
		clock.add(row.move)
		for _, c := range []struct {
			name      string
			got, want int
		}{
			{"token", status(b, "/Users?count=1"), row.token},
			{"access token", status(&access, "/Users?count=1"), row.access},
			{"cursor", status(b, "/Users?cursor="+cursor), row.cursor},
		} {
			if c.got != c.want {
				t.Errorf("at %s: %s is answered %d, want %d", clock.Now(), c.name, c.got, c.want)
			}
		}
	}
	// What was looked up a moment ago is not trusted longer because the clock went back.
	b.revokeAllElsewhere(t)
	clock.add(-time.Minute)
	if got := status(b, "/Users?count=1"); got != http.StatusUnauthorized {
		t.Errorf("a revoked token is answered %d", got)
	}
	if got := status(&access, "/Users?count=1"); got != http.StatusUnauthorized {
		t.Errorf("an access token of a revoked secret is answered %d", got)
	}
}

// The rate limit goes on when the clock is put back, and a clock that is put forward gives no more than the burst.
func TestFault_D28_ClockMoved_RateLimit(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: 10, Burst: 20}})
	if refused := b.flood(t, 30, oneUser); refused != 10 {
		t.Errorf("%d refused, want 10", refused)
	}
	clock.add(-time.Hour)
	if refused := b.flood(t, 30, oneUser); refused != 10 {
		t.Errorf("an hour back: %d refused, want 10", refused)
	}
	clock.add(time.Second)
	if refused := b.flood(t, 30, oneUser); refused != 20 {
		t.Errorf("a second later: %d refused, want 20", refused)
	}
	clock.add(30 * time.Minute)
	if refused := b.flood(t, 30, oneUser); refused != 10 {
		t.Errorf("half an hour forward: %d refused, want 10", refused)
	}
}
