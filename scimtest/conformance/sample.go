package conformance

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

// This file makes values that a server should take, by its own schemas.

// minimal is a body with nothing but what the type requires.
func (s *session) minimal(t *resourceType, name string) object {
	body := object{}
	for _, a := range t.schema.attributes {
		if a.required && a.mutability != "readOnly" && a.name != "id" && a.name != "schemas" {
			body[a.name] = s.sample(a, 0)
		}
	}
	for _, urn := range t.required {
		extension := object{}
		for _, a := range s.provider.schema(urn).attributes {
			if a.required && a.mutability != "readOnly" {
				extension[a.name] = s.sample(a, 0)
			}
		}
		body[urn] = extension
	}
	if t.find(anything, "userName") != nil {
		body["userName"] = name
	} else {
		body["displayName"] = name
	}
	return s.withSchemas(t, body)
}

// withSchemas sets schemas to the type's own and those of the extensions that the body has.
func (s *session) withSchemas(t *resourceType, body object) object {
	list := array{t.schema.urn}
	for _, urn := range t.required {
		list = append(list, urn)
	}
	for _, e := range t.extensions {
		if _, there := body[e.urn]; there && !contains(list, e.urn) {
			list = append(list, e.urn)
		}
	}
	body["schemas"] = list
	return body
}

func contains(list array, text string) bool {
	for _, e := range list {
		if e == text {
			return true
		}
	}
	return false
}

// sample is a value of the attribute's type.
func (s *session) sample(a *attribute, depth int) any {
	v := s.single(a, depth)
	if a.multi {
		return array{v}
	}
	return v
}

func (s *session) single(a *attribute, depth int) any {
	if len(a.canonical) > 0 {
		return a.canonical[0]
	}
	switch strings.ToLower(a.kind) {
	case "boolean":
		return true
	case "integer":
		return number(7)
	case "decimal":
		return number(7)
	case "datetime":
		return "2024-05-13T04:42:34Z"
	case "binary":
		return "dXNoZXI="
	case "reference":
		return s.reference(a)
	case "complex":
		return s.complex(a, depth)
	default:
		return s.string(a)
	}
}

// string is a text that fits what the attribute's name promises.
func (s *session) string(a *attribute) string {
	switch name := strings.ToLower(a.name); {
	case strings.Contains(name, "mail"), strings.EqualFold(a.name, "userName"):
		return s.name("value")
	case strings.Contains(name, "country"):
		return "DE"
	case strings.Contains(name, "password"):
		return s.password()
	default:
		s.named++
		return fmt.Sprintf("value-%s-%d", s.opt.Run, s.named)
	}
}

// reference refers to a resource of the type that the attribute asks for, made for it; anything else is a URL.
func (s *session) reference(a *attribute) string {
	for _, name := range a.references {
		if t := s.provider.user; t != nil && strings.EqualFold(name, t.name) {
			u := s.user()
			return scimclient.ReferenceBase(s.client.BaseURL) + u.path
		}
	}
	return "https://example.com/" + s.opt.Run
}

func (s *session) complex(a *attribute, depth int) object {
	o := object{}
	if depth > 1 {
		return o
	}
	for _, sub := range a.subs {
		if sub.required && sub.mutability != "readOnly" {
			o[sub.name] = s.sample(sub, depth+1)
		}
	}
	if value := a.sub("value"); len(o) == 0 && value != nil {
		v := s.sample(value, depth+1)
		if strings.Contains(strings.ToLower(a.name), "mail") {
			v = s.name("value")
		}
		o[value.name] = v
	}
	for _, sub := range a.subs {
		if len(o) == 0 && sub.writable() && sub.kind == "string" {
			o[sub.name] = s.sample(sub, depth+1)
		}
	}
	return o
}

// password satisfies the usual rules for passwords.
func (s *session) password() string {
	s.named++
	return fmt.Sprintf("Aa1!-%s-%d", randomName(), s.named)
}
