package conformance

import (
	"maps"
	"slices"
)

var searchChecks = []check{
	{id: "R-012", needs: "users", do: searchOffered},
	{id: "R-096", needs: "users filter", after: "R-012 R-062", do: searchPlaces},
	{id: "R-097", needs: "users filter text", after: "R-096 R-086", do: searchLikeGET},
	{id: "R-098", needs: "users filter", after: "R-096", do: brokenSearch},
}

func (s *session) search(path string, with object) *answer {
	body := object{"schemas": array{searchURN}}
	maps.Copy(body, with)
	return s.send("POST", path+"/.search", body)
}

func searchOffered(s *session) {
	a := s.search(s.provider.user.endpoint, object{"count": 1})
	s.expect(a.status/100 == 2, "an answer to a search by POST", a.says())
}

// searchPlaces: below a type; and at the root, where a server may decline.
func searchPlaces(s *session) {
	u := s.user()
	a := s.search(u.kind.endpoint, object{"filter": u.is()})
	s.isList(a)
	s.expect(slices.Equal(a.ids(), []string{u.id}), "the one user", firstLine(string(a.body)))
	a = s.search("", object{"filter": u.is()})
	if s.err == nil && !slices.Contains([]int{403, 404, 405, 501}, a.status) {
		s.isList(a)
		s.expect(slices.Equal(a.ids(), []string{u.id}), "the one user, from the root", firstLine(string(a.body)))
	}
}

func searchLikeGET(s *session) {
	filter := s.people().filter
	got := s.search(s.provider.user.endpoint, object{"filter": filter, "startIndex": 2, "count": 2, "attributes": array{"userName"}})
	want := s.page("startIndex", "2", "count", "2", "attributes", "userName")
	s.isList(want)
	s.total(got, want.number("totalResults"))
	s.sameIDs(got, want.ids())
	for _, r := range got.resources() {
		doc, _ := r.(object)
		s.hidesOthers(s.provider.user, doc, "userName")
	}
}

func brokenSearch(s *session) {
	s.refused(s.send("POST", s.provider.user.endpoint+"/.search", `{"schemas":["`+searchURN+`"],"filter":`), "invalidSyntax", "invalidValue", "invalidFilter")
	s.refused(s.search(s.provider.user.endpoint, object{"filter": "userName eq"}), "invalidFilter", "invalidSyntax", "invalidValue")
}
