package scim

import (
	"strings"
	"testing"
	"time"
)

// storedUser is a user with groups, an extension and an attribute of every "returned".
func storedUser() *Record {
	return &Record{
		Type: catalogue(), ID: "42", ExternalID: "e1", Version: 3,
		Created:      time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.UTC),
		LastModified: time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("CET", 3600)),
		Body: []byte(`{"userName":"bob","name":{"givenName":"B","familyName":"D"},"emails":[{"value":"a","type":"work"},{"value":"b"}],"active":true,` +
			`"` + URNEnterpriseUser + `":{"department":"d","manager":{"value":"m"}},` +
			`"` + urnCatalogue + `":{"pin":"1","notes":"n","tier":"gold","role":"r"}}`),
		Groups: []GroupRef{{Value: "g1", Display: "staff", Type: "direct"}}, HasGroups: true,
	}
}

func TestProjection(t *testing.T) {
	t.Parallel()
	const (
		head  = `{"schemas":["` + URNUser + `","` + URNEnterpriseUser + `","` + urnCatalogue + `"],"id":"42"`
		core  = `{"schemas":["` + URNUser + `","` + urnCatalogue + `"],"id":"42"`
		tier  = `"` + urnCatalogue + `":{"tier":"gold"}`
		base  = `"userName":"bob","name":{"givenName":"B","familyName":"D"},"emails":[{"value":"a","type":"work"},{"value":"b"}],"active":true`
		ext   = `"` + URNEnterpriseUser + `":{"department":"d","manager":{"value":"m"}}`
		cat   = `"` + urnCatalogue + `":{"tier":"gold","role":"r"}`
		grps  = `"groups":[{"value":"g1","$ref":"https://x/Groups/g1","type":"direct","display":"staff"}]`
		start = `"meta":{"resourceType":"User","created":"2026-01-02T03:04:05.006Z","lastModified":"2026-01-02T03:04:05.000Z","location":"https://x/Users/42","version":"W/\"3.`
	)
	version := strings.TrimSuffix(strings.TrimPrefix(storedUser().ETag(), `W/"3.`), `"`)
	meta := start + version + `\""}`
	tests := []struct{ name, attributes, excluded, want string }{
		{"R-094 default", "", "", head + `,"externalId":"e1",` + base + "," + ext + "," + cat + "," + grps + "," + meta + "}"},
		{"R-091 attributes=id", "id", "", core + "," + tier + "}"},
		{"R-091 some", "userName, EMAILS.Value", "", core + `,"userName":"bob","emails":[{"value":"a"},{"value":"b"}],` + tier + "}"},
		{"R-093 URN and unknown names", URNUser + ":name.givenName,nothing,name.nothing,urn:x:y", "", core + `,"name":{"givenName":"B"},` + tier + "}"},
		{"R-093 only unknown names", "nothing", "", core + "," + tier + "}"},
		{"R-033 extension attribute", URNEnterpriseUser + ":department", "", head + `,"` + URNEnterpriseUser + `":{"department":"d"},` + tier + "}"},
		{"R-033 extension sub-attribute", strings.ToUpper(URNEnterpriseUser) + ":manager.value", "", head + `,"` + URNEnterpriseUser + `":{"manager":{"value":"m"}},` + tier + "}"},
		{"a whole extension", URNEnterpriseUser, "", head + "," + ext + "," + tier + "}"},
		{"R-094 returned request when named", urnCatalogue + ":notes", "", core + `,"` + urnCatalogue + `":{"notes":"n","tier":"gold"}}`},
		{"R-035 T-049 returned never though named", urnCatalogue + ":pin,password", "", core + "," + tier + "}"},
		{"common attributes", "externalId,meta.version,groups.display", "", core + `,"externalId":"e1",` + tier + `,"groups":[{"display":"staff"}],"meta":{"version":"W/\"3.` + version + `\""}}`},
		{"R-092 id, schemas and always stay", "", "id,schemas," + urnCatalogue + ":tier," + urnCatalogue + ":role,meta,groups,externalId", head + `,` + base + "," + ext + "," + tier + "}"},
		{"R-093 sub-attributes left out", "", "name.familyName,emails.value,emails.type,active,userName,externalId,meta,groups," + URNEnterpriseUser, core + `,"name":{"givenName":"B"},` + cat + "}"},
		{"a whole schema left out", "", URNUser + "," + URNEnterpriseUser + "," + urnCatalogue + ",meta,externalId", core + "," + tier + "}"},
		{"R-092 always, inside an extension that is left out", "", urnCatalogue, head + `,"externalId":"e1",` + base + "," + ext + "," + tier + "," + grps + "," + meta + "}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := storedUser()
			show, err := ParseProjection(rec.Type, tt.attributes, tt.excluded)
			if err != nil {
				t.Fatal(err)
			}
			got := string(Renderer{Base: "https://x", Show: show}.Append(nil, rec))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestProjection_D32_R090_Both(t *testing.T) {
	t.Parallel()
	_, err := ParseProjection(UserType(), "userName", "name")
	refused(t, err, KindBothProjections, "excludedAttributes")
	if _, err := ParseProjection(UserType(), " ", "name"); err != nil {
		t.Errorf("an empty parameter counts: %v", err)
	}
}

func TestProjection_Shows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		attributes, excluded, name string
		want                       bool
	}{
		{"", "", "members", true},
		{"", "members", "members", false},
		{"", "Members", "members", false},
		{"", "members.display", "members", true},
		{"", "members.display", "members.display", false},
		{"", URNGroup + ":members", "members", false},
		{"", "displayName", "members", true},
		{"id", "", "members", false},
		{"members.value", "", "members", true},
		{"members.value", "", "members.display", false},
		{"members", "", "meta", false},
		{"members", "", "id", true},
		{"", "", "nothing", false},
		{"", "", URNGroup, false},
	}
	for _, tt := range tests {
		p, err := ParseProjection(GroupType(), tt.attributes, tt.excluded)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Shows(tt.name); got != tt.want {
			t.Errorf("attributes=%q excludedAttributes=%q: Shows(%q) = %v", tt.attributes, tt.excluded, tt.name, got)
		}
	}
	if !(Projection{}).Shows("groups") {
		t.Error("the zero projection hides groups")
	}
}

// A sub-attribute that is always returned comes with its siblings and cannot be left out alone.
func TestProjection_R092_AlwaysSubAttribute(t *testing.T) {
	t.Parallel()
	rt := &ResourceType{ID: "Thing", Name: "Thing", Endpoint: "/Things", Schema: &Schema{ID: "urn:x:Thing", Attributes: []*Attribute{
		{Name: "part", Type: TypeComplex, SubAttributes: []*Attribute{{Name: "id", Returned: ReturnedAlways}, {Name: "size"}}},
	}}}
	rec := &Record{Type: rt, ID: "1", Version: 1, Body: []byte(`{"part":{"id":"p","size":"s"}}`)}
	tests := []struct{ attributes, excluded, want string }{
		{"part.size", "", `,"part":{"id":"p","size":"s"}`},
		{"", "meta,part.id", `,"part":{"id":"p","size":"s"}`},
		{"", "meta,part.size", `,"part":{"id":"p"}`},
		{"", "meta,part", ``},
		{"meta.nothing", "", ``},
	}
	for _, tt := range tests {
		show, err := ParseProjection(rt, tt.attributes, tt.excluded)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"schemas":["urn:x:Thing"],"id":"1"` + tt.want + `}`
		if got := string(Renderer{Show: show}.Append(nil, rec)); got != want {
			t.Errorf("attributes=%q excludedAttributes=%q: got %s, want %s", tt.attributes, tt.excluded, got, want)
		}
	}
}
