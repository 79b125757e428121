package usher_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

// logged is a server whose provisioning log is written every few milliseconds.
func logged(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, usher.Config{})
	d, err := directory.New(directory.Config{
		Store: b.store, Key: b.key, Log: slog.New(slog.DiscardHandler),
		Intervals: directory.Intervals{Requests: 5 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	if b.server, err = usher.New(usher.Config{Directory: d, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return b
}

// wantRecords polls the provisioning log until it has so many records, newest first.
func (b *bundle) wantRecords(t *testing.T, n int) []directory.Request {
	t.Helper()
	var found []directory.Request
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		w, err := b.server.Directory().Workspace(t.Context(), "ACC123")
		if err != nil {
			t.Fatal(err)
		}
		if found, err = b.server.Directory().RequestLog(t.Context(), w, directory.RequestQuery{}); err != nil {
			t.Fatal(err)
		}
		if len(found) >= n {
			return found
		}
	}
	t.Fatalf("the provisioning log has %d records, want %d: %+v", len(found), n, found)
	return nil
}

func TestRequestLog_B4_EveryRequestLeavesARecord(t *testing.T) {
	t.Parallel()
	b := logged(t)
	const secret = "correct horse battery staple"
	body := strings.TrimSuffix(newUser, "}") + `,"password":"` + secret + `"}`
	all := 0
	for _, at := range []struct {
		request
		status int
		want   []string // of the record
	}{
		{
			request{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: body},
			201,
			[]string{`create user "ada@example.com"`, `"password":"•••"`},
		},
		{
			request{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: body},
			409,
			[]string{`create user "ada@example.com"`, "nothing: it was refused", "the value is taken", "Okta \"Import\"", "uniqueness"},
		},
		{request{path: "/scim/{id}/v2/Groups"}, 200, []string{"list groups"}},
		{
			request{path: "/scim/{id}/v2/Users", header: http.Header{"Authorization": {"Bearer wrong"}}, anonymous: true},
			401,
			[]string{"list users", "not a token"},
		},
		{request{path: "/scim/v2/Nothing"}, 404, []string{"read Nothing", "no such endpoint"}},
		{request{method: http.MethodPost, path: "/scim/{id}/v2/Bulk", body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
			"Operations":[{"method":"DELETE","path":"/Users/nobody"}]}`}, 200, []string{"a bulk request of 1 operation"}},
	} {
		if got := b.do(at.request); got.Code != at.status {
			t.Fatalf("%s %s is %d, want %d: %s", at.method, at.path, got.Code, at.status, got.Body)
		}
		if all++; strings.HasSuffix(at.path, "/Bulk") {
			all++ // its operation, which was refused, has a record of its own before it
		}
		records := b.wantRecords(t, all)
		text := fmt.Sprintf("%+v", records[0])
		for _, want := range at.want {
			if !strings.Contains(text, want) {
				t.Errorf("the record of %s %s lacks %q: %s", at.method, at.path, want, text)
			}
		}
		if records[0].Status != at.status || strings.Contains(text, secret) || strings.Contains(text, b.token) {
			t.Errorf("the record of %s %s has another status, or a secret: %s", at.method, at.path, text)
		}
	}
	records := b.wantRecords(t, 7)
	if got := records[1].Asked; got != "operation 1 of a bulk request: delete user" {
		t.Errorf("the refused operation is recorded as %q", got)
	}
}
