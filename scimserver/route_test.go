package scimserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	rows := []scenario{
		{name: "T-016 two slashes", path: "//Users", status: 200},
		{name: "T-016 T-125 a slash before the query", path: "/Users/?filter=id+pr", status: 200, want: `{"totalResults":3}`},
		{name: "T-016 slashes everywhere", path: "///Users//{bob}/", status: 200, want: `{"id":"{bob}"}`},
		{name: "T-011 T-115 R-051 an unknown endpoint", path: "/serviceConfiguration", status: 404},
		{name: "T-115 an endpoint that is nobody's", method: "POST", path: "/Roles", body: "{}", status: 404},
		{name: "an endpoint in another case", path: "/users", status: 404},
		{name: "an unknown path below an endpoint", path: "/Users/{bob}/emails", status: 404},
		{name: "an unknown path below discovery", path: "/ServiceProviderConfig/x", status: 404},
		{name: "an escaped path that does not decode", path: "/Users/%zz", status: 404},
		{name: "R-056 a query over all types", path: "/", status: 200, want: `{"totalResults":5}`},
		{name: "POST to the root", method: "POST", path: "/", body: "{}", status: 405, headers: map[string]string{"Allow": "GET, HEAD"}},
		{name: "R-146 GET of bulk", path: "/Bulk", status: 405, headers: map[string]string{"Allow": "POST"}},
		{name: "a path below bulk", method: "POST", path: "/Bulk/x", body: "{}", status: 404},
		{name: "R-096 GET of a search", path: "/.search", status: 405, headers: map[string]string{"Allow": "POST"}},
		{name: "R-096 GET of a search below a type", path: "/Users/.search", status: 405, headers: map[string]string{"Allow": "POST"}},
		{name: "R-096 nothing below a search", method: "POST", path: "/.search/x", body: "{}", status: 404},
		{name: "R-168 no search of discovery", method: "POST", path: "/Schemas/.search", body: "{}", status: 405},
		{name: "R-051 POST to a resource", method: "POST", path: "/Users/{bob}", body: "{}", status: 405, headers: map[string]string{"Allow": "DELETE, GET, HEAD, PATCH, PUT"}},
		{name: "PUT to a collection", method: "PUT", path: "/Users", body: "{}", status: 405, headers: map[string]string{"Allow": "GET, HEAD, POST"}},
		{name: "DELETE of a collection", method: "DELETE", path: "/Groups", status: 405},
		{name: "an unheard-of method", method: "BREW", path: "/Users", status: 405},
		{name: "OPTIONS", method: "OPTIONS", path: "/Users", status: 405},
	}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/" + scim.URNUser} {
		for _, m := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			rows = append(rows, scenario{
				name: "R-174 " + m + " " + path, method: m, path: path, body: "{}",
				status: 405, headers: map[string]string{"Allow": "GET, HEAD"},
			})
		}
	}
	play(t, rows)
}

func TestRoute_CaseHint(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	for path, hint := range map[string]string{"/users": "/Users", "/schemas": "/Schemas", "/serviceproviderconfig": "/ServiceProviderConfig"} {
		if a := f.do("GET", path, "", nil); !strings.Contains(a.Body.String(), hint) {
			t.Errorf("%s: no hint of %s: %s", path, hint, a.Body)
		}
	}
}

// TestRoute_Mounted serves the handler below a prefix over a real connection: no other code may answer for it.
func TestRoute_Mounted(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	// T-016
	srv := httptest.NewServer(http.StripPrefix("/scim/c1/v2", f.handler))
	t.Cleanup(srv.Close)
	for path, want := range map[string]int{
		"/Users": 200, "//Users": 200, "/Users/": 200, "": 200, "/": 200, "/nope": 404, "/Users/a%2Fb": 404, "/Users/..": 404, "/Users/%2e%2e": 404,
	} {
		r, err := http.NewRequest(http.MethodGet, srv.URL+"/scim/c1/v2"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want || resp.Header.Get("Content-Type") != "application/scim+json" {
			t.Errorf("GET %q: %d %s, want %d", path, resp.StatusCode, resp.Header.Get("Content-Type"), want)
		}
	}
}
