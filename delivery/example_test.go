package delivery_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

// The secret was shown when the webhook was created. Keep it where the app keeps its other secrets.
const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// An app that hears of its members.
func ExampleVerify() {
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := delivery.Verify(secret, r.Header, body, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		var e directory.EventMessage
		if err := json.Unmarshal(body, &e); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// Store the event together with its position, in one transaction. An event whose position is not above the stored
		// one has come before.
		fmt.Println(e.Workspace, e.Type, e.Subject, string(e.Data))
		w.WriteHeader(http.StatusNoContent)
	}

	send := func(signed string) {
		const body = `{"id":"e1","type":"member.joined","position":7,"workspace":"ACC123","subject":"s1","data":{"role":"member"}}`
		signer, _ := standardwebhooks.NewWebhook(signed)
		signature, _ := signer.Sign("e1", time.Now(), []byte(body))
		r := httptest.NewRequest(http.MethodPost, "/usher", strings.NewReader(body))
		r.Header.Set("webhook-id", "e1")
		r.Header.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()))
		r.Header.Set("webhook-signature", signature)
		w := httptest.NewRecorder()
		receive(w, r)
		fmt.Println(w.Code, http.StatusText(w.Code))
	}
	send(secret)
	send("whsec_c29tZWJvZHkgd2hvIGRvZXMgbm90IGtub3cgaXQuLi4=")
	// Output:
	// ACC123 member.joined s1 {"role":"member"}
	// 204 No Content
	// 401 Unauthorized
}

// An app that has its own rules: contractors become viewers, and nobody joins when all seats are taken.
func ExampleHTTPHook() {
	seats := 1
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := delivery.Verify(secret, r.Header, body, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		var q struct {
			directory.HookQuestion
			Document struct {
				UserName string `json:"userName"`
				UserType string `json:"userType"`
			} `json:"document"`
		}
		if err := json.Unmarshal(body, &q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var answer directory.HookAnswer
		switch {
		case q.Operation == directory.HookCreate && seats == 0:
			answer.Refused = "no seat is left for " + q.Document.UserName
		case q.Document.UserType == "Contractor":
			viewer := "viewer"
			for _, m := range q.Wanted {
				answer.Memberships = append(answer.Memberships, directory.HookChange{Workspace: m.Workspace, Role: &viewer})
			}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	defer app.Close()

	// What Usher does with it.
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	hook := delivery.HTTPHook(delivery.NewClient(delivery.ClientConfig{
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, // as the example's app is on this machine
	}), nil)
	ask := func(document string) {
		answer, err := hook(context.Background(), directory.HookQuestion{
			Connection:     directory.Connection{ID: "c1", Name: "Okta", Settings: directory.ConnectionSettings{Hook: app.URL}},
			Secret:         key,
			IdempotencyKey: "k1", Operation: directory.HookCreate, Workspace: "ACC123", Document: json.RawMessage(document),
			Wanted: []directory.HookMembership{{Workspace: "ACC123", Role: "member", Status: directory.StatusActive}},
		})
		text, _ := json.Marshal(answer)
		fmt.Println(string(text), err)
	}
	ask(`{"userName":"ada@example.com"}`)
	ask(`{"userName":"bob@example.com","userType":"Contractor"}`)
	seats = 0
	ask(`{"userName":"eve@example.com"}`)
	// Output:
	// {} <nil>
	// {"memberships":[{"workspace":"ACC123","role":"viewer"}]} <nil>
	// {"refused":"no seat is left for eve@example.com"} <nil>
}
