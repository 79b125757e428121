package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

var filterChecks = []check{
	{id: "R-062", needs: "users filter", do: eqFinds},
	{id: "R-054", needs: "users filter", after: "R-062", do: noMatch},
	{id: "R-055", needs: "users filter", after: "R-054", do: emptyList},
	{id: "R-067", needs: "users filter", after: "R-062", do: precedence},
	{id: "R-060", needs: "users filter text", after: "R-062", do: operators},
	{id: "R-061", needs: "users filter", after: "R-062", do: filterCase},
	{id: "R-033", needs: "users filter", after: "R-062", do: qualifiedName},
	{id: "R-072", needs: "users filter", after: "R-062", do: caseExactFilter},
	{id: "R-064", needs: "users filter text", after: "R-062", do: substrings},
	{id: "R-065", needs: "users filter text", after: "R-062", do: ordering},
	{id: "R-066", needs: "users filter text", after: "R-062", do: presence},
	{id: "R-063", needs: "users filter text", after: "R-062", do: notEqualMissing},
	{id: "R-068", needs: "users filter plural", after: "R-062", do: subAttribute},
	{id: "R-069", needs: "users filter plural", after: "R-062", do: correlated},
	{id: "R-070", needs: "users filter plural", after: "R-069", do: valuePathJoined},
	{id: "R-071", needs: "users filter text", after: "R-062", do: jsonLiterals},
	{id: "R-073", needs: "users filter extension", after: "R-062 R-033", do: extensionFilter},
	{id: "R-074", needs: "users filter", after: "R-062", do: unknownOperator},
	{id: "R-075", needs: "users filter", after: "R-062", do: brokenFilter},
	{id: "R-076", needs: "users filter", after: "R-062", do: bySchemas},
	{id: "R-077", needs: "users filter", after: "R-065", do: pointsInTime},
	{id: "R-078", needs: "users filter password", after: "R-062", do: passwordOracle},
	{id: "R-039", needs: "users filter emails", after: "R-072", do: mailCase},
}

// eqFinds: the one user with the value and nobody else.
func eqFinds(s *session) {
	u, other := s.user(), s.user()
	s.onlyFinds(u, u.is())
	s.onlyFinds(other, other.is())
}

func (s *session) onlyFinds(u *resource, filter string) {
	a := s.query(u.kind, filter)
	s.isList(a)
	s.expect(slices.Equal(a.ids(), []string{u.id}), "the one resource with "+filter, fmt.Sprintf("%d others or none: %q", len(a.ids()), a.ids()))
}

func noMatch(s *session) {
	s.total(s.query(s.provider.user, `userName eq "usher-check-unknown"`), 0)
}

func emptyList(s *session) {
	a := s.query(s.provider.user, `userName eq "usher-check-unknown"`)
	_, isList := a.at("Resources").(array)
	s.expect(isList, "Resources as an empty array", shown(a.at("Resources")))
}

// precedence: a or b and c is a or (b and c); parentheses and not say otherwise.
func precedence(s *session) {
	a, b := s.user(), s.user()
	none := `userName eq "usher-check-unknown"`
	s.only(a.is() + " and " + none)
	s.only(a.is()+" or "+b.is()+" and "+none, a)
	s.only("(" + a.is() + " or " + b.is() + ") and " + none)
	s.only("("+a.is()+" or "+b.is()+") and not ("+a.is()+")", b)
	s.only("not ("+a.is()+") and "+b.is(), b)
	s.only("not (" + a.is() + ") and " + a.is())
}

// only: the filter finds these users and nobody else.
func (s *session) only(filter string, want ...*resource) {
	a := s.query(s.provider.user, filter)
	s.isList(a)
	ids := make([]string, len(want))
	for i, u := range want {
		ids[i] = u.id
	}
	s.expect(slices.Equal(a.ids(), ids), fmt.Sprintf("%d found by %s", len(ids), filter), fmt.Sprintf("%d: %q", len(a.ids()), a.ids()))
}

// operators: each one is taken; what it finds is for the rules after this one.
func operators(s *session) {
	u := s.user(object{s.text().name: "operand"})
	for _, op := range []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"} {
		s.status(s.narrowed(u, s.text().name+" "+op+operand(op, "operand")), 200)
	}
}

func operand(op, value string) string {
	if op == "pr" {
		return ""
	}
	return " " + quote(value)
}

// lacksOperator reports whether the server refuses an operator as such: that is for R-060 to say.
func (s *session) lacksOperator(op string) bool {
	return s.results["R-060"].Missed() && s.narrowed(s.user(), s.text().name+" "+op+operand(op, "operand")).status != 200
}

func filterCase(s *session) {
	u := s.user()
	name := quote(u.name)
	s.onlyFinds(u, "userName EQ "+name)
	s.onlyFinds(u, "USERNAME eq "+name)
	s.onlyFinds(u, "userName eq "+name+" AND username Eq "+name)
}

func qualifiedName(s *session) {
	u := s.user()
	s.onlyFinds(u, userURN+":userName eq "+quote(u.name))
	s.onlyFinds(u, strings.Replace(userURN, "core:2.0:User", "CORE:2.0:USER", 1)+":USERNAME eq "+quote(u.name))
}

// caseExactFilter: userName is found in any case (RFC 7643 §4.1.1), externalId and what is declared caseExact only in
// its own.
func caseExactFilter(s *session) {
	u := s.user(object{"externalId": "Usher-" + s.name("Exact")})
	s.onlyFinds(u, "userName eq "+quote(strings.ToUpper(u.name)))
	external := u.text("externalId")
	if a := s.provider.user.find(anything, "externalId"); external == "" || a != nil && !a.caseExact {
		return
	}
	a := s.narrowed(u, "externalId eq "+quote(external))
	if a.status != 200 { // a server may refuse to filter by it
		return
	}
	s.passes(u, "externalId eq "+quote(strings.ToUpper(external)))
}

func substrings(s *session) {
	t := s.text().name
	u := s.user(object{t: "alpha beta gamma"})
	for _, part := range []struct{ op, in, out string }{
		{"co", "a bet", "betta"}, {"sw", "alpha b", "beta"}, {"ew", "gamma", "beta"},
	} {
		if s.lacksOperator(part.op) {
			continue
		}
		s.finds(u, t+" "+part.op+operand(part.op, part.in))
		s.passes(u, t+" "+part.op+operand(part.op, part.out))
	}
}

func ordering(s *session) {
	t := s.text().name
	u := s.user(object{t: "mmm"})
	for _, order := range []struct {
		op    string
		finds [3]bool // of lll, mmm, nnn
	}{
		{"gt", [3]bool{true, false, false}},
		{"ge", [3]bool{true, true, false}},
		{"lt", [3]bool{false, false, true}},
		{"le", [3]bool{false, true, true}},
	} {
		if s.lacksOperator(order.op) {
			continue
		}
		for i, value := range []string{"lll", "mmm", "nnn"} {
			condition := t + " " + order.op + operand(order.op, value)
			if order.finds[i] {
				s.finds(u, condition)
			} else {
				s.passes(u, condition)
			}
		}
	}
	if s.attribute("active") != nil && !s.lacksOperator("gt") {
		s.refused(s.narrowed(u, "active gt true"), "invalidFilter")
	}
}

func presence(s *session) {
	t := s.text().name
	if s.lacksOperator("pr") {
		s.without("pr")
	}
	with, without := s.user(object{t: "present"}), s.user()
	s.finds(with, t+" pr")
	s.passes(without, t+" pr")
	if s.hasName() {
		s.finds(with, "name pr")
		s.finds(with, "name.givenName pr")
	}
}

func notEqualMissing(s *session) {
	if s.lacksOperator("ne") {
		s.without("ne")
	}
	s.finds(s.user(), s.text().name+` ne "something"`)
}

// subAttribute: of a single complex value, and of any element of many.
func subAttribute(s *session) {
	p := s.plural().name
	list, _, home := s.elements()
	u := s.user(object{p: list})
	s.onlyFinds(u, p+".value eq "+quote(home))
	if s.hasName() {
		u = s.user(object{"name": object{"givenName": "Grace", "familyName": "Hopper"}})
		s.finds(u, `name.familyName eq "Hopper"`)
		s.passes(u, `name.familyName eq "Grace"`)
	}
}

// correlated: type and value must be those of one element, not of any two.
func correlated(s *session) {
	list, work, home := s.elements()
	u := s.user(object{s.plural().name: list})
	condition := func(value string) string {
		return s.plural().name + `[type eq "work" and value eq ` + quote(value) + "]"
	}
	s.finds(u, condition(work))
	s.passes(u, condition(home))
}

func valuePathJoined(s *session) {
	list, work, _ := s.elements()
	u := s.user(object{s.plural().name: list})
	path := s.plural().name + "[value eq " + quote(work) + "]"
	none := `userName eq "usher-check-unknown"`
	s.onlyFinds(u, path+" and "+u.is())
	s.onlyFinds(u, none+" or "+path)
	s.total(s.query(u.kind, path+" and "+none), 0)
}

func jsonLiterals(s *session) {
	const text = `a "b" \ é/`
	u := s.user(object{s.text().name: text})
	s.finds(u, s.text().name+" eq "+quote(text))
	s.finds(u, s.text().name+` eq "a \"b\" \\ \u00e9\/"`)
	if s.attribute("active") != nil {
		u = s.user(object{"active": true})
		s.finds(u, "active eq true")
		s.passes(u, "active eq false")
	}
}

func extensionFilter(s *session) {
	e := s.extension()
	u := s.user(object{e.schema.urn: object{e.name: "Check Department"}})
	s.finds(u, e.path(u.kind)+` eq "Check Department"`)
	s.passes(u, e.path(u.kind)+` eq "Another"`)
}

// unknownOperator: the section demands the keyword.
func unknownOperator(s *session) {
	a := s.query(s.provider.user, `userName regex "x"`)
	s.status(a, 400)
	s.scimType(a, "invalidFilter")
}

func brokenFilter(s *session) {
	for _, filter := range []string{`userName eq`, `(userName eq "x"`, `userName eq "x" and`} {
		s.refused(s.query(s.provider.user, filter), "invalidFilter", "invalidSyntax", "invalidValue")
	}
}

func bySchemas(s *session) {
	s.finds(s.user(), "schemas eq "+quote(userURN))
}

// pointsInTime asks with zones in which the order of the texts is not the order of the times.
func pointsInTime(s *session) {
	u := s.user()
	created, err := time.Parse(time.RFC3339, s.read(u).text("meta/created"))
	if err != nil {
		s.without("meta.created with a zone")
		return
	}
	west, east := time.FixedZone("", -11*3600), time.FixedZone("", 11*3600)
	later, earlier := created.Add(time.Hour), created.Add(-time.Hour)
	in := func(t time.Time, zone *time.Location, layout string) string { return quote(t.In(zone).Format(layout)) }
	if a := s.narrowed(u, "meta.created lt "+in(later, time.UTC, time.RFC3339)); a.status == 400 {
		s.without("filters by meta.created")
		return
	}
	s.finds(u, "meta.created lt "+in(later, west, time.RFC3339))
	s.finds(u, "meta.created gt "+in(earlier, east, time.RFC3339))
	s.passes(u, "meta.created gt "+in(later, east, time.RFC3339))
	s.finds(u, "meta.created lt "+in(later, time.UTC, "2006-01-02T15:04:05.0000000Z07:00"))
}

// passwordOracle: either refusal or no match is fine.
func passwordOracle(s *session) {
	password := s.password()
	u := s.user(object{"password": password})
	for _, condition := range []string{"password eq " + quote(password), `password sw "Aa1!"`} {
		a := s.narrowed(u, condition)
		s.expect(!slices.Contains(a.ids(), u.id), "no user found by the password", "the user is found by "+firstWord(condition))
	}
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, ` "`)
	return word
}

// mailCase: the case of the domain never matters, and no service minds that of the rest (RFC 5321 §2.4).
func mailCase(s *session) {
	list, work, _ := s.elements()
	u := s.user(object{"emails": list})
	if s.emails().sub("value").caseExact {
		s.without("e-mails whose case does not matter")
	}
	s.finds(u, "emails.value eq "+quote(strings.ToUpper(work)))
}
