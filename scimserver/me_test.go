package scimserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// setupMe is a fixture whose credential belongs to bob.
func setupMe(t *testing.T) *fixture {
	t.Helper()
	var f *fixture
	f = setup(t, "rfc", func(o *scimserver.Options) {
		inner := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := inner(r)
			if f != nil {
				c.Me = &scimserver.Me{Type: scim.UserType(), ID: f.ids["bob"]}
			}
			return c, err
		}
	})
	return f
}

func TestMe(t *testing.T) {
	t.Parallel()
	const location = base + "/Users/{bob}"
	rows := []scenario{
		{
			name: "R-160 GET", path: "/Me", status: 200,
			want:    `{"id":"{bob}","userName":"bob@example.com","meta":{"location":"` + location + `"}}`,
			headers: map[string]string{"Location": location},
		},
		{name: "R-160 HEAD", method: "HEAD", path: "/Me", status: 200, headers: map[string]string{"Location": location}},
		{
			name: "R-160 R-089 attributes", path: "/Me?attributes=userName", status: 200,
			want: `{"userName":"bob@example.com"}`, absent: []string{"name", "active"},
		},
		{name: "R-160 R-094 excludedAttributes", path: "/Me?excludedAttributes=name", status: 200, absent: []string{"name"}},
		{
			name: "R-160 PUT", method: "PUT", path: "/Me", body: userData("rob@example.com"), status: 200,
			want: `{"id":"{bob}","userName":"rob@example.com"}`, headers: map[string]string{"Location": location},
			then: "/Users/{bob}", thenHas: `{"userName":"rob@example.com"}`,
		},
		{
			name: "R-160 PATCH", method: "PATCH", path: "/Me", body: ops(`{"op":"replace","path":"title","value":"Boss"}`), status: 200,
			want: `{"title":"Boss"}`, headers: map[string]string{"Location": location}, then: "/Users/{bob}", thenHas: `{"title":"Boss"}`,
		},
		{
			name: "R-160 D-08 PATCH of another id", method: "PATCH", path: "/Me",
			body: ops(`{"op":"replace","value":{"id":"{alice}"}}`), status: 400, want: `{"scimType":"mutability"}`,
		},
		{
			name: "R-160 R-158 If-Match", method: "PUT", path: "/Me", body: userData("x"), header: map[string]string{"If-Match": `W/"9"`},
			status: 412,
		},
		{name: "R-160 DELETE", method: "DELETE", path: "/Me", status: 204, then: "/Users", thenHas: `{"totalResults":2}`},
		{name: "R-160 a taken userName", method: "PUT", path: "/Me", body: userData("ALICE@example.com"), status: 409, want: `{"scimType":"uniqueness"}`},
		{name: "R-160 POST", method: "POST", path: "/Me", body: userData("x"), status: 501},
		{
			name: "R-160 an unheard-of method", method: "BREW", path: "/Me", status: 405,
			headers: map[string]string{"Allow": "DELETE, GET, HEAD, PATCH, PUT"},
		},
		{name: "R-160 in another case", path: "/me", status: 404},
		{name: "R-160 a path below", path: "/Me/emails", status: 404},
		{name: "R-160 a search below", method: "POST", path: "/Me/.search", body: "{}", status: 404},
	}
	for _, s := range rows {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(t, setupMe(t))
		})
	}
}

func TestMe_R160_R157_ETag(t *testing.T) {
	t.Parallel()
	f := setupMe(t)
	tag := f.do("GET", "/Me", "", nil).Header().Get("ETag")
	if own := f.do("GET", "/Users/{bob}", "", nil).Header().Get("ETag"); tag == "" || tag != own {
		t.Errorf("%q, at its own URL %q", tag, own)
	}
	if a := f.do("GET", "/Me", "", map[string]string{"If-None-Match": tag}); a.Code != 304 || a.Body.Len() > 0 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if a := f.do("PATCH", "/Me", ops(`{"op":"replace","path":"title","value":"x"}`), map[string]string{"If-Match": tag}); a.Code != 200 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	f.do("DELETE", "/Me", "", nil)
	if a := f.do("GET", "/Me", "", nil); a.Code != 404 {
		t.Errorf("who has gone: %d %s", a.Code, a.Body)
	}
}

func TestMe_R160_BoundToNobody(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", nil)
	for _, m := range []string{"GET", "PUT", "PATCH", "DELETE", "POST"} {
		a := f.do(m, "/Me", "{}", nil)
		checkError(t, a)
		if a.Code != 501 || !strings.Contains(a.Body.String(), "the credential is bound to no user") {
			t.Errorf("%s: %d %s", m, a.Code, a.Body)
		}
	}
	if rec := f.log.last(t); rec["path"] != "/Me" || rec["kind"] != string(scim.KindNoMe) || rec["level"] != "INFO" {
		t.Errorf("%v", rec)
	}
}
