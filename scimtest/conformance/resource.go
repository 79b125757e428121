package conformance

import (
	"maps"
	"strings"
)

// resource is one that the run made.
type resource struct {
	kind *resourceType
	id   string
	name string // userName or displayName
	path string
	sent object
	*answer
}

// is is a filter that only this resource matches.
func (r *resource) is() string {
	if r.kind.find(anything, "userName") != nil {
		return "userName eq " + quote(r.name)
	}
	return "displayName eq " + quote(r.name)
}

func anything(*attribute) bool { return true }

// user makes a user, with some attributes beside the usual ones or in their place.
func (s *session) user(with ...object) *resource {
	name := s.name("user")
	return s.create(s.provider.user, "R-045", name, s.userBody(name, with...))
}

// userBody is a user as most servers like it: with a name and an e-mail address, if they have such attributes, and
// with whatever they require.
func (s *session) userBody(name string, with ...object) object {
	t := s.provider.user
	body := s.minimal(t, name)
	if a := t.find((*attribute).writable, "name"); a != nil {
		given := object{}
		for sub, value := range map[string]string{"givenName": "Check", "familyName": "Usher"} {
			if a.sub(sub) != nil {
				given[sub] = value
			}
		}
		body["name"] = merge(body["name"], given)
	}
	if a := t.find((*attribute).writable, "emails"); a != nil {
		body["emails"] = array{object{"type": "work", "value": name, "primary": true}}
	}
	for _, more := range with {
		maps.Copy(body, more)
	}
	return s.withSchemas(t, body)
}

func merge(v any, more object) object {
	merged := maps.Clone(more)
	if o, ok := v.(object); ok {
		maps.Copy(merged, o)
	}
	return merged
}

// group makes a group with these members.
func (s *session) group(members ...*resource) *resource {
	name := s.name("group")
	return s.create(s.provider.group, "R-040", name, s.groupBody(name, members...))
}

func (s *session) groupBody(name string, members ...*resource) object {
	body := s.minimal(s.provider.group, name)
	if len(members) > 0 {
		list := array{}
		for _, m := range members {
			list = append(list, object{"value": m.id})
		}
		body["members"] = list
	}
	return s.withSchemas(s.provider.group, body)
}

// create posts a resource that the check stands on.
func (s *session) create(t *resourceType, rule, name string, body object) *resource {
	a := s.send("POST", t.endpoint, body)
	s.given(a.status/100 == 2, rule, "the "+t.name+" is created", a.says())
	s.given(a.text("id") != "" || idOf(a.header.Get("Location")) != "", rule, "an id of the created "+t.name, shown(a.at("id")))
	return made(t, name, body, a)
}

func made(t *resourceType, name string, body object, a *answer) *resource {
	id := orElse(a.text("id"), idOf(a.header.Get("Location")))
	return &resource{kind: t, id: id, name: name, path: t.endpoint + "/" + pathSegment(id), sent: body, answer: a}
}

// idOf is the last segment of a location.
func idOf(location string) string {
	location, _, _ = strings.Cut(location, "?")
	return location[strings.LastIndex(location, "/")+1:]
}

// read returns the resource as it is now.
func (s *session) read(r *resource) *answer {
	a := s.send("GET", r.path, nil)
	s.given(a.status == 200 && a.object() != nil, "R-052", "the "+r.kind.name+" can be read", a.says())
	return a
}

// holds reports whether a rule was not missed, for the part of a check that stands on it.
func (s *session) holds(rule string) bool { return !s.results[rule].Missed() }

// patch sends operations.
func (s *session) patch(r *resource, ops ...object) *answer {
	return s.send("PATCH", r.path, patchBody(ops...))
}

func patchBody(ops ...object) object {
	list := array{}
	for _, op := range ops {
		list = append(list, op)
	}
	return object{"schemas": array{patchURN}, "Operations": list}
}

// op is one PATCH operation; an empty path is left out.
func op(verb, path string, value ...any) object {
	o := object{"op": verb}
	if path != "" {
		o["path"] = path
	}
	if len(value) > 0 {
		o["value"] = value[0]
	}
	return o
}

// put replaces the resource by the body that made it, with some attributes changed.
func (s *session) put(r *resource, with ...object) *answer {
	return s.send("PUT", r.path, s.putBody(r, with...))
}

func (s *session) putBody(r *resource, with ...object) object {
	body := maps.Clone(r.sent)
	body["id"] = r.id
	for _, more := range with {
		maps.Copy(body, more)
	}
	return s.withSchemas(r.kind, body)
}

// track remembers what an answer made, so that it is deleted at the end, expected or not.
func (s *session) track(a *answer) {
	path, _, _ := strings.Cut(a.request.Path, "?")
	t := s.provider.typeOf(path)
	switch {
	case a.request.Method == "POST" && path == "/Bulk":
		s.trackBulk(a)
	case t == nil || strings.HasSuffix(path, "/.search"):
	case a.request.Method == "POST":
		s.remember(t, orElse(a.text("id"), idOf(a.header.Get("Location"))))
	case a.request.Method == "PUT":
		s.remember(t, idOf(path)) // a PUT must not create, but may have
	}
}

func (s *session) trackBulk(a *answer) {
	ops, _ := a.at("Operations").(array)
	for _, o := range ops {
		location, _ := at(o, "location").(string)
		if method, _ := at(o, "method").(string); !strings.EqualFold(method, "POST") {
			continue
		}
		for _, t := range s.provider.all {
			if strings.HasSuffix(location, t.endpoint+"/"+idOf(location)) {
				s.remember(t, idOf(location))
			}
		}
	}
}

func (s *session) remember(t *resourceType, id string) {
	if id == "" {
		return
	}
	path := t.endpoint + "/" + pathSegment(id)
	if t == s.provider.user {
		s.made = append(s.made, path)
	} else {
		s.groups = append(s.groups, path)
	}
}

func pathSegment(id string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", " ", "%20").Replace(id)
}
