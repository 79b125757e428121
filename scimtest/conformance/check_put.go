package conformance

import (
	"maps"
	"slices"
)

var putChecks = []check{
	{id: "R-099", needs: "users text", do: putReplaces},
	{id: "R-100", needs: "users", do: putCreatesNothing},
	{id: "R-101", needs: "users text", after: "R-099", do: putValues},
	{id: "R-102", needs: "users schemas", after: "R-099", do: putImmutable},
	{id: "R-103", needs: "users text", after: "R-099", do: putReadOnly},
	{id: "R-104", needs: "users", after: "R-099", do: putRequired},
	{id: "R-105", needs: "users", after: "R-099", do: putAnswer},
	{id: "R-106", outside: "a password can only be seen by signing in with it"},
}

func putReplaces(s *session) {
	t := s.text().name
	u := s.user(object{t: "before"})
	s.success(s.put(u, object{t: "after"}))
	s.has(s.read(u), t, "after")
}

func putCreatesNothing(s *session) {
	body := s.userBody(s.name("put"))
	s.status(s.send("PUT", s.provider.user.endpoint+"/usher-check-unknown", body), 404)
}

// putValues: values of every shape take the place of what was there.
func putValues(s *session) {
	with := object{s.text().name: "second"}
	if s.hasName() {
		with["name"] = object{"givenName": "Second", "familyName": "Name"}
	}
	value := s.pluralValue()
	if p := s.plural(); p != nil {
		with[p.name] = array{object{"type": "work", "value": value}}
	}
	u := s.user(object{s.text().name: "first"})
	a := s.put(u, with)
	s.given(a.status/100 == 2, "R-099", "the PUT is taken", a.says())
	now := s.read(u)
	s.has(now, s.text().name, "second")
	if s.hasName() {
		s.has(now, "name/givenName", "Second")
	}
	if p := s.plural(); p != nil {
		s.isSet(now, p.name, value)
	}
}

func (s *session) immutable() *attribute {
	return s.provider.user.any(func(a *attribute) bool {
		return a.mutability == "immutable" && a.kind == "string" && !a.multi && a.returned != "never" && len(a.canonical) == 0
	})
}

func putImmutable(s *session) {
	a := s.immutable()
	if a == nil {
		s.without("an immutable text attribute")
		return
	}
	u := s.create(s.provider.user, "R-045", s.name("immutable"), s.withValue(a))
	s.success(s.send("PUT", u.path, s.putBody(u)))
	changed := object{a.name: "another-" + s.opt.Run}
	if a.schema.urn != u.kind.schema.urn {
		changed = object{a.schema.urn: changed}
	}
	answer := s.put(u, changed)
	s.status(answer, 400)
	s.scimType(answer, "mutability")
}

// putReadOnly: what the server owns is taken and ignored.
func putReadOnly(s *session) {
	t := s.text().name
	u := s.user()
	with := object{t: "changed", "meta": object{"resourceType": "Nonsense", "created": "1999-12-31T23:59:59Z"}}
	if s.provider.user.find(anything, "groups") != nil {
		with["groups"] = array{object{"value": "usher-check-unknown"}}
	}
	s.success(s.put(u, with))
	now := s.read(u)
	s.has(now, t, "changed")
	s.expect(now.text("meta/resourceType") != "Nonsense" && now.text("meta/created") != "1999-12-31T23:59:59Z", "meta of the server's own", shown(now.at("meta")))
	s.expect(!slices.Contains(valuesOf(now.at("groups")), "usher-check-unknown"), "groups of the server's own", shown(now.at("groups")))
}

func putRequired(s *session) {
	u := s.user()
	body := maps.Clone(u.sent)
	delete(body, "userName")
	s.refused(s.send("PUT", u.path, body), "invalidValue", "invalidSyntax", "mutability")
	s.has(s.read(u), "userName", u.name)
}

func putAnswer(s *session) {
	u, other := s.user(), s.user()
	a := s.put(u)
	s.status(a, 200)
	s.has(a, "id", u.id)
	s.has(a, "userName", u.name)
	s.status(s.put(u, object{"userName": other.name}), 409)
}

func putOtherVersion(s *session) {
	u := s.user()
	old := s.read(u).header.Get("ETag")
	a := s.put(u, s.changed("first"))
	s.given(a.status/100 == 2, "R-099", "the PUT is taken", a.says())
	s.status(s.send("PUT", u.path, s.putBody(u, s.changed("second")), "If-Match", old), 412, 409)
}
