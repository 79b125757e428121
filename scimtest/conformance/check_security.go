package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

var securityChecks = []check{
	{id: "R-004", needs: "token users", do: anonymousRefused},
	{id: "R-003", needs: "token users", after: "R-004", do: namesScheme},
	{id: "R-005", outside: "it needs a token that has expired"},
	{id: "R-175", needs: "users second", do: tenantsApart},
	{id: "R-160", do: me},
	{id: "R-176", outside: "limits and logs are the operator's"},
	{id: "R-177", outside: "it needs many tokens, and a token in a URL would be given away"},
	{id: "R-178", outside: "which spellings are equal depends on the profile that the service chose"},
	{id: "R-179", outside: "it needs a host that the server could call"},
	{id: "R-180", needs: "users", after: "R-053", do: bounded},
}

// anonymous is a client without any credential.
func (s *session) anonymous() *scimclient.Client { return s.withAuthorization("") }

func (s *session) withAuthorization(value string) *scimclient.Client {
	c := like(s.client, s.opt.Timeout)
	c.Token, c.TokenSource = "", nil
	c.Header = http.Header{}
	for name, v := range s.client.Header {
		if !strings.EqualFold(name, "Authorization") && !strings.EqualFold(name, "Cookie") {
			c.Header[name] = v
		}
	}
	if value != "" {
		c.Header.Set("Authorization", value)
	}
	return c
}

func anonymousRefused(s *session) {
	path := withQuery(s.provider.user.endpoint, "count", "1")
	s.status(s.sendBy(s.anonymous(), "GET", path, nil), 401)
	s.status(s.sendBy(s.withAuthorization("Bearer usher-check-wrong"), "GET", path, nil), 401)
}

func namesScheme(s *session) {
	a := s.sendBy(s.anonymous(), "GET", withQuery(s.provider.user.endpoint, "count", "1"), nil)
	s.expect(a.header.Get("WWW-Authenticate") != "", "a WWW-Authenticate header", "none")
}

// tenantsApart: the other tenant neither reads, finds nor deletes what this one made.
func tenantsApart(s *session) {
	u := s.user()
	c := like(s.opt.Second, s.opt.Timeout)
	a := s.sendBy(c, "GET", u.path, nil)
	s.expect(a.status == 404 || a.status == 403, "status 404 or 403 for another tenant", a.says())
	a = s.sendBy(c, "GET", withQuery(u.kind.endpoint, "filter", u.is()), nil)
	s.expect(!slices.Contains(a.ids(), u.id), "no user of another tenant", fmt.Sprintf("%q", a.ids()))
	a = s.sendBy(c, "DELETE", u.path, nil)
	s.expect(a.status == 404 || a.status == 403, "status 404 or 403 for another tenant", a.says())
	s.read(u)
}

// me: the resource itself or a redirect to it; or 501. 404 says that the credential stands for no resource.
func me(s *session) {
	a := s.send("GET", "/Me", nil)
	switch a.status {
	case 200:
		location := orElse(a.header.Get("Location"), a.text("meta/location"))
		s.expect(!isNone(a.at("id")), "the caller's own resource", firstLine(string(a.body)))
		s.expect(strings.HasSuffix(location, "/"+a.text("id")), "the permanent URL of "+a.text("id")+" as Location", quote(location))
	case 308:
		s.expect(a.header.Get("Location") != "", "a Location to go to", "none")
	default:
		s.status(a, 501, 404, 403, 200)
	}
}

// bounded sends what a careless parser overflows its stack with, in amounts that a careful one refuses. Any answer but
// a server error will do, and the server must still be there afterwards.
func bounded(s *session) {
	const depth = 1500
	filter := strings.Repeat("(", depth) + `userName eq "x"` + strings.Repeat(")", depth)
	a := s.query(s.provider.user, filter)
	s.expect(a.status < 500, "no server error for a filter of 1,500 parentheses", a.says())
	body := `{"schemas":["` + userURN + `"],"userName":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}`
	a = s.send("POST", s.provider.user.endpoint, body)
	s.expect(a.status >= 400 && a.status < 500, "a refusal of a body 1,500 levels deep", a.says())
	s.isList(s.send("GET", s.provider.user.endpoint+"?count=1", nil))
}
