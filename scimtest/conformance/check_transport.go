package conformance

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

var transportChecks = []check{
	{id: "R-002", do: tlsOnly},
	{id: "R-007", needs: "users", do: acceptsSCIM},
	{id: "R-008", needs: "users", do: acceptsJSON},
	{id: "R-010", do: otherVersion},
	{id: "R-011", needs: "users", do: unknownParameter},
}

// tlsOnly: Go's TLS client speaks 1.2 and newer only, so an https URL that answers has it (RFC 7644 §7.2).
func tlsOnly(s *session) {
	u, err := url.Parse(s.client.BaseURL)
	if err != nil || u.Scheme == "https" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		s.err = &skip{OutsideOfTesting, "on a loopback address nobody listens in"}
		return
	}
	s.expect(false, "an https base URL", "credentials travel in the clear to "+u.Host)
}

func acceptsSCIM(s *session) {
	s.isList(s.send("GET", s.provider.user.endpoint+"?count=1", nil, "Accept", mediaSCIM))
}

// acceptsJSON asks with application/json and without any Accept, which both get SCIM (RFC 7644 §3.8).
func acceptsJSON(s *session) {
	s.isList(s.send("GET", s.provider.user.endpoint+"?count=1", nil, "Accept", "application/json"))
	s.isList(s.send("GET", s.provider.user.endpoint+"?count=1", nil, "Accept", ""))
}

var versionInPath = regexp.MustCompile(`/v\d+(\.\d+)?$`)

func otherVersion(s *session) {
	base, _, _ := strings.Cut(s.client.BaseURL, "?")
	base = strings.TrimSuffix(base, "/")
	if !versionInPath.MatchString(base) {
		s.without("a version in the base URL")
		return
	}
	c := s.other(versionInPath.ReplaceAllString(base, "/v987"))
	a := s.sendBy(c, "GET", "/Users?count=1", nil)
	s.expect(a.status >= 400 && a.status < 500, "a refusal of version 987", a.says())
}

// other is the session's client with another base URL.
func (s *session) other(base string) *scimclient.Client {
	c := like(s.client, s.opt.Timeout)
	c.BaseURL = base
	return c
}

func unknownParameter(s *session) {
	s.isList(s.send("GET", s.provider.user.endpoint+"?count=1&usherCheckUnknown=1", nil))
}

// anyScript sends what one byte, two, three and four bytes of UTF-8 are needed for, and a direction mark.
func anyScript(s *session) {
	const name = "Zoë Łukasz 山田 עִבְרִית 😀"
	u := s.user(object{s.text().name: name})
	s.has(s.read(u), s.text().name, name)
}
