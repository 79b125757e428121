package usher_test

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-scim/usher"
)

type beganKey struct{}

// watched is a server whose requests are observed.
func watched(t *testing.T, cfg usher.Config) (b *bundle, last func() usher.Observation) {
	t.Helper()
	var seen []usher.Observation
	cfg.Observe = usher.Observer{
		Begin: func(r *http.Request, trusted bool) context.Context {
			return context.WithValue(r.Context(), beganKey{}, trusted)
		},
		End: func(ctx context.Context, o usher.Observation) {
			if _, ok := ctx.Value(beganKey{}).(bool); !ok {
				t.Error("End got another context than that of Begin")
			}
			seen = append(seen, o)
		},
	}
	b = setup(t, cfg)
	return b, func() usher.Observation {
		if len(seen) != 1 {
			t.Fatalf("%d observations of one request", len(seen))
		}
		o := seen[0]
		seen = nil
		return o
	}
}

func TestObserver_SeesEveryRequestOnceByItsRoute(t *testing.T) {
	t.Parallel()
	b, last := watched(t, usher.Config{})
	for _, row := range []struct {
		request request
		want    usher.Observation
	}{
		{request{path: "/scim/{id}/v2/Users?filter=userName+eq+%22ada%22"}, usher.Observation{Face: usher.FaceSCIM, Connection: "{id}", Route: "/Users", Status: 200}},
		{request{method: "POST", path: "/scim/{id}/v2/Users", body: newUser}, usher.Observation{Face: usher.FaceSCIM, Connection: "{id}", Method: "POST", Route: "/Users", Status: 201}},
		{
			request{method: "POST", path: "/scim/v2/Users", body: newUser},
			usher.Observation{Face: usher.FaceSCIM, Connection: "{id}", Method: "POST", Route: "/Users", Status: 409, ScimType: "uniqueness", Kind: "value taken"},
		},
		{request{path: "/scim/v2//Users/ada/"}, usher.Observation{Face: usher.FaceSCIM, Connection: "{id}", Route: "/Users/{id}", Status: 404, Kind: "unknown resource"}},
		{request{method: "POST", path: "/scim/v2/Groups/.search", body: "{"}, usher.Observation{
			Face: usher.FaceSCIM, Connection: "{id}", Method: "POST", Route: "/Groups/.search", Status: 400, ScimType: "invalidSyntax", Kind: "malformed JSON",
		}},
		{request{path: "/scim/v2/Grapes/ada"}, usher.Observation{Face: usher.FaceSCIM, Connection: "{id}", Route: "/{type}/{id}", Status: 404, Kind: "unknown endpoint"}},
		{request{path: "/scim/{id}/v2/Users", anonymous: true}, usher.Observation{Face: usher.FaceSCIM, Route: "/Users", Status: 401, Kind: "no token"}},
		{request{path: "/scim/nowhere"}, usher.Observation{Face: usher.FaceSCIM, Route: "(other)", Status: 404}},
		{request{path: "/nope/Users"}, usher.Observation{Face: usher.FaceNone, Route: "(other)", Status: 404, Kind: "unknown path"}},
		{request{method: "BREW", path: "/pot"}, usher.Observation{Face: usher.FaceNone, Method: "(other)", Route: "(other)", Status: 404, Kind: "unknown path"}},
		{request{method: "POST", path: "/scim/{id}/oauth2/token"}, usher.Observation{
			Face: usher.FaceOAuth2, Method: "POST", Route: "/scim/{connection}/oauth2/token", Status: 400, Kind: "invalid_request",
		}},
		{request{path: "/api/v1/workspaces/ACC123/members"}, usher.Observation{Face: usher.FaceAdmin, Route: "/workspaces/{workspace}/members", Status: 401}},
		{request{path: "/api/v1/ada"}, usher.Observation{Face: usher.FaceAdmin, Route: "(other)", Status: 404}},
		{request{path: "/healthz"}, usher.Observation{Face: usher.FaceOperations, Route: "/healthz", Status: 200}},
	} {
		w := b.do(row.request)
		got, want := last(), row.want
		want.Connection = strings.ReplaceAll(want.Connection, "{id}", b.connection.ID)
		if want.Method == "" {
			want.Method = http.MethodGet
		}
		want.RequestID, want.Bytes = w.Header().Get("X-Request-Id"), int64(w.Body.Len())
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(usher.Observation{}, "Duration")); diff != "" {
			t.Errorf("%s %s: %s", want.Method, row.request.path, diff)
		}
		if got.Duration <= 0 {
			t.Errorf("%s: took %s", row.request.path, got.Duration)
		}
	}
}

func TestObserver_LearnsWhoseHeadersCount(t *testing.T) {
	t.Parallel()
	var trusted []bool
	b := setup(t, usher.Config{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Observe: usher.Observer{Begin: func(r *http.Request, t bool) context.Context {
			trusted = append(trusted, t)
			return r.Context()
		}},
	})
	b.do(request{path: "/healthz", remote: "10.1.2.3:4"})
	b.do(request{path: "/healthz", remote: "192.0.2.1:4"})
	if diff := cmp.Diff([]bool{true, false}, trusted); diff != "" {
		t.Error(diff)
	}
}
