package conformance

import (
	"net/url"
	"slices"
	"strings"
)

// check is the test of one rule.
type check struct {
	id string
	// needs are words of the table below: what the server must have, else the check is skipped.
	needs string
	// after are rules that must not have been missed: the check stands on what they say.
	after string
	do    func(*session)
	// outside says why the rule cannot be seen from outside; there is no do then.
	outside string
}

// need is something that a server may have or lack.
type need struct {
	what   string
	reason Reason // defaults to NotAnnounced
	met    func(*session) bool
}

var needs = map[string]need{
	"discovery": {what: "discovery", met: func(s *session) bool {
		return s.provider.config.status == 200 && s.provider.types.status == 200 && s.provider.schemas.status == 200
	}},
	"config":   {what: "a configuration", met: func(s *session) bool { return s.provider.config.at("bulk") != nil }},
	"users":    {what: "users", met: func(s *session) bool { return s.provider.user != nil }},
	"groups":   {what: "groups", met: func(s *session) bool { return s.provider.group != nil && s.provider.user != nil && s.members() != nil }},
	"patch":    {what: "PATCH", met: func(s *session) bool { return s.provider.patch }},
	"filter":   {what: "filters", met: func(s *session) bool { return s.provider.filter }},
	"sort":     {what: "sorting", met: func(s *session) bool { return s.provider.sort }},
	"etag":     {what: "versions", met: func(s *session) bool { return s.provider.etag }},
	"bulk":     {what: "bulk requests", met: func(s *session) bool { return s.provider.bulk }},
	"cursor":   {what: "paging by cursor", met: func(s *session) bool { return s.provider.cursor }},
	"token":    {what: "the run has none", reason: NeedsCredential, met: func(s *session) bool { return s.hasCredential() }},
	"second":   {what: "of another tenant", reason: NeedsSecond, met: func(s *session) bool { return s.opt.Second != nil }},
	"text":     {what: "a plain text attribute of users", met: func(s *session) bool { return s.text() != nil }},
	"text2":    {what: "two plain text attributes of users", met: func(s *session) bool { return s.text2() != nil }},
	"name":     {what: "name with two sub-attributes", met: func(s *session) bool { return s.hasName() }},
	"plural":   {what: "e-mails or phone numbers", met: func(s *session) bool { return s.plural() != nil }},
	"primary":  {what: "a multi-valued attribute with primary", met: func(s *session) bool { return s.plural() != nil && s.plural().sub("primary") != nil }},
	"emails":   {what: "e-mails", met: func(s *session) bool { return s.emails() != nil }},
	"active":   {what: "active", met: func(s *session) bool { return s.attribute("active") != nil }},
	"password": {what: "password", met: func(s *session) bool { return s.provider.user.find(anything, "password") != nil }},
	"address":  {what: "addresses", met: func(s *session) bool { return s.attribute("addresses") != nil }},
	"usergroups": {what: "groups of a user", met: func(s *session) bool {
		return s.provider.user.find(anything, "groups") != nil
	}},
	"extension": {what: "an extension with a text attribute", met: func(s *session) bool { return s.extension() != nil }},
	"enterprise": {what: "the enterprise extension", met: func(s *session) bool {
		return s.provider.user.extension(enterpriseURN) != nil
	}},
	"schemas": {what: "schemas", met: func(s *session) bool { return s.provider.announces }},
}

func (s *session) hasCredential() bool {
	return s.client.Token != "" || s.client.TokenSource != nil || s.client.Header.Get("Authorization") != "" || hasUser(s.client.BaseURL)
}

func hasUser(base string) bool {
	u, err := url.Parse(base)
	return err == nil && u.User != nil
}

func basePath(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// isText: a single-valued string that takes any text. Canonical values would be refused for.
func isText(a *attribute) bool {
	return a.kind == "string" && !a.multi && a.writable() && a.uniqueness == "none" && a.returned == "default" && len(a.canonical) == 0
}

// texts are the plain text attributes of users that no server reads a meaning into, the best first.
func (s *session) texts() []*attribute {
	var found []*attribute
	for _, name := range []string{"title", "nickName", "displayName", "userType"} {
		if a := s.provider.user.find(isText, name); a != nil && !a.required {
			found = append(found, a)
		}
	}
	return found
}

func (s *session) text() *attribute {
	if all := s.texts(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (s *session) text2() *attribute {
	if all := s.texts(); len(all) > 1 {
		return all[1]
	}
	return nil
}

func (s *session) attribute(name string) *attribute {
	return s.provider.user.find((*attribute).writable, name)
}

func (s *session) hasName() bool {
	a := s.attribute("name")
	return a != nil && a.sub("givenName") != nil && a.sub("familyName") != nil
}

// plural is a multi-valued attribute whose elements have a value and a type.
func (s *session) plural() *attribute {
	return s.provider.user.find(func(a *attribute) bool {
		return a.multi && a.writable() && a.sub("value") != nil && a.sub("type") != nil
	}, "emails", "phoneNumbers")
}

func (s *session) emails() *attribute {
	if a := s.plural(); a != nil && a.name == "emails" {
		return a
	}
	return nil
}

// elements are two elements of plural, of type work and home, and their values.
func (s *session) elements() (list array, work, home string) {
	work, home = s.pluralValue(), s.pluralValue()
	return array{object{"type": "work", "value": work}, object{"type": "home", "value": home}}, work, home
}

// pluralValue is a value for an element of plural that nobody else has.
func (s *session) pluralValue() string {
	if s.emails() != nil {
		return s.name("mail")
	}
	s.named++
	return "+49 30 5550" + string(number(1000+s.named))
}

func (s *session) members() *attribute {
	return s.provider.group.find(func(a *attribute) bool { return a.multi }, "members")
}

// extension is a text attribute of an extension of users: the department, if there is one.
func (s *session) extension() *attribute {
	if s.provider.user == nil {
		return nil
	}
	for _, e := range s.provider.user.extensions {
		ok := func(a *attribute) bool { return isText(a) && !a.required }
		i := slices.IndexFunc(e.attributes, func(a *attribute) bool { return ok(a) && a.name == "department" })
		if i < 0 {
			i = slices.IndexFunc(e.attributes, ok)
		}
		if i >= 0 {
			return e.attributes[i]
		}
	}
	return nil
}
