package scimserver_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// A server with one token, in memory.
func ExampleNew() {
	okta, _ := scim.ProfileByName("okta")
	caller := scimserver.Caller{
		Backend: scimserver.NewMemory(okta),
		Profile: okta,
		Types:   []*scim.ResourceType{scim.UserType(), scim.GroupType()},
		BaseURL: "https://app.example.com/scim/v2",
	}
	handler := scimserver.New(scimserver.Options{
		Caller: func(r *http.Request) (scimserver.Caller, error) {
			if r.Header.Get("Authorization") != "Bearer secret" {
				return scimserver.Caller{}, scim.NewError(scim.KindUnknownToken, "Authorization", "", "")
			}
			return caller, nil
		},
		Log: slog.New(slog.DiscardHandler),
	})
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", http.StripPrefix("/scim/v2", handler))

	r := httptest.NewRequest("POST", "/scim/v2/Users", strings.NewReader(
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane@example.com","active":true}`))
	r.Header.Set("Authorization", "Bearer secret")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Header().Get("ETag"))
	// Output: 201 application/scim+json W/"1"
}
