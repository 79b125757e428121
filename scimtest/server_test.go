package scimtest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

const testToken = "the-token"

// newHandler is an honest server for the scenarios: scimserver with its memory backend.
func newHandler(t *testing.T, profile string) http.Handler {
	t.Helper()
	p, ok := scim.ProfileByName(profile)
	if !ok {
		t.Fatalf("no profile %q", profile)
	}
	memory := scimserver.NewMemory(p)
	return scimserver.New(scimserver.Options{
		Log: slog.New(slog.DiscardHandler),
		Caller: func(r *http.Request) (scimserver.Caller, error) {
			if r.Header.Get("Authorization") != "Bearer "+testToken {
				return scimserver.Caller{}, scim.NewError(scim.KindUnknownToken, "Authorization", "", "")
			}
			return scimserver.Caller{Backend: memory, Profile: p, Types: []*scim.ResourceType{scim.UserType(), scim.GroupType()}, BaseURL: "http://" + r.Host}, nil
		},
	})
}

// newServer serves h and returns its base URL.
func newServer(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
