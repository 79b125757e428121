package conformance

import (
	"maps"
	"slices"
	"strings"
)

var createChecks = []check{
	{id: "R-045", needs: "users", do: created},
	{id: "R-046", needs: "users", do: createdIsReturned},
	{id: "R-049", needs: "users", after: "R-046", do: createdType},
	{id: "R-044", needs: "users schemas", do: createsMinimal},
	{id: "R-047", needs: "users", do: duplicateRefused},
	{id: "R-048", needs: "users", do: requiredIsRequired},
	{id: "R-050", needs: "users", do: malformedRefused},
	{id: "R-051", needs: "users", do: unknownEndpoint},
	{id: "R-043", needs: "users usergroups", do: readOnlyIgnored},
}

// created: 201, with the new resource's URL in Location.
func created(s *session) {
	a := s.send("POST", s.provider.user.endpoint, s.userBody(s.name("created")))
	s.readOnlyServer(a)
	s.status(a, 201)
	id := a.text("id")
	location := a.header.Get("Location")
	s.expect(location != "", "a Location header", "none")
	if id != "" {
		s.expect(strings.HasSuffix(location, s.provider.user.endpoint+"/"+pathSegment(id)) || strings.HasSuffix(location, s.provider.user.endpoint+"/"+id),
			"Location that ends with "+s.provider.user.endpoint+"/"+id, location)
	}
}

// readOnlyServer skips what a server that creates nothing cannot be tested with (RFC 7644 §3.2 leaves it free to).
func (s *session) readOnlyServer(a *answer) {
	if s.err == nil && slices.Contains([]int{403, 405, 501}, a.status) {
		s.err = &skip{ReadOnlyServer, "POST is answered with " + a.says()}
	}
}

func createdIsReturned(s *session) {
	u := s.user()
	s.expect(u.object() != nil, "the created resource as body", firstLine(string(u.body)))
	s.has(u.answer, "id", u.id)
	s.has(u.answer, "userName", u.name)
}

func createdType(s *session) {
	u := s.user()
	s.has(u.answer, "meta/resourceType", u.kind.name)
}

func createsMinimal(s *session) {
	name := s.name("minimal")
	a := s.send("POST", s.provider.user.endpoint, s.minimal(s.provider.user, name))
	s.success(a)
}

// duplicateRefused: 409, and the keyword is demanded (RFC 7644 §3.3).
func duplicateRefused(s *session) {
	u := s.user()
	a := s.send("POST", u.kind.endpoint, u.sent)
	s.status(a, 409)
	s.scimType(a, "uniqueness")
}

func requiredIsRequired(s *session) {
	body := s.userBody(s.name("required"))
	delete(body, "userName")
	s.refused(s.send("POST", s.provider.user.endpoint, body), "invalidValue", "invalidSyntax")
}

func malformedRefused(s *session) {
	a := s.send("POST", s.provider.user.endpoint, `{"schemas":["`+userURN+`"],"userName":`)
	s.refused(a, "invalidSyntax", "invalidValue")
}

// unknownEndpoint: 404; and a POST to what is not there is not a way to create with an id of the client's.
func unknownEndpoint(s *session) {
	s.status(s.send("GET", "/UsherCheckUnknown", nil), 404)
	a := s.send("POST", s.provider.user.endpoint+"/usher-check-unknown", s.userBody(s.name("unknown")))
	s.expect(a.status >= 400 && a.status < 500 || a.status == 501, "a refusal of POST to a resource's own URL", a.says())
}

// readOnlyIgnored: groups belong to the group, and what a client says of them at the user is ignored.
func readOnlyIgnored(s *session) {
	body := maps.Clone(s.userBody(s.name("read-only")))
	body["groups"] = array{object{"value": "usher-check-unknown", "display": "Nobody"}}
	a := s.send("POST", s.provider.user.endpoint, body)
	s.success(a)
	s.expect(!slices.Contains(valuesOf(a.at("groups")), "usher-check-unknown"), "groups that the client sent ignored", shown(a.at("groups")))
}
