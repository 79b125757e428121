package scimtest

import (
	"context"
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
	return newHandlerWith(t, profile, scim.ResourceTypes(nil))
}

// handlerFor is an honest server as a scenario wants it, with the attributes that it declares.
func handlerFor(t *testing.T, name string) http.Handler {
	t.Helper()
	s, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	types := typesWith(t, s.Schema())
	if s.Name == "okta-ent" {
		types = append(types, scim.RoleType(), scim.TeamType())
	}
	return newHandlerWith(t, s.Profile, types)
}

// grantables is a backend that has roles and teams besides, which nobody can write.
type grantables struct{ scimserver.Backend }

func (b grantables) List(ctx context.Context, rt *scim.ResourceType, q scim.Query) (scim.Page, error) {
	switch rt.Endpoint {
	case "/Roles":
		return q.Answer([]*scim.Record{
			{Type: rt, ID: "Admin", Seq: 1, Version: 1, Body: []byte(`{"displayName":"Admin"}`)},
			{Type: rt, ID: "r-2", Seq: 2, Version: 1, Body: []byte(`{"displayName":"Campaign Manager"}`)},
		})
	case "/Entitlements":
		return q.Answer([]*scim.Record{{Type: rt, ID: "Sales", Seq: 1, Version: 1, Body: []byte(`{"displayName":"Sales","type":"Team"}`)}})
	}
	return b.Backend.List(ctx, rt, q)
}

func newHandlerWith(t *testing.T, profile string, types []*scim.ResourceType) http.Handler {
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
			return scimserver.Caller{Backend: grantables{memory}, Profile: p, Types: types, BaseURL: "http://" + r.Host}, nil
		},
	})
}

// typesWith are User and Group with the attributes that a schema document declares.
func typesWith(t *testing.T, document string) []*scim.ResourceType {
	t.Helper()
	if document == "" {
		return scim.ResourceTypes(nil)
	}
	o, err := scim.ParseJSON([]byte(document), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := scim.ParseDeclaration(o)
	if err != nil {
		t.Fatal(err)
	}
	return scim.ResourceTypes([]*scim.Declaration{d})
}

// newServer serves h and returns its base URL.
func newServer(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
