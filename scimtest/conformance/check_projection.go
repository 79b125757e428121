package conformance

import (
	"slices"
	"strings"
)

var projectionChecks = []check{
	{id: "R-091", needs: "users text", do: onlyAttributes},
	{id: "R-092", needs: "users text", do: alwaysReturned},
	{id: "R-089", needs: "users text", after: "R-091 R-092", do: projectsEverywhere},
	{id: "R-090", needs: "users", do: bothProjections},
	{id: "R-093", needs: "users", after: "R-091", do: projectionNotation},
	{id: "R-094", needs: "users schemas", after: "R-091", do: returnedAsDeclared},
}

// onlyAttributes: those named, and what is always returned. schemas and meta are let pass: the RFC calls them common
// attributes and leaves their "returned" to the server's schema.
func onlyAttributes(s *session) {
	u := s.user(object{s.text().name: "projected"})
	a := s.send("GET", u.path+"?attributes=userName", nil)
	s.status(a, 200)
	s.has(a, "userName", u.name)
	s.has(a, "id", u.id)
	s.hidesOthers(u.kind, a.object(), "userName")
}

// hidesOthers: no attribute that is returned by default, but for these.
func (s *session) hidesOthers(t *resourceType, doc object, named ...string) {
	for name, v := range doc {
		known := t.find(anything, name)
		if known == nil || known.returned != "default" || containsFold(named, name) || isNone(v) {
			continue
		}
		s.expect(false, "nothing but "+strings.Join(named, ", ")+" and what is always returned", name+" too")
	}
}

func alwaysReturned(s *session) {
	u := s.user(object{s.text().name: "excluded"})
	a := s.send("GET", u.path+"?excludedAttributes=id,schemas,"+s.text().name, nil)
	s.status(a, 200)
	s.has(a, "id", u.id)
	s.lacks(a, s.text().name)
}

// projectsEverywhere: in the answers to GET, list, POST, PUT and PATCH (RFC 7644 §3.9).
func projectsEverywhere(s *session) {
	t := s.text().name
	body := s.userBody(s.name("projected"), object{t: "projected"})
	a := s.send("POST", s.provider.user.endpoint+"?attributes=userName", body)
	s.success(a)
	s.hidesOthers(s.provider.user, a.object(), "userName")
	u := made(s.provider.user, "", body, a)
	a = s.send("POST", s.provider.user.endpoint+"?excludedAttributes="+t, s.userBody(s.name("projected"), object{t: "projected"}))
	s.success(a)
	s.lacks(a, t)

	list := s.send("GET", s.provider.user.endpoint+"?attributes=userName", nil)
	s.isList(list)
	for _, r := range list.resources() {
		doc, _ := r.(object)
		s.hidesOthers(s.provider.user, doc, "userName")
	}
	if a = s.send("PUT", u.path+"?attributes=userName", s.putBody(u)); a.status == 200 {
		s.hidesOthers(u.kind, a.object(), "userName")
	}
	if !s.provider.patch {
		return
	}
	if a = s.send("PATCH", u.path+"?attributes=userName", patchBody(op("replace", t, "again"))); a.status == 200 {
		s.hidesOthers(u.kind, a.object(), "userName")
	}
}

func bothProjections(s *session) {
	u := s.user()
	a := s.send("GET", u.path+"?attributes=userName&excludedAttributes=userName", nil)
	s.expect(a.status == 200 || a.status == 400, "status 200 or 400", a.says())
}

// projectionNotation: sub-attributes, URNs, and names that nobody knows.
func projectionNotation(s *session) {
	u := s.user()
	if s.hasName() {
		a := s.send("GET", u.path+"?attributes=name.givenName", nil)
		s.status(a, 200)
		s.expect(!isNone(a.at("name/givenName")), "name.givenName", shown(a.at("name")))
		s.lacks(a, "name/familyName")
	}
	a := s.send("GET", u.path+"?attributes="+userURN+":userName", nil)
	s.status(a, 200)
	s.has(a, "userName", u.name)
	a = s.send("GET", u.path+"?attributes=userName,usherCheckUnknown", nil)
	s.status(a, 200)
	s.has(a, "userName", u.name)
}

// returnedAsDeclared looks at the attributes whose "returned" is not the default. The password has a rule of its own.
func returnedAsDeclared(s *session) {
	special := func(a *attribute) bool {
		return a.returned != "default" && a.name != "id" && a.name != "password" && a.writable() &&
			!slices.Contains([]string{"userName", "schemas"}, a.name) && a.kind != "reference"
	}
	a := s.provider.user.any(special)
	if a == nil {
		s.without("an attribute that is returned on request, always or never")
		return
	}
	u := s.create(s.provider.user, "R-045", s.name("returned"), s.withValue(a))
	key := a.key(u.kind)
	plain, asked := s.read(u).at(key), s.send("GET", withQuery(u.path, "attributes", a.path(u.kind)), nil).at(key)
	other := s.send("GET", u.path+"?attributes=userName", nil).at(key)
	switch a.returned {
	case "always":
		s.expect(!isNone(plain) && !isNone(other), key+" always", shown(plain)+" and, with other attributes named, "+shown(other))
	case "never":
		s.expect(isNone(plain) && isNone(asked), key+" never", shown(plain)+" and, when named, "+shown(asked))
	case "request":
		s.expect(isNone(plain) && !isNone(asked), key+" only when named", shown(plain)+" and, when named, "+shown(asked))
	}
}

// withValue is a user with a value of the attribute.
func (s *session) withValue(a *attribute) object {
	if a.schema.urn == s.provider.user.schema.urn {
		return s.userBody(s.name("sample"), object{a.name: s.sample(a, 0)})
	}
	return s.userBody(s.name("sample"), object{a.schema.urn: object{a.name: s.sample(a, 0)}})
}
