package conformance

import (
	"fmt"
	"slices"
	"strings"
)

var userChecks = []check{
	{id: "R-034", needs: "users", do: uniqueUserName},
	{id: "R-036", outside: "which spellings PRECIS makes equal depends on the profile that the service chose"},
	{id: "R-038", needs: "users address", do: country},
	{id: "R-041", needs: "users enterprise", after: "R-032", do: enterprise},
}

var groupChecks = []check{
	{id: "R-040", needs: "groups", do: groupShape},
	{id: "R-037", needs: "groups usergroups", do: groupsOfUser},
}

// uniqueUserName: another case of the same name is the same name (RFC 7643 §4.1.1).
func uniqueUserName(s *session) {
	u := s.user()
	a := s.send("POST", u.kind.endpoint, u.sent)
	s.given(a.status/100 == 4, "R-047", "a duplicate is refused", a.says())
	a = s.send("POST", u.kind.endpoint, s.userBody(strings.ToUpper(u.name)))
	s.status(a, 409)
}

func country(s *session) {
	u := s.user(object{"addresses": array{object{"type": "work", "country": "DE"}}})
	s.has(s.read(u), "addresses/0/country", "DE")
}

// enterprise: what the server announces of the extension comes back.
func enterprise(s *session) {
	values := object{}
	for _, name := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
		for _, a := range s.provider.user.extension(enterpriseURN).attributes {
			if strings.EqualFold(a.name, name) && a.writable() {
				values[name] = "check-" + name + "-" + s.opt.Run
			}
		}
	}
	now := s.read(s.user(object{enterpriseURN: values}))
	for name, value := range values {
		s.has(now, enterpriseURN+"/"+name, value)
	}
}

// groupShape: the name is required, members are shown by id.
func groupShape(s *session) {
	u := s.user()
	name := s.name("group")
	a := s.send("POST", s.provider.group.endpoint, s.groupBody(name, u))
	s.readOnlyServer(a)
	s.success(a)
	now := s.read(made(s.provider.group, name, nil, a))
	s.has(now, "displayName", name)
	s.isSet(now, "members", u.id)

	body := s.groupBody(s.name("nameless"))
	delete(body, "displayName")
	s.refused(s.send("POST", s.provider.group.endpoint, body), "invalidValue", "invalidSyntax")
}

// groupsOfUser: what a client says of groups at the user changes no group, and a group that is gone is not shown. A
// server may leave the groups out.
func groupsOfUser(s *session) {
	u := s.user()
	g, other := s.group(u), s.group()
	s.send("PUT", u.path, s.putBody(u, object{"groups": array{object{"value": other.id}}}))
	s.isSet(s.read(other), "members")
	s.isSet(s.read(g), "members", u.id)
	if in := valuesOf(s.read(u).at("groups")); s.err == nil && !slices.Contains(in, g.id) {
		s.without("groups in the answers of users")
	}
	s.send("DELETE", g.path, nil)
	in := valuesOf(s.read(u).at("groups"))
	s.expect(!slices.Contains(in, g.id), "no group that was deleted", fmt.Sprintf("%q", in))
}
