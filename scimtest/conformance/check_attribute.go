package conformance

import (
	"maps"
	"strings"
	"time"
)

var attributeChecks = []check{
	{id: "R-006", needs: "users text", do: anyScript},
	{id: "R-013", needs: "users text", do: nameCase},
	{id: "R-014", needs: "users", do: exactCase},
	{id: "R-018", needs: "groups", do: references},
	{id: "R-020", needs: "users primary", do: onePrimary},
	{id: "R-021", needs: "users plural", do: noTwins},
	{id: "R-022", needs: "users text", do: nullIsNone},
	{id: "R-025", needs: "users", do: stableID},
	{id: "R-026", needs: "users", do: clientID},
	{id: "R-027", needs: "users", do: externalID},
	{id: "R-028", needs: "users", do: clientMeta},
	{id: "R-029", needs: "users", do: neverModified},
	{id: "R-030", needs: "users", do: metaLocation},
	{id: "R-032", needs: "users extension", do: extensionPlace},
}

// nameCase sends an attribute's name in other letters.
func nameCase(s *session) {
	t := s.text().name
	body := s.userBody(s.name("case"))
	body[strings.ToUpper(t)] = "Upper"
	a := s.send("POST", s.provider.user.endpoint, body)
	s.success(a)
	u := made(s.provider.user, "", body, a)
	s.has(s.read(u), t, "Upper")
}

func exactCase(s *session) {
	external := s.name("MixedCase")
	u := s.user(object{"externalId": external})
	now := s.read(u)
	if now.at("externalId") == nil {
		s.without("externalId")
	}
	s.has(now, "externalId", external)
}

// references: the $ref of a member leads to the member. It may be left out.
func references(s *session) {
	u := s.user()
	g := s.group(u)
	ref, _ := at(s.read(g).at("members"), "value="+u.id+"/$ref").(string)
	if ref == "" {
		s.without("$ref of members")
		return
	}
	path := u.kind.endpoint + "/" + idOf(ref)
	s.expect(strings.HasSuffix(ref, path), "a $ref that ends with "+u.path, ref)
	a := s.send("GET", path, nil)
	s.status(a, 200)
	s.has(a, "id", u.id)
}

// onePrimary: a server may refuse two, or keep one.
func onePrimary(s *session) {
	name := s.plural().name
	list := array{
		object{"type": "work", "value": s.pluralValue(), "primary": true},
		object{"type": "home", "value": s.pluralValue(), "primary": true},
	}
	body := s.userBody(s.name("primaries"), object{name: list})
	a := s.send("POST", s.provider.user.endpoint, body)
	if a.status/100 != 2 {
		s.status(a, 400)
		return
	}
	now := s.read(made(s.provider.user, "", body, a))
	s.expect(primaries(now.at(name)) <= 1, "one primary element at most", shown(now.at(name)))
}

func primaries(v any) int {
	list, _ := v.(array)
	n := 0
	for _, e := range list {
		if at(e, "primary") == true {
			n++
		}
	}
	return n
}

func noTwins(s *session) {
	name, value := s.plural().name, s.pluralValue()
	twin := object{"type": "work", "value": value}
	body := s.userBody(s.name("twins"), object{name: array{twin, maps.Clone(twin)}})
	a := s.send("POST", s.provider.user.endpoint, body)
	if a.status/100 != 2 {
		s.status(a, 400)
		return
	}
	s.isSet(s.read(made(s.provider.user, "", body, a)), name, value)
}

// nullIsNone: null and [] are no values, at creating and at replacing.
func nullIsNone(s *session) {
	t := s.text().name
	none := object{t: nil}
	if p := s.plural(); p != nil && !p.required && p.name != "emails" {
		none[p.name] = array{}
	}
	u := s.user(none)
	s.lacks(s.read(u), t)

	u = s.user(object{t: "assigned"})
	a := s.put(u, none)
	s.given(a.status/100 == 2, "R-099", "the PUT is taken", a.says())
	s.lacks(s.read(u), t)
}

func stableID(s *session) {
	u, other := s.user(), s.user()
	s.expect(u.id != other.id, "two ids for two users", u.id+" twice")
	s.has(s.read(u), "id", u.id)
	s.has(s.read(other), "id", other.id)
	s.has(s.read(other), "userName", other.name)
}

func clientID(s *session) {
	id := "usher-check-" + s.opt.Run
	u := s.user(object{"id": id})
	s.expect(u.id != id, "an id that the server made", "the id that the client sent: "+id)
}

// externalID: nobody but the client sets it.
func externalID(s *session) {
	s.lacks(s.read(s.user()), "externalId")
	external := "ext-" + s.opt.Run
	u := s.user(object{"externalId": external})
	got := s.read(u).text("externalId")
	s.expect(strings.EqualFold(got, external), "externalId "+external, quote(got))
}

func clientMeta(s *session) {
	const past = "1999-12-31T23:59:59Z"
	u := s.user(object{"meta": object{
		"resourceType": "Nonsense", "created": past, "lastModified": past,
		"location": "https://example.com/nowhere", "version": `W/"usher-check"`,
	}})
	now := s.read(u)
	for _, name := range []string{"resourceType", "created", "lastModified", "location", "version"} {
		got, sent := now.text("meta/"+name), at(u.sent, "meta/"+name)
		s.expect(got != sent, "meta."+name+" of the server's own", "what the client sent: "+got)
	}
}

func neverModified(s *session) {
	now := s.read(s.user())
	created, err1 := parseTime(now.text("meta/created"))
	modified, err2 := parseTime(now.text("meta/lastModified"))
	if err1 != nil || err2 != nil {
		s.expect(now.at("meta/created") != nil && now.at("meta/lastModified") != nil, "meta.created and meta.lastModified", shown(now.at("meta")))
		return // what they look like is R-016
	}
	s.expect(created.Equal(modified), "meta.lastModified equal to meta.created", shown(now.at("meta")))
}

// parseTime reads xsd:dateTime; without a zone it is taken as UTC.
func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Parse("2006-01-02T15:04:05", text)
	}
	return t, err
}

// metaLocation: the same URL everywhere, that of the resource.
func metaLocation(s *session) {
	u := s.user()
	now := s.read(u)
	location := now.text("meta/location")
	s.expect(strings.HasSuffix(location, u.path) || strings.HasSuffix(location, u.kind.endpoint+"/"+u.id), "meta.location that ends with "+u.path, quote(location))
	for _, a := range []*answer{u.answer, now} {
		for _, header := range []string{"Location", "Content-Location"} {
			if v := a.header.Get(header); v != "" {
				s.expect(v == location, header+" equal to meta.location "+location, v)
			}
		}
	}
	s.has(now, "meta/resourceType", u.kind.name)
}

func extensionPlace(s *session) {
	e := s.extension()
	u := s.user(object{e.schema.urn: object{e.name: "Placed"}})
	now := s.read(u)
	s.has(now, e.key(u.kind), "Placed")
	s.expect(containsFold(stringsOf(now.at("schemas")), e.schema.urn), e.schema.urn+" in schemas", shown(now.at("schemas")))
	if u.kind.find(anything, e.name) == nil {
		s.lacks(now, e.name)
	}
}

func containsFold(list []string, text string) bool {
	for _, e := range list {
		if strings.EqualFold(e, text) {
			return true
		}
	}
	return false
}
