package conformance

import "fmt"

var sortingChecks = []check{
	{id: "R-079", needs: "users config", after: "R-053", do: sortByIgnored},
	{id: "R-082", needs: "users filter sort text", after: "R-062", do: ascending},
	{id: "R-081", needs: "users filter sort text", after: "R-082", do: missingLast},
	{id: "R-080", needs: "users filter sort emails text", after: "R-082", do: byPrimary},
}

func sortByIgnored(s *session) {
	if s.provider.sort {
		return // R-082 asks whether it sorts
	}
	s.isList(s.send("GET", s.provider.user.endpoint+"?count=1&sortBy=userName", nil))
}

// ascending: c, A, b, e, D by userName, whose case does not matter.
func ascending(s *session) {
	p := s.people()
	s.sameIDs(s.page("sortBy", "userName"), p.ids(1, 2, 0, 4, 3))
	s.sameIDs(s.page("sortBy", "userName", "sortOrder", "ascending"), p.ids(1, 2, 0, 4, 3))
	s.sameIDs(s.page("sortBy", "userName", "sortOrder", "descending"), p.ids(3, 4, 0, 2, 1))
}

// missingLast: the fourth has no value. Upper and lower case are kept apart, for some servers declare the attribute
// as caseExact.
func missingLast(s *session) {
	p, t := s.people(), s.text().name
	a := s.page("sortBy", t)
	s.isList(a)
	last := len(a.ids()) - 1
	s.expect(last == crowdSize-1 && a.ids()[last] == p.users[3].id, "the user without "+t+" last in ascending order", fmt.Sprintf("%q", a.ids()))
	a = s.page("sortBy", t, "sortOrder", "descending")
	s.isList(a)
	s.expect(len(a.ids()) == crowdSize && a.ids()[0] == p.users[3].id, "the user without "+t+" first in descending order", fmt.Sprintf("%q", a.ids()))
}

// byPrimary: the primary values run against the first ones.
func byPrimary(s *session) {
	p := s.people()
	s.sameIDs(s.page("sortBy", "emails.value"), p.ids(4, 3, 2, 1, 0))
	if s.err == nil && s.hasName() {
		s.isList(s.page("sortBy", "name.familyName"))
	}
}
