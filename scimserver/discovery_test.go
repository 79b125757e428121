package scimserver_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "T-009 T-010 T-014 R-166 R-169 R-173 R-079 C-09 C-11 S-12 ServiceProviderConfig", path: "/ServiceProviderConfig", status: 200,
			want: `{"schemas":["` + scim.URNServiceProviderConfig + `"],"patch":{"supported":true},
				"bulk":{"supported":true,"maxOperations":1000,"maxPayloadSize":5242880},"filter":{"supported":true,"maxResults":200},
				"changePassword":{"supported":false},"sort":{"supported":true},"etag":{"supported":true},
				"pagination":{"cursor":true,"index":true,"defaultPaginationMethod":"index","defaultPageSize":200,"maxPageSize":200,"cursorTimeout":3600},
				"securityEvents":{"asyncRequest":"none","eventUris":[]},
				"authenticationSchemes":[{"type":"oauthbearertoken","primary":true}],
				"meta":{"resourceType":"ServiceProviderConfig","location":"` + base + `/ServiceProviderConfig"}}`,
		},
		{
			name: "T-012 T-013 R-167 R-171 ResourceTypes, User first", path: "/ResourceTypes", status: 200,
			want: `{"schemas":["` + scim.URNListResponse + `"],"totalResults":2,"startIndex":1,"itemsPerPage":2,"Resources":[
				{"id":"User","name":"User","endpoint":"/Users","schema":"` + scim.URNUser + `","schemaExtensions":[{"schema":"` + scim.URNEnterpriseUser + `","required":false}],
				 "meta":{"resourceType":"ResourceType","location":"` + base + `/ResourceTypes/User"}},
				{"id":"Group","endpoint":"/Groups","schema":"` + scim.URNGroup + `"}]}`,
		},
		{name: "R-166 a resource type", path: "/ResourceTypes/Group", status: 200, want: `{"id":"Group"}`},
		{name: "R-166 an unknown resource type", path: "/ResourceTypes/Role", status: 404},
		{
			name: "T-013 T-014 R-167 Schemas", path: "/Schemas", status: 200,
			want: `{"schemas":["` + scim.URNListResponse + `"],"totalResults":3,"startIndex":1,"itemsPerPage":3,
				"Resources":[{"id":"` + scim.URNUser + `"},{"id":"` + scim.URNEnterpriseUser + `"},{"id":"` + scim.URNGroup + `"}]}`,
		},
		{name: "R-166 R-172 a schema", path: "/Schemas/" + scim.URNGroup, status: 200, want: `{"id":"` + scim.URNGroup + `","name":"Group","meta":{"location":"` + base + `/Schemas/` + scim.URNGroup + `"}}`},
		{name: "R-166 a schema in another case", path: "/Schemas/" + strings.ToUpper(scim.URNGroup), status: 200, want: `{"id":"` + scim.URNGroup + `"}`},
		{name: "R-166 an unknown schema", path: "/Schemas/urn:nobody", status: 404},
		{name: "R-168 paging is ignored", path: "/Schemas?startIndex=2&count=1&attributes=id&sortBy=x", status: 200, want: `{"totalResults":3,"startIndex":1,"itemsPerPage":3}`},
		{name: "R-168 a filter on Schemas", path: "/Schemas?filter=id+pr", status: 403},
		{name: "R-168 a filter on ResourceTypes", path: "/ResourceTypes?filter=", status: 403},
		{name: "R-168 a filter on ServiceProviderConfig", path: "/ServiceProviderConfig?filter=id+pr", status: 403},
	})
}

// what is not announced is no user who is gone, and nobody has to be assigned again for it.
func TestDiscovery_R166_NotListed(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	for _, path := range []string{"/Schemas/urn:nobody", "/ResourceTypes/Role"} {
		body := f.do("GET", path, "", nil).Body.String()
		if !strings.Contains(body, "what GET /") || strings.Contains(body, "assign") {
			t.Errorf("%s: %s", path, body)
		}
	}
}

// T-013: nulls break Entra's reader, and so do values that are not camelCase.
func TestSchemas_NoNulls(t *testing.T) {
	t.Parallel()
	f := setup(t, "entra", nil)
	for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
		body := f.do("GET", path, "", nil).Body.String()
		if strings.Contains(body, "null") {
			t.Errorf("T-013 %s has a null: %s", path, body)
		}
	}
	var list struct {
		Resources []struct {
			Attributes []struct{ Name, Type, Mutability, Returned, Uniqueness string }
		}
	}
	if err := json.Unmarshal(f.do("GET", "/Schemas", "", nil).Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list.Resources {
		for _, a := range s.Attributes {
			for _, v := range []string{a.Name, a.Type, a.Mutability, a.Returned, a.Uniqueness} { // R-042 R-172
				if v == "" || v[0] < 'a' || v[0] > 'z' {
					t.Errorf("T-013 attribute %+v", a)
				}
			}
		}
	}
}

// what is announced to a caller is what that caller can do.
func TestDiscovery_R173_ByOptionsAndCaller(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", func(o *scimserver.Options) {
		o.MaxBulk, o.MaxBody, o.MaxPage, o.CursorTimeout = 7, 1234, 50, 90*time.Second
		ask := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := ask(r)
			c.Schemes = []scim.AuthenticationScheme{{Type: "oauth2", Name: "Client credentials", Primary: true}, {Type: "oauthbearertoken", Name: "Token"}}
			return c, err
		}
	})
	contains(t, f.do("GET", "/ServiceProviderConfig", "", nil).Body.Bytes(), `{
		"bulk":{"supported":true,"maxOperations":7,"maxPayloadSize":1234},"filter":{"supported":true,"maxResults":50},
		"pagination":{"defaultPageSize":50,"maxPageSize":50,"cursorTimeout":90},
		"authenticationSchemes":[{"type":"oauth2","primary":true},{"type":"oauthbearertoken"}]}`)
}

func TestDiscovery_Public(t *testing.T) {
	t.Parallel()
	public := func(*http.Request) (scimserver.Caller, error) {
		return scimserver.Caller{BaseURL: base, Types: []*scim.ResourceType{scim.UserType()}}, nil
	}
	f := setup(t, "okta", func(o *scimserver.Options) { o.Discovery = public })
	without := map[string]string{"Authorization": ""}
	rows := []struct {
		name, method, path string
		header             map[string]string
		status             int
	}{
		{"T-010 R-170 D-25 without a token", "GET", "/ServiceProviderConfig", without, 200},
		{"D-25 with a trailing slash", "GET", "/ServiceProviderConfig/", without, 200},
		{"D-25 HEAD", "HEAD", "/ServiceProviderConfig", without, 200},
		{"D-25 with a bad token", "GET", "/ServiceProviderConfig", map[string]string{"Authorization": "Bearer bad"}, 401},
		{"D-25 nothing but reading", "POST", "/ServiceProviderConfig", without, 401},
		{"D-25 schemas need a token", "GET", "/Schemas", without, 401},
		{"D-25 users need a token", "GET", "/Users", without, 401},
	}
	for _, row := range rows {
		if a := f.do(row.method, row.path, "", row.header); a.Code != row.status {
			t.Errorf("%s: %d, want %d: %s", row.name, a.Code, row.status, a.Body)
		}
	}
	closed := setup(t, "okta", nil)
	if a := closed.do("GET", "/ServiceProviderConfig", "", without); a.Code != 401 {
		t.Errorf("D-25 without Options.Discovery: %d", a.Code)
	}
}
