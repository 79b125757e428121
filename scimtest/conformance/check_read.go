package conformance

import (
	"fmt"
	"slices"
)

var readChecks = []check{
	{id: "R-052", needs: "users", do: known},
	{id: "R-053", needs: "users", do: listResponse},
	{id: "R-059", needs: "users", after: "R-053", do: listedWhole},
}

var rootChecks = []check{
	{id: "R-056", needs: "users filter", after: "R-062", do: rootQuery},
	{id: "R-058", needs: "groups filter", after: "R-056", do: undefinedAttribute},
}

func known(s *session) {
	u := s.user()
	a := s.send("GET", u.path, nil)
	s.status(a, 200)
	s.has(a, "id", u.id)
	s.has(a, "userName", u.name)
	s.status(s.send("GET", u.kind.endpoint+"/usher-check-unknown", nil), 404)
}

func listResponse(s *session) {
	a := s.send("GET", s.provider.user.endpoint, nil)
	s.isList(a)
	total := a.number("totalResults")
	s.expect(total >= 0, "totalResults", shown(a.at("totalResults")))
	s.expect(total == 0 || len(a.resources()) > 0, "Resources beside a total above 0", shown(a.at("Resources")))
	if partial := len(a.resources()) < total; partial {
		s.expect(a.number("startIndex") >= 1 && a.number("itemsPerPage") >= 0, "startIndex and itemsPerPage on a page", firstLine(string(a.body)))
	}
}

func listedWhole(s *session) {
	s.user()
	a := s.send("GET", s.provider.user.endpoint, nil)
	s.isList(a)
	for _, r := range a.resources() {
		s.expect(!isNone(at(r, "id")), "id of each resource", shown(r))
		s.expect(!isNone(at(r, "schemas")), "schemas of each resource", shown(r))
	}
}

// rootQuery: the filter narrows the types as well as the resources. A server may decline to query its root.
func rootQuery(s *session) {
	u := s.user()
	a := s.rootList(u.is())
	s.isList(a)
	s.expect(slices.Equal(a.ids(), []string{u.id}), "the one user", fmt.Sprintf("%q", a.ids()))
	a = s.rootList(`meta.resourceType eq "usherCheckUnknown" and ` + u.is())
	s.total(a, 0)
	a = s.rootList(`meta.resourceType eq ` + quote(u.kind.name) + ` and ` + u.is())
	s.total(a, 1)
}

func (s *session) rootList(filter string) *answer {
	a := s.send("GET", withQuery("/", "filter", filter), nil)
	if slices.Contains([]int{403, 404, 405, 501}, a.status) {
		s.without("queries of the root")
	}
	return a
}

// undefinedAttribute: a group has no userName, which is not an error where types are mixed.
func undefinedAttribute(s *session) {
	u, g := s.user(), s.group()
	a := s.rootList(u.is() + " or " + g.is())
	s.isList(a)
	got := a.ids()
	s.expect(slices.Contains(got, u.id), "the user, found by userName", fmt.Sprintf("%q", got))
}
