package delivery

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

var hookKey = []byte("0123456789abcdef0123456789abcdef")

// ask asks a receiver about the question.
func ask(ctx context.Context, url string, q directory.HookQuestion) (directory.HookAnswer, error) {
	q.Connection = directory.Connection{ID: "c1", Name: "Okta", Profile: "okta", Settings: directory.ConnectionSettings{Hook: url}}
	q.Secret = hookKey
	return HTTPHook(NewClient(ClientConfig{AllowedNetworks: loopback}), nil)(ctx, q)
}

func TestHTTPHook_X8_TheQuestion(t *testing.T) {
	t.Parallel()
	const want = `{
		"type": "provisioning.hook",
		"connection": {"id": "c1", "name": "Okta", "profile": "okta"},
		"idempotency_key": "k1", "operation": "update", "workspace": "ACC123", "subject": "s1",
		"document": {"userName": "ada@example.com", "active": true},
		"wanted": [{
			"workspace": "ACC123", "role": "member", "teams": ["red"], "status": "active",
			"why": {"membership": {"rule": "home"}, "role": {"rule": "roles", "source": "roles[0].value", "value": "member"}}
		}],
		"current": [{"workspace": "ACC123", "role": "admin", "status": "invited"}]
	}`
	url := receive(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		oracle, err := standardwebhooks.NewWebhook("whsec_" + base64.StdEncoding.EncodeToString(hookKey))
		if err != nil {
			t.Error(err)
		}
		if err := oracle.Verify(body, r.Header); err != nil {
			t.Error(err)
		}
		if id := r.Header.Get(headerID); id != "k1" {
			t.Errorf("%s is %q, want the idempotency key", headerID, id)
		}
		var a, b any
		if err := json.Unmarshal([]byte(want), &a); err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal(body, &b); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("question (-want +got):\n%s", diff)
		}
		if strings.Contains(string(body), r.Host) {
			t.Error("the question tells the connection's settings")
		}
	})
	_, err := ask(t.Context(), url, directory.HookQuestion{
		IdempotencyKey: "k1", Operation: directory.HookUpdate, Workspace: "ACC123", Subject: "s1",
		Document: json.RawMessage(`{"userName":"ada@example.com","active":true}`),
		Wanted: []directory.HookMembership{{
			Workspace: "ACC123", Role: "member", Teams: []string{"red"}, Status: directory.StatusActive,
			Why: &directory.HookReasons{
				Membership: mapping.Reason{Rule: "home"},
				Role:       mapping.Reason{Rule: "roles", Source: "roles[0].value", Value: "member"},
			},
		}},
		Current: []directory.HookMembership{{Workspace: "ACC123", Role: "admin", Status: directory.StatusInvited}},
	})
	if err == nil || !strings.Contains(err.Error(), "JSON") { // an empty 200 says nothing
		t.Errorf("an empty answer: %v", err)
	}
}

func TestHTTPHook_X8_TheAnswer(t *testing.T) {
	t.Parallel()
	admin, status, teams := "admin", directory.StatusDeactivated, []string{}
	for _, row := range []struct {
		name   string
		status int
		body   string
		want   directory.HookAnswer
		cause  string // of an error; empty: none
	}{
		{"passes", 204, "", directory.HookAnswer{}, ""},
		{"passes with an object", 200, " {}\n", directory.HookAnswer{}, ""},
		{"refuses", 200, `{"refused":"no seat is left"}`, directory.HookAnswer{Refused: "no seat is left"}, ""},
		{
			"changes", 200, `{"memberships":[{"workspace":"ACC123","role":"admin","teams":[],"status":"deactivated"},{"workspace":"B","drop":true}]}`,
			directory.HookAnswer{Memberships: []directory.HookChange{
				{Workspace: "ACC123", Role: &admin, Teams: &teams, Status: &status}, {Workspace: "B", Drop: true},
			}},
			"",
		},
		{"nulls are nothing", 200, `{"refused":null,"memberships":null}`, directory.HookAnswer{}, ""},

		{"an error", 500, `{}`, directory.HookAnswer{}, "answered 500"},
		{"another success", 202, `{}`, directory.HookAnswer{}, "answered 202"},
		{"a redirect", 307, ``, directory.HookAnswer{}, "answered 307"},
		{"nothing", 200, "", directory.HookAnswer{}, "no JSON object"},
		{"null", 200, "null", directory.HookAnswer{}, "no JSON object"},
		{"a page", 200, "<html>", directory.HookAnswer{}, "no JSON object"},
		{"a list", 200, "[]", directory.HookAnswer{}, "no JSON object"},
		{"cut off", 200, `{"refused":"no`, directory.HookAnswer{}, "cannot be read"},
		{"more behind it", 200, `{}{}`, directory.HookAnswer{}, "cannot be read"},
		{"a name misspelt", 200, `{"refuse":"no seat is left"}`, directory.HookAnswer{}, "refuse"},
		{"a name in another case", 200, `{"Refused":"no seat is left"}`, directory.HookAnswer{}, "Refused"},
		{"a name twice", 200, `{"refused":"a","refused":null}`, directory.HookAnswer{}, "refused"},
		{"a name misspelt within", 200, `{"memberships":[{"workspace":"ACC123","roles":"admin"}]}`, directory.HookAnswer{}, "roles"},
		{"another type", 200, `{"refused":true}`, directory.HookAnswer{}, "cannot be read"},
		{"an empty reason", 200, `{"refused":""}`, directory.HookAnswer{}, "empty"},
		{"refuses and changes", 200, `{"refused":"a","memberships":[{"workspace":"B"}]}`, directory.HookAnswer{}, "both"},
		{"huge", 200, `{"refused":"` + strings.Repeat("a", maxAnswer) + `"}`, directory.HookAnswer{}, "more than"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url := receive(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
			})
			got, err := ask(t.Context(), url, directory.HookQuestion{})
			if (err == nil) != (row.cause == "") || err != nil && !strings.Contains(err.Error(), row.cause) {
				t.Errorf("error %v, want one that says %q", err, row.cause)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHTTPHook_X8_NoAnswer(t *testing.T) {
	t.Parallel()
	t.Run("hangs up", func(t *testing.T) {
		t.Parallel()
		url := receive(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		if _, err := ask(t.Context(), url, directory.HookQuestion{}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("hangs", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		url := receive(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		})
		if _, err := ask(ctx, url, directory.HookQuestion{}); err == nil || !strings.Contains(err.Error(), "in time") {
			t.Errorf("= %v", err)
		}
	})
	t.Run("stops in the middle", func(t *testing.T) {
		t.Parallel()
		url := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{}`)
		})
		if _, err := ask(t.Context(), url, directory.HookQuestion{}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("may not be called", func(t *testing.T) {
		t.Parallel()
		url := receive(t, func(http.ResponseWriter, *http.Request) { t.Error("it was called") })
		q := directory.HookQuestion{Connection: directory.Connection{Settings: directory.ConnectionSettings{Hook: url}}}
		if _, err := HTTPHook(NewClient(ClientConfig{}), nil)(t.Context(), q); err == nil || !strings.Contains(err.Error(), errForbidden.Error()) {
			t.Errorf("= %v", err)
		}
	})
}

func TestHTTPHook_X8_ConnectionsWithoutAnAddressPass(t *testing.T) {
	t.Parallel()
	if a, err := HTTPHook(NewClient(ClientConfig{}), nil)(t.Context(), directory.HookQuestion{}); err != nil || a.Refused != "" {
		t.Errorf("= %v, %v", a, err)
	}
}
