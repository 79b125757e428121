package conformance

import "strings"

var etagChecks = []check{
	{id: "R-156", needs: "users etag", do: sendsETag},
	{id: "R-031", needs: "users etag", after: "R-156", do: versionIsETag},
	{id: "R-157", needs: "users etag", after: "R-156", do: notModified},
	{id: "R-159", needs: "users etag", after: "R-156 R-099", do: anyVersion},
	{id: "R-158", needs: "users etag", after: "R-156 R-159", do: otherVersionRefused},
	{id: "R-107", needs: "users etag", after: "R-158", do: putOtherVersion},
}

func sendsETag(s *session) {
	u := s.user()
	a := s.read(u)
	for _, tag := range []string{u.header.Get("ETag"), a.header.Get("ETag")} {
		s.expect(strings.HasSuffix(tag, `"`), "an ETag header with a quoted tag", quote(tag))
	}
}

// versionIsETag: the same tag, weak or not (RFC 7643 §3.1).
func versionIsETag(s *session) {
	a := s.read(s.user())
	tag := a.header.Get("ETag")
	s.has(a, "meta/version", tag)
}

func notModified(s *session) {
	u := s.user()
	tag := s.read(u).header.Get("ETag")
	a := s.send("GET", u.path, nil, "If-None-Match", tag)
	s.status(a, 304)
	s.expect(len(a.body) == 0, "no body", firstLine(string(a.body)))
	s.status(s.send("GET", u.path, nil, "If-None-Match", `W/"usher-check"`), 200)
}

func anyVersion(s *session) {
	u := s.user()
	s.success(s.send("PUT", u.path, s.putBody(u), "If-Match", "*"))
}

// otherVersionRefused: the tag is that of the resource before its last change.
func otherVersionRefused(s *session) {
	u := s.user()
	old := s.read(u).header.Get("ETag")
	a := s.put(u, s.changed("first"))
	s.given(a.status/100 == 2, "R-099", "the PUT is taken", a.says())
	if now := s.read(u).header.Get("ETag"); now == old {
		s.expect(s.err != nil, "another ETag after a change", old)
	}
	if s.provider.patch && s.text() != nil {
		s.status(s.send("PATCH", u.path, patchBody(op("replace", s.text().name, "second")), "If-Match", old), 412)
	}
	s.status(s.send("DELETE", u.path, nil, "If-Match", old), 412)
	s.read(u)
}

// changed is a change of some attribute.
func (s *session) changed(value string) object {
	if t := s.text(); t != nil {
		return object{t.name: value}
	}
	return object{"name": object{"givenName": value, "familyName": value}}
}
