package scim

import (
	"strings"
	"testing"
)

func TestDiscovery_Schema(t *testing.T) {
	t.Parallel()
	for _, s := range []*Schema{UserType().Schema, GroupType().Schema, enterpriseUser} {
		text := string(AppendJSON(nil, s.Object("https://x/Schemas/"+s.ID)))
		if strings.Contains(text, "null") {
			t.Errorf("T-013 null in %s", text)
		}
		if !strings.HasPrefix(text, `{"schemas":["`+URNSchema+`"],"id":"`+s.ID+`","name":"`+s.Name+`"`) {
			t.Errorf("R-172 got %s", text)
		}
		if !strings.HasSuffix(text, `"meta":{"resourceType":"Schema","location":"https://x/Schemas/`+s.ID+`"}}`) {
			t.Errorf("R-174 got %s", text)
		}
	}
}

// Every characteristic of every attribute is in the document, by its name in RFC 7643 §7 (R-172, T-013).
func TestDiscovery_R172_Attributes(t *testing.T) {
	t.Parallel()
	eachAttribute(func(name string, a *Attribute) {
		o := a.object()
		for _, n := range []string{"name", "type", "multiValued", "required", "caseExact", "mutability", "returned", "uniqueness"} {
			if v, ok := o.Get(n); !ok || v == "" {
				t.Errorf("%s has no %s", name, n)
			}
		}
		if subs, _ := o.Get("subAttributes"); a.Type == TypeComplex && len(subs.(Array)) != len(a.SubAttributes) {
			t.Errorf("%s lacks sub-attributes", name)
		}
	})
	const want = `{"name":"type","type":"string","multiValued":false,"description":"A label indicating the attribute's function.","required":false,` +
		`"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none","canonicalValues":["work","home","other"]}`
	if got := string(AppendJSON(nil, UserType().Schema.Attribute("emails").Sub("type").object())); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDiscovery_R171_ResourceType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		t    *ResourceType
		want string
	}{
		{UserType(), `{"schemas":["` + URNResourceType + `"],"id":"User","name":"User","endpoint":"/Users","description":"User Account","schema":"` + URNUser + `",` +
			`"schemaExtensions":[{"schema":"` + URNEnterpriseUser + `","required":false}],"meta":{"resourceType":"ResourceType","location":"l"}}`},
		{GroupType(), `{"schemas":["` + URNResourceType + `"],"id":"Group","name":"Group","endpoint":"/Groups","description":"Group","schema":"` + URNGroup + `",` +
			`"schemaExtensions":[],"meta":{"resourceType":"ResourceType","location":"l"}}`},
	}
	for _, tt := range tests {
		if got := string(AppendJSON(nil, tt.t.Object("l"))); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// R-169, T-009, C-11, S-12.
func TestDiscovery_R169_ServiceProviderConfig(t *testing.T) {
	t.Parallel()
	c := ServiceProviderConfig{MaxResults: 200, MaxBody: 5, CursorTimeout: 3600, Schemes: []AuthenticationScheme{
		{Type: "oauthbearertoken", Name: "Bearer token", Description: "A token.", SpecURI: "https://www.rfc-editor.org/info/rfc6750", Primary: true},
	}}
	const want = `{"schemas":["` + URNServiceProviderConfig + `"],"patch":{"supported":true},"bulk":{"supported":false,"maxOperations":0,"maxPayloadSize":0},` +
		`"filter":{"supported":true,"maxResults":200},"changePassword":{"supported":false},"sort":{"supported":true},"etag":{"supported":true},` +
		`"pagination":{"cursor":true,"index":true,"defaultPaginationMethod":"index","defaultPageSize":200,"maxPageSize":200,"cursorTimeout":3600},` +
		`"securityEvents":{"asyncRequest":"none","eventUris":[]},` +
		`"authenticationSchemes":[{"type":"oauthbearertoken","name":"Bearer token","description":"A token.","specUri":"https://www.rfc-editor.org/info/rfc6750","primary":true}],` +
		`"meta":{"resourceType":"ServiceProviderConfig","location":"l"}}`
	if got := string(AppendJSON(nil, c.Object("l"))); got != want {
		t.Errorf("T-009 got  %s\nwant %s", got, want)
	}
	c.MaxBulk = 1000
	const bulk = `"bulk":{"supported":true,"maxOperations":1000,"maxPayloadSize":5}`
	if got := string(AppendJSON(nil, c.Object("l"))); !strings.Contains(got, bulk) {
		t.Errorf("got %s, want %s", got, bulk)
	}
}
