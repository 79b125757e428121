package conformance

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

var patchChecks = []check{
	{id: "R-108", needs: "users text", do: patchOffered},
	{id: "R-117", needs: "users patch text", after: "R-108", do: patchAnswer},
	{id: "R-095", needs: "users patch text", after: "R-108", do: patchProjected},
	{id: "R-109", needs: "users patch", after: "R-108", do: noOperations},
	{id: "R-110", needs: "users patch text", after: "R-108", do: unknownOperation},
	{id: "R-111", needs: "users patch", after: "R-108", do: badPath},
	{id: "R-112", needs: "users patch text", after: "R-108", do: laterWins},
	{id: "R-114", needs: "users patch", after: "R-108", do: readOnlyPath},
	{id: "R-118", needs: "users patch active", after: "R-108", do: wrongType},
	{id: "R-119", needs: "users patch", after: "R-108", do: patchTaken},
	{id: "R-113", needs: "users patch text", after: "R-119", do: allOrNone},
	{id: "R-116", needs: "users patch extension", after: "R-108 R-032", do: patchExtension},
	{id: "R-120", needs: "users patch text2", after: "R-112 R-113", do: neverHalf},
}

var addChecks = []check{
	{id: "R-121", needs: "users patch text", after: "R-108", do: addNothing},
	{id: "R-123", needs: "users patch text", after: "R-108", do: addSingle},
	{id: "R-122", needs: "users patch text", after: "R-123", do: addWithoutPath},
	{id: "R-124", needs: "users patch plural", after: "R-108", do: addAppends},
	{id: "R-125", needs: "users patch text", after: "R-123", do: addSame},
	{id: "R-126", needs: "users patch plural", after: "R-124", do: addSelected},
	{id: "R-115", needs: "users patch primary", after: "R-126", do: onePrimaryByPath},
	{id: "R-127", needs: "users patch primary", after: "R-124", do: onePrimaryByAdd},
}

// patchOffered: where it is announced it works, else it is 501.
func patchOffered(s *session) {
	u := s.user()
	a := s.patch(u, op("replace", s.text().name, "patched"))
	if !s.provider.patch {
		s.expect(a.status == 501 || a.status == 405 || a.status == 404, "status 501, as PATCH is not announced", a.says())
		return
	}
	s.success(a)
	s.has(s.read(u), s.text().name, "patched")
}

func patchAnswer(s *session) {
	u := s.user()
	a := s.patch(u, op("replace", s.text().name, "patched"))
	s.status(a, 200, 204)
	if a.status == 200 {
		s.has(a, "id", u.id)
		s.has(a, s.text().name, "patched")
	} else {
		s.expect(len(a.body) == 0, "no body with 204", firstLine(string(a.body)))
	}
}

func patchProjected(s *session) {
	u := s.user()
	a := s.send("PATCH", u.path+"?attributes=userName", patchBody(op("replace", s.text().name, "patched")))
	s.status(a, 200)
	s.has(a, "id", u.id)
}

func noOperations(s *session) {
	u := s.user()
	s.refused(s.send("PATCH", u.path, object{"schemas": array{patchURN}}), "invalidSyntax", "invalidValue", "noTarget")
}

func unknownOperation(s *session) {
	u := s.user(object{s.text().name: "before"})
	s.refused(s.patch(u, op("frobnicate", s.text().name, "after")), "invalidSyntax", "invalidValue")
	s.has(s.read(u), s.text().name, "before")
}

// badPath: what cannot be parsed, and what the schema does not have (RFC 7644 §3.5.2).
func badPath(s *session) {
	u := s.user()
	for _, path := range []string{`emails[type eq "work"`, `emails[type eq]`, "usherCheckUnknown"} {
		s.refused(s.patch(u, op("replace", path, "x")), "invalidPath", "invalidFilter", "noTarget", "invalidSyntax", "invalidValue")
	}
}

func laterWins(s *session) {
	t := s.text().name
	u := s.user(object{t: "zero"})
	s.success(s.patch(u, op("replace", t, "one"), op("replace", t, "two"), op("remove", t), op("add", t, "three")))
	s.has(s.read(u), t, "three")
	s.success(s.patch(u, op("replace", t, "four"), op("remove", t)))
	s.lacks(s.read(u), t)
}

func readOnlyPath(s *session) {
	u := s.user()
	s.refused(s.patch(u, op("replace", "id", "usher-check-other")), "mutability", "invalidPath", "invalidValue")
	s.has(s.read(u), "id", u.id)
}

func wrongType(s *session) {
	u := s.user(object{"active": true})
	s.refused(s.patch(u, op("replace", "active", "banana")), "invalidValue", "invalidSyntax")
	s.has(s.read(u), "active", true)
}

func patchTaken(s *session) {
	u, other := s.user(), s.user()
	s.status(s.patch(u, op("replace", "userName", other.name)), 409)
	s.has(s.read(u), "userName", u.name)
}

// allOrNone: the second operation is refused for what the server knows only after the first.
func allOrNone(s *session) {
	t := s.text().name
	u, other := s.user(object{t: "before"}), s.user()
	a := s.patch(u, op("replace", t, "after"), op("replace", "userName", other.name))
	s.given(a.status/100 == 4, "R-119", "the second operation is refused", a.says())
	now := s.read(u)
	s.has(now, t, "before")
	s.has(now, "userName", u.name)
}

func patchExtension(s *session) {
	e := s.extension()
	u := s.user()
	s.success(s.patch(u, op("add", e.path(u.kind), "Added")))
	now := s.read(u)
	s.has(now, e.key(u.kind), "Added")
	s.expect(containsFold(stringsOf(now.at("schemas")), e.schema.urn), e.schema.urn+" in schemas", shown(now.at("schemas")))
}

// mostReads bounds neverHalf: beside a slow writer its reads would use up what the run may ask.
const mostReads = 250

// neverHalf reads while two attributes are changed together, again and again.
func neverHalf(s *session) {
	a, b := s.text().name, s.text2().name
	u := s.user(object{a: "0", b: "0"})
	if s.err != nil {
		return
	}
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		defer close(done)
		for i := range 25 {
			value := string(number(i))
			body := encode(patchBody(op("replace", a, value), op("replace", b, value)))
			req := scimclient.Request{Method: "PATCH", Path: u.path, Body: body, Header: map[string][]string{"Content-Type": {mediaSCIM}}}
			if _, err := s.client.Do(s.ctx, req); err != nil {
				return
			}
		}
	})
	for reads, running := 0, true; running && reads < mostReads && s.err == nil; reads++ {
		select {
		case <-done:
			running = false
		default:
		}
		now := s.read(u)
		s.expect(now.text(a) == now.text(b), a+" and "+b+" changed together", shown(now.at(a))+" and "+shown(now.at(b)))
	}
	writer.Wait()
}

func addNothing(s *session) {
	s.refused(s.patch(s.user(), op("add", s.text().name)), "invalidValue", "invalidSyntax", "noTarget")
}

// addSingle: a value where there was none, another one, and one sub-attribute beside its siblings.
func addSingle(s *session) {
	t := s.text().name
	u := s.user()
	s.success(s.patch(u, op("add", t, "first")))
	s.has(s.read(u), t, "first")
	s.success(s.patch(u, op("add", t, "second")))
	s.has(s.read(u), t, "second")
	if s.hasName() {
		u = s.user(object{"name": object{"givenName": "Grace", "familyName": "Hopper"}})
		s.success(s.patch(u, op("add", "name", object{"givenName": "Admiral"})))
		now := s.read(u)
		s.has(now, "name/givenName", "Admiral")
		s.has(now, "name/familyName", "Hopper")
	}
}

func addWithoutPath(s *session) {
	t := s.text().name
	u := s.user()
	s.success(s.patch(u, op("add", "", object{t: "merged"})))
	now := s.read(u)
	s.has(now, t, "merged")
	s.has(now, "userName", u.name)
}

// addAppends: one more element, as a list of one.
func addAppends(s *session) {
	p := s.plural().name
	work, home := s.pluralValue(), s.pluralValue()
	u := s.user(object{p: array{object{"type": "work", "value": work}}})
	s.success(s.patch(u, op("add", p, array{object{"type": "home", "value": home}})))
	s.isSet(s.read(u), p, work, home)
}

// addSame adds what is there: nothing changes. It waits until a change would show in lastModified, whatever its
// precision.
func addSame(s *session) {
	t := s.text().name
	u := s.user(object{t: "same"})
	before := s.read(u).text("meta/lastModified")
	s.pause(s.opt.tick)
	s.success(s.patch(u, op("add", t, "same")))
	now := s.read(u)
	s.has(now, t, "same")
	s.expect(now.text("meta/lastModified") == before, "meta.lastModified unchanged: "+before, now.text("meta/lastModified"))
	if p := s.plural(); p != nil && s.holds("R-124") {
		list, work, home := s.elements()
		u = s.user(object{p.name: list})
		s.success(s.patch(u, op("add", p.name, array{object{"type": "home", "value": home}})))
		s.isSet(s.read(u), p.name, work, home)
	}
}

// pause lets the server's clock go on.
func (s *session) pause(d time.Duration) {
	if s.err == nil {
		sleep(s.ctx, d)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// addSelected sets a sub-attribute of the elements that the filter selects.
func addSelected(s *session) {
	p := s.plural().name
	list, work, home := s.elements()
	u := s.user(object{p: list})
	changed := s.pluralValue()
	s.success(s.patch(u, op("add", p+"[value eq "+quote(home)+"].value", changed)))
	s.isSet(s.read(u), p, work, changed)
}

// onePrimaryByPath makes the second element primary by its path.
func onePrimaryByPath(s *session) {
	p := s.plural().name
	list, _, home := s.elements()
	list[0].(object)["primary"] = true
	u := s.user(object{p: list})
	s.success(s.patch(u, op("replace", p+"[value eq "+quote(home)+"].primary", true)))
	s.primaryIs(u, p, home)
}

func onePrimaryByAdd(s *session) {
	p, work, other := s.plural().name, s.pluralValue(), s.pluralValue()
	u := s.user(object{p: array{object{"type": "work", "value": work, "primary": true}}})
	s.success(s.patch(u, op("add", p, array{object{"type": "home", "value": other, "primary": true}})))
	s.primaryIs(u, p, other)
}

// primaryIs: the one element with the value is primary, and no other.
func (s *session) primaryIs(u *resource, p, value string) {
	now := s.read(u)
	s.expect(primaries(now.at(p)) == 1, "one primary element", shown(now.at(p)))
	list, _ := now.at(p).(array)
	for _, e := range list {
		if v, _ := at(e, "value").(string); strings.EqualFold(v, value) {
			s.expect(at(e, "primary") == true, value+" primary", shown(now.at(p)))
		}
	}
}
