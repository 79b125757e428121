package scimserver_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/usher-scim/usher/scim"
)

const userSchemas = `"schemas":["` + scim.URNUser + `"]`

func TestCreate(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "R-045 R-046 R-049 R-133 T-133 201 with the whole resource", method: "POST", path: "/Users",
			body:   `{` + userSchemas + `,"userName":"Dan@example.com","name":{"givenName":"Dan"},"active":true}`,
			status: 201,
			want: `{"schemas":["` + scim.URNUser + `"],"userName":"Dan@example.com","name":{"givenName":"Dan"},"active":true,
				"meta":{"resourceType":"User","version":"W/\"1\""}}`,
		},
		{
			name: "R-026 R-043 T-032 T-034 T-050 id, meta, groups and password of a body are ignored", method: "POST", path: "/Users",
			body: `{` + userSchemas + `,"id":"mine","userName":"dan","password":"1mz050nq","groups":[{"value":"x"}],
				"meta":{"created":"2001-01-01T00:00:00Z","resourceType":"Group"}}`,
			status: 201, want: `{"userName":"dan","meta":{"resourceType":"User"}}`, absent: []string{"password", "groups/0"},
		},
		{
			name: "R-034 R-047 T-108 a userName in another case is taken", method: "POST", path: "/Users",
			body:   `{` + userSchemas + `,"userName":"BOB@EXAMPLE.COM"}`,
			status: 409, want: `{"scimType":"uniqueness"}`,
		},
		{
			name: "R-048 T-040 userName is missing", method: "POST", path: "/Users", body: `{` + userSchemas + `,"active":true}`,
			status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "R-013 T-027 names in any case", method: "POST", path: "/Users",
			body:   `{` + userSchemas + `,"USERNAME":"dan","Emails":[{"Value":"d@example.com","Primary":true}]}`,
			status: 201, want: `{"userName":"dan","emails":[{"value":"d@example.com","primary":true}]}`,
		},
		{
			name: "R-022 R-023 T-029 T-135 nulls and empty lists are no values", method: "POST", path: "/Users",
			body:   `{` + userSchemas + `,"userName":"dan","title":null,"addresses":null,"emails":[]}`,
			status: 201, absent: []string{"title", "addresses", "emails"},
		},
		{
			name: "T-023 active as a string", profile: "entra", method: "POST", path: "/Users",
			body: `{` + userSchemas + `,"userName":"dan","active":"False"}`, status: 201, want: `{"active":false}`,
		},
		{
			name: "D-04 T-023 active as a string in the strict preset", profile: "rfc", method: "POST", path: "/Users",
			body: `{` + userSchemas + `,"userName":"dan","active":"False"}`, status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "D-07 T-039 an unknown attribute is ignored", method: "POST", path: "/Users",
			body: `{` + userSchemas + `,"userName":"dan","prefferedLanguage":"en"}`, status: 201, absent: []string{"prefferedLanguage"},
		},
		{
			name: "D-07 an unknown attribute in the strict preset", profile: "rfc", method: "POST", path: "/Users",
			body: `{` + userSchemas + `,"userName":"dan","prefferedLanguage":"en"}`, status: 400,
		},
		{
			name: "R-032 T-031 an extension that schemas does not list", method: "POST", path: "/Users",
			body:   `{` + userSchemas + `,"userName":"dan","` + scim.URNEnterpriseUser + `":{"department":"R&D"}}`,
			status: 201, want: `{"schemas":["` + scim.URNUser + `","` + scim.URNEnterpriseUser + `"],"` + scim.URNEnterpriseUser + `":{"department":"R&D"}}`,
		},
		{
			name: "D-11 T-045 R-014 values come back as sent", method: "POST", path: "/Users",
			body:   `{` + userSchemas + `,"userName":"dan","emails":[{"value":"Dan@Example.COM"}],"phoneNumbers":[{"value":"+1 (555) 01 02"}]}`,
			status: 201, want: `{"emails":[{"value":"Dan@Example.COM"}],"phoneNumbers":[{"value":"+1 (555) 01 02"}]}`,
		},
		{
			name: "R-006 names outside ASCII", method: "POST", path: "/Users",
			body: `{` + userSchemas + `,"userName":"žluť@example.com","displayName":"李 \ud83d\ude00"}`, status: 201,
			want: `{"userName":"žluť@example.com","displayName":"李 😀"}`,
		},
		{
			name: "R-089 R-091 R-092 attributes on POST", method: "POST", path: "/Users?attributes=userName",
			body:   `{` + userSchemas + `,"userName":"dan","title":"x"}`,
			status: 201, want: `{"schemas":["` + scim.URNUser + `"],"userName":"dan"}`, absent: []string{"title", "meta"},
		},
		{
			name: "D-32 attributes with excludedAttributes", method: "POST", path: "/Users?attributes=userName&excludedAttributes=title",
			body: `{` + userSchemas + `,"userName":"dan"}`, status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "D-14 T-135 a group without members has an empty list", method: "POST", path: "/Groups",
			body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"New"}`, status: 201, want: `{"displayName":"New","members":[]}`,
		},
		{
			name: "T-051 a group with a schema that is nobody's", profile: "entra", method: "POST", path: "/Groups",
			body: `{"schemas":["` + scim.URNGroup + `","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
				"externalId":"8aa1","displayName":"New","meta":{"resourceType":"Group"}}`,
			status: 201, want: `{"schemas":["` + scim.URNGroup + `"],"externalId":"8aa1"}`,
		},
		{
			name: "D-18 a group's displayName in another case is taken", method: "POST", path: "/Groups",
			body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"SALES"}`, status: 409, want: `{"scimType":"uniqueness"}`,
		},
		{
			name: "R-040 a group without displayName", method: "POST", path: "/Groups",
			body: `{"schemas":["` + scim.URNGroup + `"]}`, status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "T-092 D-15 the server knows a member's type and $ref", method: "POST", path: "/Groups",
			body:   `{"schemas":["` + scim.URNGroup + `"],"displayName":"New","members":[{"value":"{bob}","display":"Bob"},{"value":"{sales}"}]}`,
			status: 201, want: `{"members":[{"value":"{bob}","type":"User","display":"Bob","$ref":"` + base + `/Users/{bob}"},
				{"value":"{sales}","type":"Group","$ref":"` + base + `/Groups/{sales}"}]}`,
		},
		{
			name: "D-26 T-095 T-116 a member that does not exist", method: "POST", path: "/Groups",
			body:   `{"schemas":["` + scim.URNGroup + `"],"displayName":"New","members":[{"value":"nobody"}]}`,
			status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "D-26 a member by externalId", profile: "keycloak", method: "POST", path: "/Groups",
			body:   `{"schemas":["` + scim.URNGroup + `"],"displayName":"New","members":[{"value":"ext-bob"}]}`,
			status: 201, want: `{"members":[{"value":"{bob}","type":"User"}]}`,
		},
		{
			name: "D-26 a member by externalId elsewhere", method: "POST", path: "/Groups",
			body:   `{"schemas":["` + scim.URNGroup + `"],"displayName":"New","members":[{"value":"ext-bob"}]}`,
			status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "T-124 displayName of a member is its display", profile: "entra", method: "POST", path: "/Groups",
			body:   `{"schemas":["` + scim.URNGroup + `"],"displayName":"New","members":[{"displayName":"new User","value":"{bob}"}]}`,
			status: 201, want: `{"members":[{"value":"{bob}","display":"new User"}]}`,
		},
	})
}

func TestCreate_LocationIsMetaLocation(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil) // R-001 R-030 R-045
	a := f.do("POST", "/Users", `{`+userSchemas+`,"userName":"dan"}`, nil)
	doc := decode(t, a.Body.Bytes())
	id, _ := lookup(doc, "id")
	location, _ := lookup(doc, "meta/location")
	if want := base + "/Users/" + id.(string); location != want || a.Header().Get("Location") != want {
		t.Errorf("meta.location %v, Location %q, want %q", location, a.Header().Get("Location"), want)
	}
	created, _ := lookup(doc, "meta/created")
	if modified, _ := lookup(doc, "meta/lastModified"); created != modified {
		t.Errorf("created %v, lastModified %v", created, modified)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "R-052 R-156 200 with ETag", path: "/Users/{alice}", status: 200,
			want:    `{"id":"{alice}","userName":"alice@example.com","externalId":"ext-alice","meta":{"location":"` + base + `/Users/{alice}"}}`,
			headers: map[string]string{"Content-Type": "application/scim+json", "Location": base + "/Users/{alice}"},
		},
		{name: "R-052 R-161 unknown id", path: "/Users/010101001010101011001010101011", status: 404, want: `{"status":"404"}`},
		{name: "R-175 the id of a group is no user", path: "/Users/{sales}", status: 404},
		{name: "R-175 the id of a user is no group", path: "/Groups/{bob}", status: 404},
		{name: "T-100 T-071 D-16 an inactive user is there", path: "/Users/{carol}", status: 200, want: `{"active":false}`},
		{
			name: "R-037 a user shows its groups", path: "/Users/{bob}", status: 200,
			want: `{"groups":[{"value":"{sales}","display":"Sales","type":"direct","$ref":"` + base + `/Groups/{sales}"}]}`,
		},
		{name: "R-092 excludedAttributes", path: "/Users/{bob}?excludedAttributes=groups,name,id", status: 200, want: `{"id":"{bob}"}`, absent: []string{"groups", "name"}},
		{name: "R-035 password is never returned", path: "/Users/{bob}?attributes=password", status: 200, want: `{"id":"{bob}"}`, absent: []string{"password"}},
		{name: "R-093 sub-attributes, URNs and unknown names", path: "/Users/{bob}?attributes=name.givenName," + scim.URNUser + ":userName,bogus", status: 200, want: `{"name":{"givenName":"Bob"},"userName":"bob@example.com"}`, absent: []string{"name/familyName", "externalId"}},
		{name: "V14 a group without its members", path: "/Groups/{sales}?excludedAttributes=members", status: 200, want: `{"displayName":"Sales"}`, absent: []string{"members"}},
		{name: "T-003 a GET with Content-Type", path: "/Users/{bob}", header: map[string]string{"Content-Type": "application/scim+json; charset=utf-8"}, status: 200},
		{name: "T-003 a GET with any Content-Type", path: "/Users/{bob}", header: map[string]string{"Content-Type": "text/html"}, status: 200},
		{name: "T-005 R-007 R-008 Accept JSON", path: "/Users/{bob}", header: map[string]string{"Accept": "application/json"}, status: 200, headers: map[string]string{"Content-Type": "application/scim+json"}},
		{name: "T-005 Accept anything", path: "/Users/{bob}", header: map[string]string{"Accept": "text/html, */*;q=0.1"}, status: 200, headers: map[string]string{"Content-Type": "application/scim+json"}},
		{name: "T-005 Accept what we do not have", path: "/Users/{bob}", header: map[string]string{"Accept": "text/xml"}, status: 200, headers: map[string]string{"Content-Type": "application/scim+json"}},
		{name: "T-021 an id with an escaped slash", path: "/Users/a%2Fb", status: 404},
		{name: "T-021 an id with a suffix", path: "/Users/{bob}.scim", status: 404},
	})
}

func TestGet_NotModified(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	etag := f.do("GET", "/Users/{bob}", "", nil).Header().Get("ETag")
	rows := []struct {
		name, match string
		status      int
	}{
		{"R-157 the same", etag, 304},
		{"R-157 one of several", `"other", ` + etag, 304},
		{"R-159 any", "*", 304},
		{"R-157 another", `W/"other"`, 200},
		{"R-157 malformed", `W/bogus`, 400},
	}
	for _, row := range rows {
		a := f.do("GET", "/Users/{bob}", "", map[string]string{"If-None-Match": row.match})
		if a.Code != row.status {
			t.Errorf("%s: %d, want %d: %s", row.name, a.Code, row.status, a.Body)
		}
		if row.status == 304 && (a.Body.Len() > 0 || a.Header().Get("ETag") != etag) {
			t.Errorf("%s: body %q, ETag %q", row.name, a.Body, a.Header().Get("ETag"))
		}
	}
}

func TestETag_D29(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	tag := func(path string) string { return f.do("GET", path, "", nil).Header().Get("ETag") }
	shown, bareTag, group := tag("/Users/{bob}"), tag("/Users/{bob}?excludedAttributes=groups"), tag("/Groups/{sales}")
	body := `{"schemas":["` + scim.URNPatchOp + `"],"Operations":[{"op":"remove","path":"members"}]}`
	if a := f.do("PATCH", "/Groups/{sales}", f.expand(body), nil); a.Code != 204 {
		t.Fatal(a.Code, a.Body)
	}
	if tag("/Users/{bob}") == shown {
		t.Error("D-29 the ETag of a user whose groups are shown stayed as they changed")
	}
	if got := tag("/Users/{bob}?excludedAttributes=groups"); got != bareTag {
		t.Errorf("D-29 the ETag without groups went from %s to %s", bareTag, got)
	}
	if tag("/Groups/{sales}") == group {
		t.Error("D-29 the group's version stayed as a member left")
	}
	put := `{` + userSchemas + `,"userName":"bob@example.com"}`
	if a := f.do("PUT", "/Users/{bob}", put, map[string]string{"If-Match": shown}); a.Code != 200 {
		t.Errorf("D-29 If-Match compares the document's version only: %d %s", a.Code, a.Body)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "R-099 R-105 PUT answers with the resource", method: "PUT", path: "/Users/{alice}",
			body:   `{` + userSchemas + `,"userName":"alice@example.com","title":"CEO"}`,
			status: 200, want: `{"id":"{alice}","title":"CEO"}`, absent: []string{"name", "emails"},
		},
		{
			name: "D-10 T-033 Okta's PUT leaves externalId out", method: "PUT", path: "/Users/{alice}",
			body: `{` + userSchemas + `,"id":"{alice}","userName":"alice@example.com","name":{"givenName":"Another","middleName":"","familyName":"Adams"},
				"active":true,"groups":[],"meta":{"resourceType":"User"}}`,
			status: 200, want: `{"externalId":"ext-alice","name":{"givenName":"Another"}}`, absent: []string{"name/middleName"},
		},
		{
			name: "D-10 an explicit null clears externalId", method: "PUT", path: "/Users/{alice}",
			body: `{` + userSchemas + `,"userName":"alice@example.com","externalId":null}`, status: 200, absent: []string{"externalId"},
		},
		{
			name: "D-08 T-033 another id in the body is ignored", method: "PUT", path: "/Users/{alice}",
			body: `{` + userSchemas + `,"id":"{bob}","userName":"alice@example.com"}`, status: 200, want: `{"id":"{alice}"}`,
		},
		{name: "R-100 PUT never creates", method: "PUT", path: "/Users/nobody", body: `{` + userSchemas + `,"userName":"x"}`, status: 404},
		{name: "R-104 T-040 a required attribute is absent", method: "PUT", path: "/Users/{alice}", body: `{` + userSchemas + `,"userame":"x"}`, status: 400},
		{name: "R-105 a taken userName", method: "PUT", path: "/Users/{alice}", body: `{` + userSchemas + `,"userName":"Bob@example.com"}`, status: 409},
		{
			name: "T-109 T-110 a change of case or of the whole name keeps the id", method: "PUT", path: "/Users/{alice}",
			body: `{` + userSchemas + `,"userName":"ALICE@example.com"}`, status: 200, want: `{"id":"{alice}","userName":"ALICE@example.com"}`,
		},
		{
			name: "D-09 T-127 a PUT without members leaves them", method: "PUT", path: "/Groups/{sales}",
			body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"Sales EU"}`, status: 200, want: `{"members":[{"value":"{bob}"}]}`,
			then: "/Users/{bob}", thenHas: `{"groups":[{"display":"Sales EU"}]}`,
		},
		{
			name: "D-09 T-127 a PUT with [] empties the group", method: "PUT", path: "/Groups/{sales}",
			body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"Sales","members":[]}`, status: 200, want: `{"members":[]}`,
		},
		{
			name: "O-AIW a PUT replaces the members", method: "PUT", path: "/Groups/{sales}",
			body:   `{"schemas":["` + scim.URNGroup + `"],"displayName":"Sales","members":[{"value":"{carol}"},{"value":"{alice}"}]}`,
			status: 200, want: `{"members":[{"value":"{carol}"},{"value":"{alice}"}]}`,
		},
		{
			name: "D-26 a PUT with an unknown member", method: "PUT", path: "/Groups/{sales}",
			body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"Sales","members":[{"value":"nobody"}]}`, status: 400,
		},
		{
			name: "D-09 on a group that is gone", method: "PUT", path: "/Groups/nobody",
			body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"Sales"}`, status: 404,
		},
	})
}

func TestReplace_SameContentIsNoChange(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	for _, path := range []string{"/Users/{alice}", "/Groups/{sales}"} {
		before := f.do("GET", path, "", nil)
		after := f.do("PUT", path, before.Body.String(), nil) // R-125 M12
		if after.Code != 200 || after.Body.String() != before.Body.String() {
			t.Errorf("%s: %d\n%s\n%s", path, after.Code, before.Body, after.Body)
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{name: "R-142 204 without a body", method: "DELETE", path: "/Users/{bob}", status: 204, headers: map[string]string{"Content-Type": ""}, then: "/Groups/{sales}", thenHas: `{"members":[]}`},
		{name: "R-145 a group goes from its members", method: "DELETE", path: "/Groups/{sales}", status: 204, then: "/Users?filter=groups.value%20pr", thenHas: `{"totalResults":0}`},
		{name: "R-143 T-104 unknown user", method: "DELETE", path: "/Users/nobody", status: 404},
		{name: "P6 unknown group", method: "DELETE", path: "/Groups/nobody", status: 404},
		{name: "R-142 a body on DELETE is not read", method: "DELETE", path: "/Users/{bob}", body: "junk", header: map[string]string{"Content-Type": "text/plain"}, status: 204},
	})
}

func TestDelete_FreesIDAndKeys(t *testing.T) {
	t.Parallel()
	f := setup(t, "jumpcloud", nil)
	for _, path := range []string{"/Users/{bob}", "/Groups/{empty}"} { // R-143 T-103 T-104
		for i, want := range []int{204, 404} {
			if a := f.do("DELETE", path, "", nil); a.Code != want {
				t.Errorf("DELETE %s, time %d: %d, want %d", path, i+1, a.Code, want)
			}
		}
		if a := f.do("GET", path, "", nil); a.Code != 404 {
			t.Errorf("GET %s after DELETE: %d", path, a.Code)
		}
	}
	old := f.ids["bob"] // R-144 T-103 D-17
	f.add(t, "bob", "/Users", `{`+userSchemas+`,"userName":"bob@example.com"}`)
	f.add(t, "empty", "/Groups", `{"schemas":["`+scim.URNGroup+`"],"displayName":"Empty"}`)
	if f.ids["bob"] == old {
		t.Error("R-025 an id was given out twice")
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	user := `{` + userSchemas + `,"userName":"alice@example.com"}`
	patch := `{"schemas":["` + scim.URNPatchOp + `"],"Operations":[{"op":"replace","path":"active","value":false}]}`
	for _, m := range []struct{ method, body string }{{"PUT", user}, {"PATCH", patch}, {"DELETE", ""}} {
		for _, row := range []struct {
			name, match string
			ok          bool
			status      int
		}{
			{"R-158 the version is another", `W/"7"`, false, 412},
			{"R-158 malformed", `W/7"`, false, 400},
			{"R-158 the version holds", `W/"1"`, true, 0},
			{"R-158 a strong tag holds", `"1"`, true, 0},
			{"R-159 any", "*", true, 0},
			{"R-158 one of several", `"9", W/"1"`, true, 0},
			{"T-069 absent", "", true, 0},
		} {
			t.Run(m.method+" "+row.name, func(t *testing.T) {
				t.Parallel()
				s := scenario{
					method: m.method, path: "/Users/{alice}", body: m.body,
					header: map[string]string{"If-Match": row.match}, status: row.status,
				}
				if row.ok {
					s.status = map[string]int{"PUT": 200, "PATCH": 200, "DELETE": 204}[m.method]
				}
				s.play(t, setup(t, "okta", nil))
			})
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	srv := httptest.NewServer(f.handler) // who writes Content-Length for a short body
	defer srv.Close()
	ask := func(method, path string) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+f.expand(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	for _, path := range []string{"/Users/{bob}", "/Users", "/Schemas", "/Users/nobody"} {
		get, body := ask(http.MethodGet, path)
		head, none := ask(http.MethodHead, path)
		if head.StatusCode != get.StatusCode || none != "" {
			t.Errorf("HEAD %s: %d with %d bytes", path, head.StatusCode, len(none))
		}
		if want := strconv.Itoa(len(body)); get.Header.Get("Content-Length") != want {
			t.Errorf("GET %s: Content-Length is %q, want %s", path, get.Header.Get("Content-Length"), want)
		}
		for _, h := range []string{"Content-Length", "ETag", "Content-Type", "Location"} {
			if head.Header.Get(h) != get.Header.Get(h) {
				t.Errorf("HEAD %s: %s is %q, GET has %q", path, h, head.Header.Get(h), get.Header.Get(h))
			}
		}
	}
}
