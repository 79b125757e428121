package scim

import (
	"slices"
	"strings"
	"testing"
)

// eachAttribute visits every attribute and sub-attribute of the built-in types under its full name.
func eachAttribute(visit func(name string, a *Attribute)) {
	walk := func(prefix string, attrs []*Attribute) {
		for _, a := range attrs {
			visit(prefix+a.Name, a)
			for _, sub := range a.SubAttributes {
				visit(prefix+a.Name+"."+sub.Name, sub)
			}
		}
	}
	walk("User:", UserType().Schema.Attributes)
	walk("Group:", GroupType().Schema.Attributes)
	walk("Enterprise:", enterpriseUser.Attributes)
	walk("common:", commonAttributes)
}

// The characteristics that are not the defaults of RFC 7643 §7, all of them.
func TestCore_R042_Characteristics(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"User:userName":                  "required server",
		"User:password":                  "caseExact writeOnly never",
		"User:profileUrl":                "caseExact",                 // references are case-exact, §2.3.7
		"User:photos.value":              "caseExact",
		"User:x509Certificates.value":    "caseExact",
		"User:groups":                    "readOnly",
		"User:groups.value":              "caseExact readOnly",
		"User:groups.$ref":               "caseExact readOnly",
		"User:groups.display":            "readOnly",
		"User:groups.type":               "readOnly",
		"Group:displayName":              "required server",              // R-040, D-18
		"Group:members.value":            "required caseExact immutable",
		"Group:members.$ref":             "caseExact immutable",
		"Group:members.type":             "immutable",
		"Enterprise:manager.value":       "caseExact",
		"Enterprise:manager.$ref":        "caseExact",
		"Enterprise:manager.displayName": "readOnly",
		"common:schemas":                 "required caseExact always",
		"common:id":                      "caseExact readOnly always server",
		"common:externalId":              "caseExact",
		"common:meta":                    "readOnly",
		"common:meta.resourceType":       "caseExact readOnly",
		"common:meta.created":            "readOnly",
		"common:meta.lastModified":       "readOnly",
		"common:meta.location":           "caseExact readOnly",
		"common:meta.version":            "caseExact readOnly",
	}
	eachAttribute(func(name string, a *Attribute) {
		if got := unusual(a); got != want[name] {
			t.Errorf("%s is %q, want %q", name, got, want[name])
		}
		delete(want, name)
	})
	for name := range want {
		t.Errorf("%s is not declared", name)
	}
}

func unusual(a *Attribute) string {
	var s []string
	for word, is := range map[string]bool{"1required": a.Required, "2caseExact": a.CaseExact} {
		if is {
			s = append(s, word)
		}
	}
	slices.Sort(s)
	for i := range s {
		s[i] = s[i][1:]
	}
	if a.Mutability != ReadWrite {
		s = append(s, a.Mutability.String())
	}
	if a.Returned != ReturnedDefault {
		s = append(s, a.Returned.String())
	}
	if a.Uniqueness != UniqueNone {
		s = append(s, a.Uniqueness.String())
	}
	return strings.Join(s, " ")
}

func TestCore_R013_R019_Shapes(t *testing.T) {
	t.Parallel()
	eachAttribute(func(name string, a *Attribute) {
		if !isAttrName(a.Name) {
			t.Errorf("R-013 %s is not an attribute name", name)
		}
		if (a.Type == TypeComplex) != (len(a.SubAttributes) > 0) {
			t.Errorf("R-019 %s is complex without sub-attributes, or has some without being complex", name)
		}
		for _, sub := range a.SubAttributes {
			if sub.Type == TypeComplex {
				t.Errorf("R-019 %s.%s is complex", name, sub.Name)
			}
		}
	})
}

func TestCore_CanonicalTypes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{ // Entra's gallery test reads them from /Schemas
		"emails": "work", "phoneNumbers": "fax", "addresses": "other", "photos": "thumbnail", "ims": "xmpp",
	} {
		if !slices.Contains(UserType().Schema.Attribute(name).Sub("type").CanonicalValues, want) {
			t.Errorf("%s.type does not list %q", name, want)
		}
	}
}

func TestResourceType_Attribute(t *testing.T) {
	t.Parallel()
	u := UserType()
	tests := []struct {
		name, urn, attr string
		schema          *Schema
		want            string
	}{
		{"R-013 any case", "", "USERNAME", u.Schema, "userName"},
		{"R-033 base URN", URNUser, "userName", u.Schema, "userName"},
		{"R-033 base URN in capitals", strings.ToUpper(URNUser), "userName", u.Schema, "userName"},
		{"extension", URNEnterpriseUser, "Manager", enterpriseUser, "manager"},
		{"common", "", "externalid", nil, "externalId"},
		{"common under the base URN", URNUser, "meta", nil, "meta"},
		{"common under an extension", URNEnterpriseUser, "meta", nil, ""},
		{"groups", "", "groups", u.Schema, "groups"},
		{"extension attribute without URN", "", "manager", nil, ""},
		{"unknown URN", URNGroup, "displayName", nil, ""},
		{"unknown name", "", "uſerName", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, a := u.Attribute(tt.urn, tt.attr)
			got := ""
			if a != nil {
				got = a.Name
			}
			if s != tt.schema || got != tt.want {
				t.Errorf("got %v %q", s, got)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"userame": "userName", "prefferedLanguage": "preferredLanguage", "adreses": "addresses", "DISPLAYNAM": "displayName",
		"companyName": "", "x": "", strings.Repeat("userName", 6): "",
	} {
		if got := nearest(name, UserType().Schema.Attributes); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
