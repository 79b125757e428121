package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// This file holds what checks expect. Each one does nothing once the check has come to its end.

// expect ends the check with a miss unless ok.
func (s *session) expect(ok bool, want, got string) {
	if s.err == nil && !ok {
		s.err = &miss{want: want, got: got}
	}
}

// given ends the check as blocked by another rule unless ok: what the check stands on is missing.
func (s *session) given(ok bool, rule, want, got string) {
	if s.err == nil && !ok {
		s.err = &blocked{rule, want, got}
	}
}

// without ends the check as skipped: the server has nothing to test it with.
func (s *session) without(what string) {
	if s.err == nil {
		s.err = &skip{NotAnnounced, what}
	}
}

// status: the answer has one of these.
func (s *session) status(a *answer, want ...int) {
	words := make([]string, len(want))
	for i, w := range want {
		words[i] = strconv.Itoa(w)
	}
	s.expect(slices.Contains(want, a.status), "status "+strings.Join(words, " or "), a.says())
}

// success: a 2xx.
func (s *session) success(a *answer) {
	s.expect(a.status/100 == 2, "success", a.says())
}

// refused: status 400, and a scimType of these if there is one. Keywords are optional where the section does not
// demand one (RFC 7644 §3.12); one that nobody defined is for R-163.
func (s *session) refused(a *answer, wanted ...string) {
	s.status(a, 400)
	if t := a.text("scimType"); len(wanted) > 0 && scimTypes[t] != 0 {
		s.expect(slices.Contains(wanted, t), "scimType "+strings.Join(wanted, " or ")+", if any", "scimType "+t)
	}
}

// scimType: the section demands the keyword.
func (s *session) scimType(a *answer, want string) {
	got := a.text("scimType")
	s.expect(got == want, "scimType "+want, "scimType "+quote(got))
}

// has: the value at path is want: a string, boolean or number.
func (s *session) has(a *answer, path string, want any) {
	got := a.at(path)
	s.expect(same(got, want), path+" is "+shown(want), shown(got))
}

// lacks: there is no value at path.
func (s *session) lacks(a *answer, path string) {
	got := a.at(path)
	s.expect(isNone(got), "no value of "+path, shown(got))
}

func same(got, want any) bool {
	if n, ok := got.(json.Number); ok {
		return n.String() == fmt.Sprint(want)
	}
	return got == want
}

// isSet: the multi-valued attribute has exactly these values, in any order.
func (s *session) isSet(a *answer, path string, want ...string) {
	got := valuesOf(a.at(path))
	slices.Sort(got)
	slices.Sort(want)
	s.expect(slices.Equal(got, want), fmt.Sprintf("values of %s: %q", path, want), fmt.Sprintf("%q", got))
}

// isList: 200 with a ListResponse.
func (s *session) isList(a *answer) {
	s.status(a, 200)
	s.expect(a.object() != nil && slices.Contains(stringsOf(a.at("schemas")), listURN), "a ListResponse", firstLine(string(a.body)))
}

// total: a ListResponse with this totalResults.
func (s *session) total(a *answer, want int) {
	s.isList(a)
	s.expect(a.number("totalResults") == want, "totalResults "+strconv.Itoa(want), shown(a.at("totalResults")))
}

// sameIDs: a ListResponse with exactly these, in this order.
func (s *session) sameIDs(a *answer, want []string) {
	s.isList(a)
	s.expect(slices.Equal(a.ids(), want), fmt.Sprintf("resources %q", want), fmt.Sprintf("%q", a.ids()))
}

func stringsOf(v any) []string {
	list, _ := v.(array)
	var out []string
	for _, e := range list {
		if text, ok := e.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// finds: the resource is found by the condition; filters that no rule names must not be refused.
func (s *session) finds(r *resource, condition string) {
	a := s.narrowed(r, condition)
	s.status(a, 200)
	s.expect(slices.Contains(a.ids(), r.id), "the resource is found by "+condition, fmt.Sprintf("%d resources without it", len(a.ids())))
}

// passes: the resource is not found by the condition.
func (s *session) passes(r *resource, condition string) {
	a := s.narrowed(r, condition)
	s.status(a, 200)
	s.expect(!slices.Contains(a.ids(), r.id), "the resource is not found by "+condition, "it is found")
}

// narrowed asks for the one resource, and for the condition beside it, so that other resources of the server do not
// matter.
func (s *session) narrowed(r *resource, condition string) *answer {
	if !s.joined && s.err == nil {
		a := s.query(r.kind, r.is()+" and "+r.is())
		s.given(slices.Contains(a.ids(), r.id), "R-067", "filters joined by and", a.says())
		s.joined = s.err == nil
	}
	return s.query(r.kind, r.is()+" and "+condition)
}

// query lists by a filter.
func (s *session) query(kind *resourceType, filter string, params ...string) *answer {
	return s.send("GET", withQuery(kind.endpoint, append([]string{"filter", filter}, params...)...), nil)
}
