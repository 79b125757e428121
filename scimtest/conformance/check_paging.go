package conformance

import (
	"fmt"
	"slices"
	"strconv"
)

var pagingChecks = []check{
	{id: "R-085", needs: "users filter text", after: "R-062", do: noMoreThanCount},
	{id: "R-086", needs: "users filter text", after: "R-085", do: counted},
	{id: "R-084", needs: "users filter text", after: "R-086", do: countZero},
	{id: "R-083", needs: "users filter text", after: "R-086", do: startBelowOne},
	{id: "R-087", needs: "users filter text", after: "R-086", do: steadyPages},
	{id: "R-088", needs: "users filter text", after: "R-086", do: beyondTheEnd},
	{id: "R-057", outside: "how many matches are too many is for the service to say"},
}

// crowd is a handful of users whose names begin alike, made once for all that lists.
type crowd struct {
	filter string
	users  []*resource
}

const crowdSize = 5

// people returns the crowd. Their text attribute and names are in the order c, A, b, none, D.
func (s *session) people() *crowd {
	switch {
	case s.shared != nil:
		return s.shared
	case s.err != nil:
		return &crowd{}
	}
	prefix := s.prefix() + "-crowd-"
	c := &crowd{filter: "userName sw " + quote(prefix)}
	for i := range crowdSize {
		name := prefix + []string{"c", "A", "b", "e", "D"}[i] + "@example.com"
		c.users = append(c.users, s.create(s.provider.user, "R-045", name, s.userBody(name, s.marks(i))))
	}
	a := s.query(s.provider.user, c.filter, "count", "100")
	s.given(len(a.ids()) == crowdSize, "R-064", "the five users that "+c.filter+" finds", a.says()+fmt.Sprintf(", %d resources", len(a.ids())))
	if s.err == nil {
		s.shared = c
	}
	return c
}

// marks are the values that sorting looks at: one user has no text, and primary is never the first element.
func (s *session) marks(i int) object {
	o := object{}
	if t := s.text(); t != nil && i != 3 {
		o[t.name] = []string{"cherry", "Apple", "banana", "", "Damson"}[i]
	}
	if p := s.emails(); p != nil {
		value := func(n int) string { return fmt.Sprintf("m%d-%s@example.com", n, s.opt.Run) }
		o[p.name] = array{
			object{"type": "home", "value": value(10 + i)},
			object{"type": "work", "value": value(90 - i), "primary": true},
		}
	}
	return o
}

func (c *crowd) ids(order ...int) []string {
	var ids []string
	for _, i := range order {
		if i < len(c.users) {
			ids = append(ids, c.users[i].id)
		}
	}
	return ids
}

// page lists the crowd.
func (s *session) page(params ...string) *answer {
	return s.query(s.provider.user, s.people().filter, params...)
}

func noMoreThanCount(s *session) {
	for _, count := range []int{1, 2, crowdSize} {
		a := s.page("count", strconv.Itoa(count))
		s.isList(a)
		s.expect(len(a.resources()) <= count, strconv.Itoa(count)+" resources at most", strconv.Itoa(len(a.resources())))
	}
}

// counted: all matches in totalResults, those of the page in itemsPerPage, and startIndex from 1.
func counted(s *session) {
	whole := s.page()
	s.total(whole, crowdSize)
	s.expect(len(whole.ids()) == crowdSize, "all five on one page", strconv.Itoa(len(whole.ids())))
	a := s.page("startIndex", "2", "count", "2")
	s.total(a, crowdSize)
	if a.at("itemsPerPage") != nil {
		s.expect(a.number("itemsPerPage") == len(a.ids()), "itemsPerPage as many as there are", shown(a.at("itemsPerPage")))
	}
	if s.err == nil && len(a.ids()) > 0 {
		s.expect(a.ids()[0] == whole.ids()[1], "a page from startIndex 2 that begins with the second", a.ids()[0])
	}
	s.expect(len(a.ids()) > 0, "resources on a page in the middle", "none")
}

func countZero(s *session) {
	for _, count := range []string{"0", "-1"} {
		a := s.page("count", count)
		s.total(a, crowdSize)
		s.expect(len(a.resources()) == 0, "no resources for count="+count, strconv.Itoa(len(a.resources())))
	}
}

func startBelowOne(s *session) {
	first := s.page("startIndex", "1", "count", "2")
	s.isList(first)
	for _, start := range []string{"0", "-3"} {
		s.sameIDs(s.page("startIndex", start, "count", "2"), first.ids())
	}
}

func steadyPages(s *session) {
	var walked []string
	for start := 1; start <= crowdSize && s.err == nil; {
		a := s.page("startIndex", strconv.Itoa(start), "count", "2")
		s.total(a, crowdSize)
		s.expect(len(a.ids()) > 0, "resources from startIndex "+strconv.Itoa(start), "none")
		walked = append(walked, a.ids()...)
		start += max(1, len(a.ids()))
	}
	want := s.people().ids(0, 1, 2, 3, 4)
	slices.Sort(want)
	slices.Sort(walked)
	s.expect(slices.Equal(walked, want), "each user once over all pages", fmt.Sprintf("%q", walked))
}

func beyondTheEnd(s *session) {
	a := s.page("startIndex", "1000", "count", "2")
	s.total(a, crowdSize)
	s.expect(len(a.resources()) == 0, "no resources", strconv.Itoa(len(a.resources())))
}
