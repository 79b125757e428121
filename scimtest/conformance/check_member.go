package conformance

// memberChecks change the members of groups, the way identity providers do.
var memberChecks = []check{
	{id: "R-133", needs: "groups patch", after: "R-108 R-130", do: removeStranger},
}

var deleteChecks = []check{
	{id: "R-142", needs: "users", do: deleted},
	{id: "R-143", needs: "users", after: "R-100", do: goneForAll},
	{id: "R-144", needs: "users", do: goneFromLists},
	{id: "R-145", needs: "groups", do: goneFromGroups},
}

// removeStranger: whether it is a success or 400 noTarget, nobody else leaves.
func removeStranger(s *session) {
	a, b, stranger := s.user(), s.user(), s.user()
	g := s.group(a, b)
	answer := s.patch(g, op("remove", `members[value eq `+quote(stranger.id)+`]`))
	s.expect(answer.status/100 == 2 || answer.status == 400, "success, or 400 noTarget", answer.says())
	s.isSet(s.read(g), "members", a.id, b.id)
	s.success(s.patch(g, op("remove", `members[value eq `+quote(a.id)+`]`)))
	s.isSet(s.read(g), "members", b.id)
}

func deleted(s *session) {
	a := s.send("DELETE", s.user().path, nil)
	s.status(a, 204)
	s.expect(len(a.body) == 0, "no body", firstLine(string(a.body)))
}

func goneForAll(s *session) {
	u := s.user()
	a := s.send("DELETE", u.path, nil)
	s.given(a.status/100 == 2, "R-142", "the user is deleted", a.says())
	s.status(s.send("GET", u.path, nil), 404)
	s.status(s.send("PUT", u.path, s.putBody(u)), 404)
	if s.provider.patch && s.text() != nil {
		s.status(s.patch(u, op("replace", s.text().name, "x")), 404)
	}
	s.status(s.send("DELETE", u.path, nil), 404)
}

// goneFromLists: no query finds it, and its userName is free.
func goneFromLists(s *session) {
	u := s.user()
	a := s.send("DELETE", u.path, nil)
	s.given(a.status/100 == 2, "R-142", "the user is deleted", a.says())
	if s.provider.filter && s.holds("R-062") {
		s.total(s.query(u.kind, u.is()), 0)
	}
	a = s.send("POST", u.kind.endpoint, u.sent)
	s.expect(a.status/100 == 2, "another user of the same userName", a.says())
}

func goneFromGroups(s *session) {
	u, stays := s.user(), s.user()
	g := s.group(u, stays)
	a := s.send("DELETE", u.path, nil)
	s.given(a.status/100 == 2, "R-142", "the user is deleted", a.says())
	s.isSet(s.read(g), "members", stays.id)
}
