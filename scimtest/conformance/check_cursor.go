package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

var cursorChecks = []check{
	{id: "C-11", needs: "cursor", do: paginationMembers},
	{id: "C-01", needs: "users cursor filter text", after: "R-062", do: firstCursor},
	{id: "C-02", needs: "users cursor filter text", after: "C-01", do: cursorCount},
	{id: "C-03", needs: "users cursor filter text", after: "C-02", do: cursorWalk},
	{id: "C-04", needs: "users cursor filter text", after: "C-01", do: noPrevious},
	{id: "C-05", needs: "users cursor filter text", after: "C-01", do: otherCount},
	{id: "C-06", needs: "users cursor filter text", after: "C-01", do: forgedCursor},
	{id: "C-07", needs: "users cursor filter sort text", after: "C-03 R-082", do: sortedCursors},
	{id: "C-08", needs: "users cursor", do: cursorOnly},
	{id: "C-09", needs: "users cursor filter text", after: "C-01", do: defaultMethod},
	{id: "C-10", needs: "users cursor filter text", after: "C-03 R-096", do: cursorSearch},
	{id: "C-12", needs: "users cursor second filter text", after: "C-01", do: foreignCursor},
	{id: "C-13", needs: "users cursor filter text", after: "C-01", do: cursorTotal},
	{id: "C-14", needs: "users cursor filter text", after: "C-01", do: cursorAndIndex},
}

// by lists the crowd by cursor.
func (s *session) by(cursor, count string, more ...string) *answer {
	return s.page(append([]string{"cursor", cursor, "count", count}, more...)...)
}

func paginationMembers(s *session) {
	a := s.send("GET", "/ServiceProviderConfig", nil)
	for _, name := range []string{"cursor", "index"} {
		_, ok := a.at("pagination/" + name).(bool)
		s.expect(ok, "pagination."+name+" as a boolean", shown(a.at("pagination")))
	}
	if method := a.at("pagination/defaultPaginationMethod"); method != nil {
		s.expect(method == "cursor" || method == "index", "defaultPaginationMethod cursor or index", shown(method))
	}
	for _, name := range []string{"defaultPageSize", "maxPageSize", "cursorTimeout"} {
		v := a.at("pagination/" + name)
		s.expect(v == nil || isInteger(v), name+" as an integer", shown(v))
	}
}

var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

func firstCursor(s *session) {
	a := s.by("", "2")
	s.isList(a)
	s.expect(len(a.ids()) > 0, "resources on the first page", "none")
	s.expect(unreserved.MatchString(a.text("nextCursor")), "a nextCursor of unreserved characters", shown(a.at("nextCursor")))
}

func cursorCount(s *session) {
	a := s.by("", "2")
	s.isList(a)
	s.expect(len(a.ids()) <= 2, "2 resources at most", strconv.Itoa(len(a.ids())))
	for _, none := range []string{"0", "-1"} {
		a = s.by("", none)
		s.isList(a)
		s.expect(len(a.ids()) == 0, "no resources for count="+none, strconv.Itoa(len(a.ids())))
	}
}

// walk goes through all pages and returns the ids and the number of pages.
func (s *session) walk(next func(cursor string) *answer) (ids []string) {
	const most = 4 * crowdSize
	cursor := ""
	for range most {
		a := next(cursor)
		s.isList(a)
		ids = append(ids, a.ids()...)
		if cursor = a.text("nextCursor"); cursor == "" || s.err != nil {
			return ids
		}
	}
	s.expect(false, "an end of the walk", strconv.Itoa(most)+" pages with a nextCursor")
	return ids
}

func cursorWalk(s *session) {
	ids := s.walk(func(cursor string) *answer { return s.by(cursor, "2") })
	want := s.people().ids(0, 1, 2, 3, 4)
	slices.Sort(want)
	slices.Sort(ids)
	s.expect(slices.Equal(ids, want), "each user once, and no nextCursor on the last page", fmt.Sprintf("%q", ids))
}

func noPrevious(s *session) {
	a := s.by("", "2")
	s.isList(a)
	s.lacks(a, "previousCursor")
}

// next returns the cursor of a second page.
func (s *session) next() string {
	a := s.by("", "2")
	s.isList(a)
	return a.text("nextCursor")
}

func otherCount(s *session) {
	s.refused(s.by(s.next(), "3"), "invalidCount", "invalidCursor", "invalidValue")
}

func forgedCursor(s *session) {
	a := s.by("usher-check-forged", "2")
	s.status(a, 400)
	s.scimType(a, "invalidCursor")
}

func sortedCursors(s *session) {
	ids := s.walk(func(cursor string) *answer { return s.by(cursor, "2", "sortBy", "userName") })
	want := s.people().ids(1, 2, 0, 4, 3)
	s.expect(slices.Equal(ids, want), fmt.Sprintf("by userName: %q", want), fmt.Sprintf("%q", ids))
}

func cursorOnly(s *session) {
	if s.provider.config.at("pagination/index") != false {
		s.err = &skip{NotAnnounced, "cursors as the only way"}
		return
	}
	a := s.page("count", "2")
	s.expect(a.text("nextCursor") != "", "a nextCursor without a cursor in the request", "none")
}

func defaultMethod(s *session) {
	method := s.provider.config.text("pagination/defaultPaginationMethod")
	if s.provider.config.at("pagination/index") != true || method == "" {
		s.err = &skip{NotAnnounced, "a default method of two"}
		return
	}
	a := s.page("count", "2")
	s.isList(a)
	if method == "cursor" {
		s.expect(a.text("nextCursor") != "", "a nextCursor: cursors are the default", "none")
	} else {
		s.expect(a.number("startIndex") == 1, "startIndex 1: the index is the default", shown(a.at("startIndex")))
	}
}

func cursorSearch(s *session) {
	ids := s.walk(func(cursor string) *answer {
		return s.search(s.provider.user.endpoint, object{"filter": s.people().filter, "cursor": cursor, "count": 2})
	})
	s.expect(len(ids) == crowdSize, "all five over pages by POST", fmt.Sprintf("%q", ids))
}

// foreignCursor: the other tenant gets an error, or nothing of ours.
func foreignCursor(s *session) {
	path := withQuery(s.provider.user.endpoint, "filter", s.people().filter, "cursor", s.next(), "count", "2")
	a := s.sendBy(like(s.opt.Second, s.opt.Timeout), "GET", path, nil)
	s.expect(a.status >= 400 || len(a.ids()) == 0, "nothing for the cursor of another tenant", fmt.Sprintf("%q", a.ids()))
}

func cursorTotal(s *session) {
	s.total(s.by("", "2"), crowdSize)
}

func cursorAndIndex(s *session) {
	a := s.by("", "2", "startIndex", "1")
	s.expect(a.status == 200 || a.status == 400, "status 200 or 400", a.says())
}
