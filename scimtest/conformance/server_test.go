package conformance

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimserver"
)

const (
	testToken  = "the-token"
	otherToken = "the-other-token"
	testPath   = "/scim/v2"
)

// profileNamed is one of the presets.
func profileNamed(t testing.TB, name string) scim.Profile {
	t.Helper()
	p, ok := scim.ProfileByName(name)
	if !ok {
		t.Fatalf("no profile %q", name)
	}
	return p
}

// fault is one change of an honest server: of its backend, of its handler, or of both.
type fault struct {
	backend func(scimserver.Backend) scimserver.Backend
	handler func(http.Handler) http.Handler
	options func(*scimserver.Options)
	caller  func(*http.Request, *scimserver.Caller)
}

// newServer serves the memory backend of a profile, with a fault in it or none, to two tenants.
func newServer(t testing.TB, profile string, f fault) *scimclient.Client {
	t.Helper()
	p := profileNamed(t, profile)
	backends := map[string]scimserver.Backend{}
	for _, token := range []string{testToken, otherToken} {
		backends["Bearer "+token] = scimserver.NewMemory(p)
		if f.backend != nil {
			backends["Bearer "+token] = f.backend(backends["Bearer "+token])
		}
	}
	caller := func(r *http.Request) scimserver.Caller {
		return scimserver.Caller{
			Profile: p, Types: []*scim.ResourceType{scim.UserType(), scim.GroupType()}, BaseURL: "http://" + r.Host + testPath,
			Identity: r.Header.Get("Authorization"),
		}
	}
	opt := scimserver.Options{
		MaxBulk:   20,
		Log:       slog.New(slog.DiscardHandler),
		Discovery: func(r *http.Request) (scimserver.Caller, error) { return caller(r), nil },
		Caller: func(r *http.Request) (scimserver.Caller, error) {
			c := caller(r)
			if c.Backend = backends[c.Identity]; c.Backend == nil && f.caller == nil {
				return scimserver.Caller{}, scim.NewError(scim.KindUnknownToken, "Authorization", "", "")
			}
			if f.caller != nil {
				f.caller(r, &c)
			}
			return c, nil
		},
	}
	if f.options != nil {
		f.options(&opt)
	}
	var h http.Handler = scimserver.New(opt)
	if f.handler != nil {
		h = f.handler(h)
	}
	mux := http.NewServeMux()
	mux.Handle(testPath+"/", http.StripPrefix(testPath, h))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return &scimclient.Client{BaseURL: s.URL + testPath, Token: testToken}
}

// secondOf is the client of the other tenant.
func secondOf(c *scimclient.Client) *scimclient.Client {
	return &scimclient.Client{BaseURL: c.BaseURL, Token: otherToken}
}
