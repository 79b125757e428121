package scim

import (
	"strings"
	"testing"
)

// shape shows what a path was bound to.
func shape(p *Path) string {
	var parts []string
	if p.Schema != nil {
		parts = append(parts, p.Schema.Name)
	}
	if p.Attr != nil {
		parts = append(parts, p.Attr.Name)
	}
	if p.Filter != nil {
		parts = append(parts, "["+Print(p.Filter)+"]")
	}
	if p.Sub != nil {
		parts = append(parts, "."+p.Sub.Name)
	}
	return strings.Join(parts, " ")
}

var paths = []struct{ src, profile, want string }{
	{"userName", "rfc", "User userName"},
	{"USERNAME", "rfc", "User userName"},
	{"externalId", "rfc", "externalId"},
	{"id", "rfc", "id"},
	{"meta.created", "rfc", "meta .created"},
	{"name.givenName", "rfc", "User name .givenName"},
	{`emails[type eq "work"]`, "rfc", `User emails [type eq "work"]`},
	{`emails[type eq "work"].value`, "rfc", `User emails [type eq "work"] .value`},
	{`emails[type eq"work"].Value`, "rfc", `User emails [type eq "work"] .value`}, // T-054, T-028
	{`addresses[type eq "other"].Formatted`, "rfc", `User addresses [type eq "other"] .formatted`},
	{`emails[type eq work].value`, "entra", `User emails [type eq "work"] .value`}, // T-053
	{`roles[primary eq "True"].value`, "entra", `User roles [primary eq true] .value`},
	{`emails[type eq "work" and (value pr or not (display pr))].display`, "rfc", `User emails [type eq "work" and (value pr or not (display pr))] .display`},
	{URNEnterpriseUser, "rfc", "EnterpriseUser"},
	{URNEnterpriseUser + ":manager", "rfc", "EnterpriseUser manager"},
	{URNEnterpriseUser + ":manager.value", "rfc", "EnterpriseUser manager .value"},
	{strings.ToUpper(URNEnterpriseUser) + ":MANAGER.$REF", "rfc", "EnterpriseUser manager .$ref"},
	{URNEnterpriseUser + ".manager", "entra", "EnterpriseUser manager"},              // T-090
	{URNEnterpriseUser + ".manager.value", "entra", "EnterpriseUser manager .value"}, // T-090
	{URNUser + ":name.familyName", "rfc", "User name .familyName"},
	{URNUser + `:emails[type eq "work"].value`, "rfc", `User emails [type eq "work"] .value`},
	{"manager", "entra", "EnterpriseUser manager"}, // T-030
	{"roles.displayName", "entra", "User roles .display"},
	{"urn:example:schemas:extension:catalogue:2.0:User:box.label", "rfc", "Catalogue box .label"},

	{"", "rfc", "bad path @ path at byte 0"},
	{" ", "entra", "bad path @ path at byte 1"},
	{".", "rfc", "bad path @ path at byte 0"},
	{"name.", "rfc", "bad path @ path at byte 0"},
	{".givenName", "rfc", "bad path @ path at byte 0"},
	{"name..givenName", "rfc", "bad path @ path at byte 0"},
	{"name.givenName.x", "rfc", "bad path @ path at byte 0"},
	{"user name", "rfc", "bad path @ path at byte 5"},
	{"userName]", "rfc", "bad path @ path at byte 8"},
	{"emails[", "rfc", "bad path @ path at byte 7"},
	{"emails[]", "rfc", "bad path @ path at byte 7"},
	{`emails [type eq "work"]`, "rfc", "bad path @ path at byte 7"},
	{`emails[type eq "work"`, "rfc", "bad path @ path at byte 21"},
	{`emails[type eq "work"]]`, "rfc", "bad path @ path at byte 22"},
	{`emails[type eq "work"] .value`, "rfc", "bad path @ path at byte 23"},
	{`emails[type eq "work"]value`, "rfc", "bad path @ path at byte 22"},
	{`emails[type eq "work"].value.x`, "rfc", "bad path @ path at byte 22"},
	{`emails[type eq "work"].value eq "x"`, "rfc", "bad path @ path at byte 29"},
	{`emails.value[type eq "work"]`, "rfc", "bad path @ path at byte 12"},
	{`emails[type eq "work"][value pr]`, "rfc", "bad path @ path at byte 22"},
	{`emails[type eq work]`, "rfc", "bad path @ path at byte 15"},
	{`members[display eq kim,value eq 81ff]`, "entra", "bad path @ path at byte 19"}, // T-130
	{"emails[type eq \"\xff\"]", "rfc", "bad path @ path"},
	{URNEnterpriseUser + `[department eq "x"]`, "rfc", "bad path @ path at byte 58"},
	{"emails[emails[type pr]]", "rfc", "bad path @ path at byte 13"},

	{"companyName", "generic", "unknown path @ path"},
	{"address.streetAddress", "generic", "unknown path @ path"},
	{"name.nickName", "generic", "unknown path @ path"},
	{"userName.value", "generic", "unknown path @ path"},
	{`emails[type eq "work"].kind`, "generic", "unknown path @ path"},
	{`emails[kind eq "work"]`, "generic", "unknown path @ path at byte 7"},
	{`emails[primary gt true]`, "generic", "operator not allowed here @ path at byte 7"},
	{`title[value eq "x"]`, "generic", "bad path @ path"},
	{"manager", "rfc", "unknown path @ path"},
	{"roles.displayName", "rfc", "unknown path @ path"},
	{URNEnterpriseUser + ".manager", "rfc", "unknown path @ path"},
	{URNUser, "generic", "unknown path @ path"},
	{"urn:x:2.0:User:userName", "generic", "unknown path @ path"},
	{URNEnterpriseUser + ":userName", "generic", "unknown path @ path"},
	{URNEnterpriseUser + "x", "generic", "unknown path @ path"},
	{"uſerName", "generic", "bad path @ path at byte 0"},
}

// D-07: an undeclared or malformed path is refused in every profile.
func TestParsePath(t *testing.T) {
	t.Parallel()
	for _, row := range paths {
		rt := catalogue()
		if strings.HasPrefix(row.src, "members") {
			rt = GroupType()
		}
		p, err := ParsePath(row.src, rt, profile(t, row.profile))
		var got string
		if e, ok := err.(*Error); ok {
			got = string(e.Kind) + " @ " + e.Where
		} else {
			got = shape(p)
			if p.String() != row.src {
				t.Errorf("String of %q is %q", row.src, p.String())
			}
		}
		if got != row.want {
			t.Errorf("%s as %s:\n got %s\nwant %s", row.src, row.profile, got, row.want)
		}
	}
}

func TestParsePath_NamesTheNearest(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"prefferedLanguage":                "preferredLanguage",
		"usernme":                          "userName",
		URNEnterpriseUser + ":departement": "department",
		"name.firstName":                   "givenName",
	} {
		_, err := ParsePath(src, UserType(), profile(t, "entra"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v lacks %s", src, err, want)
		}
	}
}

// A URN that begins like another one: the longest wins.
func TestParsePath_LongestURN(t *testing.T) {
	t.Parallel()
	rt := *UserType()
	rt.Extensions = []Extension{
		{Schema: &Schema{ID: "urn:x:2.0:User", Name: "short", Attributes: []*Attribute{{Name: "a"}}}},
		{Schema: &Schema{ID: "urn:x:2.0:User:more", Name: "long", Attributes: []*Attribute{{Name: "a"}}}},
		{Schema: &Schema{ID: "urn:x:2.0", Name: "shortest", Attributes: []*Attribute{{Name: "a"}}}},
	}
	for src, want := range map[string]string{
		"urn:x:2.0:User:a":      "short a",
		"urn:x:2.0:User:more:a": "long a",
		"urn:x:2.0:a":           "shortest a",
		"urn:x:2.0:User:more":   "long",
	} {
		p, err := ParsePath(src, &rt, profile(t, "rfc"))
		if err != nil || shape(p) != want {
			t.Errorf("%s: got %v, %v", src, p, err)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, row := range paths {
		f.Add(row.src, row.profile != "rfc")
	}
	f.Fuzz(func(t *testing.T, src string, lenient bool) {
		p := profile(t, "rfc")
		if lenient {
			p = profile(t, "generic")
		}
		path, err := ParsePath(src, UserType(), p)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if path.Attr == nil && path.Schema == nil {
			t.Fatalf("%q leads nowhere", src)
		}
		if strings.Contains(src, "[") != (path.Filter != nil) {
			t.Fatalf("%q: the filter was dropped", src)
		}
	})
}
