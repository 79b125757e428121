package usher_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
)

// newToken is another token of the connection.
func (b *bundle) newToken(t *testing.T) string {
	t.Helper()
	token, err := b.server.Directory().CreateToken(t.Context(), operator, b.connection, time.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return token.Text
}

// A cursor is good for its connection, whichever token is shown, and for its query. All else that is done with it gets
// one answer, which tells nothing (C-06, C-12).
func TestFault_C12_Cursor(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: -1}, Limits: usher.Limits{CursorTimeout: time.Minute}})
	b.users(t, 6)
	other := *b
	other.connect(t, b.workspace(t), "second")
	colleague := *b
	colleague.token = b.newToken(t)

	query := func(pairs ...string) string {
		q := url.Values{"filter": {"userName pr"}, "sortBy": {"userName"}, "count": {"2"}}
		for i := 0; i < len(pairs); i += 2 {
			q.Del(pairs[i])
			if pairs[i+1] != "" {
				q.Set(pairs[i], pairs[i+1])
			}
		}
		return "/Users?" + q.Encode()
	}
	first := b.send(t, http.MethodGet, query()+"&cursor=", "", http.StatusOK)
	cursor := first.NextCursor
	tampered := []byte(cursor)
	tampered[len(tampered)/2] ^= 1
	for _, row := range []struct {
		name     string
		by       *bundle
		query    string
		cursor   string
		scimType string // "" when it is good
	}{
		{"as it was given", b, query(), cursor, ""},
		{"again", b, query(), cursor, ""},
		{"another token of the connection", &colleague, query(), cursor, ""},
		{"without the count", b, query("count", ""), cursor, ""},
		{"tampered with", b, query(), string(tampered), "invalidCursor"},
		{"cut off", b, query(), cursor[:len(cursor)-1], "invalidCursor"},
		{"another connection", &other, query(), cursor, "invalidCursor"},
		{"another filter", b, query("filter", "title pr"), cursor, "invalidCursor"},
		{"no filter", b, query("filter", ""), cursor, "invalidCursor"},
		{"another sort", b, query("sortBy", "id"), cursor, "invalidCursor"},
		{"another order", b, query("sortOrder", "descending"), cursor, "invalidCursor"},
		{"another count", b, query("count", "3"), cursor, "invalidCount"},
	} {
		want := http.StatusOK
		if row.scimType != "" {
			want = http.StatusBadRequest
		}
		got := row.by.send(t, http.MethodGet, row.query+"&cursor="+url.QueryEscape(row.cursor), "", want)
		if got.ScimType != row.scimType {
			t.Errorf("%s: %s, want %s", row.name, got.ScimType, row.scimType)
		}
		if row.scimType == "" && (len(got.Resources) != 2 || got.Resources[0].UserName != "u2") {
			t.Errorf("%s: %+v", row.name, got.Resources)
		}
	}
	clock.add(time.Minute)
	expired := b.send(t, http.MethodGet, query()+"&cursor="+cursor, "", http.StatusBadRequest)
	if expired.ScimType != "expiredCursor" || !strings.Contains(expired.Detail, "60 seconds") {
		t.Errorf("a minute later: %+v", expired)
	}
}

// A cursor outlives the process, as its key comes from the installation's; that of another installation is nothing.
func TestFault_C12_CursorAfterARestart(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	b.users(t, 3)
	cursor := b.send(t, http.MethodGet, "/Users?count=2&cursor=", "", http.StatusOK).NextCursor
	again := *b
	var err error
	if again.server, err = usher.New(usher.Config{Store: b.store, Key: b.key, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if got := again.send(t, http.MethodGet, "/Users?cursor="+cursor, "", http.StatusOK); len(got.Resources) != 1 {
		t.Errorf("%+v", got)
	}
	elsewhere := unlimited(t)
	elsewhere.users(t, 3)
	if got := elsewhere.send(t, http.MethodGet, "/Users?cursor="+cursor, "", http.StatusBadRequest); got.ScimType != "invalidCursor" {
		t.Errorf("%+v", got)
	}
}

// walk reads a list by cursor to its end and returns the userNames.
func (b *bundle) walk(t *testing.T, between func()) []string {
	t.Helper()
	var names []string
	for cursor := ""; ; between() {
		page := b.send(t, http.MethodGet, "/Users?count=2&cursor="+cursor, "", http.StatusOK)
		for _, u := range page.Resources {
			names = append(names, u.UserName)
		}
		if cursor = page.NextCursor; cursor == "" {
			return names
		}
	}
}

// numbered are u0 to u(n-1).
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("u%d", i)
	}
	return slices.Clip(names)
}
