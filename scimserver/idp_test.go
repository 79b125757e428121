package scimserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimserver"
	"github.com/usher-scim/usher/scimtest"
)

// TestIdentityProviders plays the identity providers, and their own published test suites, against the memory
// backend: each on the profile that is meant for it, and on the catch-all, since one tenant may use any of them.
func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	for _, s := range scimtest.All() {
		profiles := []string{s.Profile, "generic"}
		if s.Name == "entra-parallel" {
			profiles = append(profiles, "okta")
		}
		slices.Sort(profiles)
		for _, name := range slices.Compact(profiles) {
			t.Run(s.Name+" on "+name, func(t *testing.T) {
				t.Parallel()
				playAll(t, s, profile(t, name))
			})
		}
	}
}

// TestIdentityProviders_StrictMisbehaviour: a client that misbehaves gets a sound answer from the profile that follows
// the letter too, or a refusal.
func TestIdentityProviders_StrictMisbehaviour(t *testing.T) {
	t.Parallel()
	s, err := scimtest.Lookup("misbehaving")
	if err != nil {
		t.Fatal(err)
	}
	f := bare(t, profile(t, "rfc"), nil)
	srv := httptest.NewServer(f.handler)
	t.Cleanup(srv.Close)
	r := s.Run(t.Context(), &scimclient.Client{BaseURL: srv.URL, Token: token}, scimtest.Options{})
	for _, step := range r.Missed() {
		t.Errorf("%s %s: %s", step.ID, step.Name, step.Detail)
	}
}

func playAll(t *testing.T, s scimtest.Scenario, p scim.Profile) {
	t.Helper()
	types := typesWith(t, s.Schema())
	if s.Name == "okta-ent" {
		types = append(types, scim.RoleType(), scim.TeamType())
	}
	f := bare(t, p, func(o *scimserver.Options) {
		plain := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := plain(r)
			c.Types, c.Backend = types, grantables{c.Backend}
			return c, err
		}
	})
	srv := httptest.NewServer(f.handler)
	t.Cleanup(srv.Close)
	scimtest.Run(t, &scimclient.Client{BaseURL: srv.URL, Token: token}, s.Name)
	if strings.Contains(f.log.String(), `"level":"ERROR"`) {
		t.Error(f.log)
	}
}

// grantables is a backend that has roles and teams besides, which nobody can write.
type grantables struct{ scimserver.Backend }

func (b grantables) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	if !t.ReadOnly {
		return b.Backend.List(ctx, t, q)
	}
	return q.Answer([]*scim.Record{
		{Type: t, ID: "a", Seq: 1, Version: 1, Body: []byte(`{"displayName":"A","type":"Team"}`)},
		{Type: t, ID: "b", Seq: 2, Version: 1, Body: []byte(`{"displayName":"B","type":"Team"}`)},
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
