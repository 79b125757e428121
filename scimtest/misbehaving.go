package scimtest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// mode is one way in which clients and networks misbehave. A mode stands alone: it uses
// nothing that another one made.
type mode struct {
	name, about string
	steps       func() []step
}

var modes = []mode{
	{"duplicate-post", "A create is sent again because its answer was late or lost: one user, 409, and a look-up that finds it.", duplicatePost},
	{"out-of-order", "Changes arrive before their creation, and older ones after newer ones: what is stored is what was answered.", outOfOrder},
	{"stale-etag", "A change rests on a version that is gone: 412, and nothing has changed.", staleETag},
	{"string-booleans", `"True" and "false" where booleans belong: taken as what they mean, or refused, never guessed.`, stringBooleans},
	{"slow-body", "A body that trickles in: answered or cut off, and others do not wait for it.", slowBody},
	{"disconnect", "A client that is gone in mid-request: nothing half-done, and the server lives on.", disconnect},
	{"retry-429", "More requests than the server takes: 429 with whole seconds to wait, after which it serves again.", retry429},
}

// Misbehaving plays every mode of misbehaviour. What must hold is said of any server, so
// that a refusal is as good as a coercion, where both are sound.
func Misbehaving() Scenario {
	s := misbehaving("misbehaving", "Late, doubled, broken and impatient requests; each mode alone as misbehaving-MODE.", func() []step {
		var steps []step
		for _, m := range modes {
			steps = append(steps, m.steps()...)
		}
		return steps
	})
	s.Code = "S-MISBEHAVING"
	return s
}

// MisbehavingModes are the modes of [Misbehaving], each as a suite of its own:
// "misbehaving-slow-body".
func MisbehavingModes() []Scenario {
	var all []Scenario
	for _, m := range modes {
		all = append(all, misbehaving("misbehaving-"+m.name, m.about, m.steps))
	}
	return all
}

func misbehaving(name, about string, steps func() []step) Scenario {
	return Scenario{
		Name: name, Title: "A client that misbehaves", Profile: "generic", About: about,
		header: scimHeader, bodies: []string{"misbehaving"}, always: must(whole()), purge: true, steps: steps,
	}
}

func duplicatePost() []step {
	post := request{send: "POST /Users", body: "user.json", want: on(201), checks: created(is("displayName", "Jane Doe"))}
	kept := looksUp(findUser("user_name"), found(1), is("Resources/0/id", "{{user_id}}"), is("Resources/0/displayName", "Jane Doe"))
	return []step{
		{id: "D1", name: "post", with: somebody("duplicate", "example.com"), request: post},
		{id: "D2", name: "post once more", traps: "T-108", request: request{
			send: "POST /Users", body: "user.json", want: on(409), checks: must(unique()),
		}, after: kept},
		{id: "D3", name: "post once more, changed", traps: "T-108", request: request{
			send: "POST /Users", body: "user-changed.json", want: on(409), checks: must(unique()),
		}, after: kept},
		{
			id: "D4", name: "post, hang up, post once more", with: somebody("lost", "example.com"), says: "201|409, one user",
			request: request{send: "POST /Users"}, play: postTwice,
		},
	}
}

// postTwice sends a whole request, does not wait for the answer, and sends it again. The
// first may have been done or not; both must not.
func postTwice(ctx context.Context, p *player) played {
	post := request{send: "POST /Users", body: "user.json", want: on(201, 409)}
	if err := p.hangUp(ctx, &post, func(head, body string) string { return head + body }); err != nil {
		return played{misses: []string{err.Error()}}
	}
	a, misses := p.shoot(ctx, &post)
	if len(misses) > 0 {
		return played{misses: misses}
	}
	got, misses := p.shoot(ctx, &request{send: findUser("user_name"), want: on(200), checks: must(found(1))})
	if got != nil {
		p.made.add("/Users/" + asURL(got.text("Resources/0/id")))
	}
	return played{got: a.summary(), misses: misses}
}

func outOfOrder() []step {
	nobody, user, group := "/Users/{{guid}}", "/Users/{{late_id}}", "/Groups/{{team_id}}"
	late := somebody("late", "example.com")
	late["value"] = "Early"
	in := func(id, name, traps, body string, ids ...string) step {
		return step{
			id: id, name: name, traps: traps, request: request{send: "PATCH " + group, body: body, want: on(200, 204)},
			after: reads(group, members(ids...)),
		}
	}
	named := func(id, name, value string) step {
		return step{
			id: id, name: name, with: vars{"value": value}, request: request{send: "PATCH " + user, body: "user-name.json", want: on(200, 204)},
			after: reads(user, is("displayName", value)),
		}
	}
	return []step{
		{id: "O1", name: "change before the create", with: late, request: request{
			send: "PATCH " + nobody, body: "user-name.json", want: on(404), checks: must(scimError()),
		}, after: looksUp(findUser("user_name"), found(0))},
		{id: "O2", name: "a group before its member", traps: "T-116", request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: must(save("team_id", "id")),
		}},
		{id: "O3", name: "a member who is not there yet", traps: "T-095 T-116", optional: true, with: vars{"late_id": "{{oid}}"}, request: request{
			send: "PATCH " + group, body: "group-add.json", want: on(400, 404), checks: must(scimError(), mentions("{{late_id}}")),
		}, after: reads(group, members())},
		{id: "O4", name: "the create", request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: must(save("late_id", "id")),
		}},
		in("O5", "remove before add", "T-094 T-121", "group-remove.json"),
		in("O6", "add", "", "group-add.json", "{{late_id}}"),
		in("O7", "add once more", "T-093", "group-add.json", "{{late_id}}"),
		named("O8", "the newer name", "Newer"),
		named("O9", "the older name, late", "Older"),
		{
			id: "O10", name: "eight names at once", traps: "T-096", says: "8 × 200|204, the last one stays",
			request: request{send: "PATCH " + user}, play: raceNames,
		},
	}
}

// raceNames: afterwards the name is one of those sent, and that of the answer with the
// version that is stored.
func raceNames(ctx context.Context, p *player) played {
	out := p.together(ctx, 8, func(i int) (request, vars) {
		return request{send: "PATCH /Users/{{late_id}}", body: "user-name.json", want: on(200, 204)}, vars{"value": fmt.Sprintf("Name %d", i)}
	})
	result := out.played()
	final, misses := p.shoot(ctx, &request{send: "GET /Users/{{late_id}}", want: on(200)})
	result.misses = append(result.misses, misses...)
	if len(result.misses) > 0 {
		return result
	}
	name, version := final.text("displayName"), final.Header.Get("ETag")
	if !slices.ContainsFunc(out.answers, func(a *answer) bool { return a.doc == nil || a.text("displayName") == name }) {
		result.misses = append(result.misses, fmt.Sprintf("displayName is %q, which no answer showed", name))
	}
	for _, a := range out.answers {
		if got := a.text("displayName"); version != "" && a.Header.Get("ETag") == version && a.doc != nil && got != name {
			result.misses = append(result.misses, fmt.Sprintf("displayName is %q, and the answer of the same version %s said %q", name, version, got))
		}
	}
	return result
}

func staleETag() []step {
	user := "/Users/{{versioned_id}}"
	same := reads(user, is("displayName", "Second"), lacks("title"))
	stale := func(id, name, send, body string) step {
		return step{id: id, name: name, traps: "T-069", needs: "etag", request: request{
			send: send + " " + user, body: body, header: http.Header{"If-Match": {"{{etag}}"}}, want: on(412), checks: must(scimError()),
		}, after: same}
	}
	return []step{
		{
			id: "E1", name: "create, and read the version", with: somebody("versioned", "example.com"),
			request: request{send: "POST /Users", body: "user.json", want: on(201), checks: must(save("versioned_id", "id"))},
			after:   reads(user, saveHeader("etag", "ETag")),
		},
		{
			id: "E2", name: "somebody else changes it", traps: "T-069", with: vars{"value": "Second"},
			request: request{send: "PATCH " + user, body: "user-name.json", want: on(200, 204)}, after: same,
		},
		stale("E3", "change with the old version", "PATCH", "user-title.json"),
		stale("E4", "replace with the old version", "PUT", "user-put.json"),
		stale("E5", "delete with the old version", "DELETE", ""),
		{
			id: "E6", name: "change with the version that is there", needs: "etag",
			before:  reads(user, saveHeader("etag", "ETag")),
			request: request{send: "PATCH " + user, body: "user-title.json", header: http.Header{"If-Match": {"{{etag}}"}}, want: on(200, 204)},
			after:   reads(user, is("title", "Overwritten")),
		},
	}
}

func stringBooleans() []step {
	user := "/Users/{{flag_id}}"
	set := func(id, name, traps, method, body string, active bool) step {
		return step{
			id: id, name: name, traps: traps, request: request{send: method + " " + user, body: body, want: on(200, 204), checks: must(ifBody(is("active", active)))},
			after: reads(user, is("active", active), is("emails/0/primary", true)),
		}
	}
	return []step{
		{
			id: "B1", name: `create with active "False"`, traps: "T-023 T-024", with: somebody("flag", "example.com"),
			request: request{send: "POST /Users", body: "user-text-booleans.json", want: on(201, 400), checks: must(
				when(201, save("flag_id", "id"), is("active", false), is("emails/0/primary", true)), when(400, scimError()))},
			after: looksUp(findUser("user_name"), either(found(0), is("Resources/0/active", false))),
		},
		set("B2", `change to "True"`, "T-023", "PATCH", "active-true.json", true),
		set("B3", `change to "false", without a path`, "T-025", "PATCH", "active-false-value.json", false),
		set("B4", `replace with "TRUE"`, "T-023", "PUT", "user-put-text-booleans.json", true),
		{id: "B5", name: `filter for "True"`, traps: "T-026", request: request{
			send: `GET /Users?filter=active+eq+"True"+and+userName+eq+"{{user_name}}"`, want: on(200, 400),
			checks: must(when(200, found(1), is("Resources/0/id", "{{flag_id}}")), when(400, scimError())),
		}},
		{
			id: "B6", name: `change to "maybe"`, traps: "T-123", request: request{
				send: "PATCH " + user, body: "active-maybe.json", want: on(400), checks: must(scimError()),
			},
			after: reads(user, is("active", true)),
		},
	}
}

func slowBody() []step {
	return []step{{
		id: "S1", name: "a body that trickles in", with: somebody("slow", "example.com"), says: "an answer or an end; others are served",
		request: request{send: "POST /Users"}, play: trickle,
	}}
}

func disconnect() []step {
	half := func(s string) string { return s[:len(s)/2] }
	gone := func(id, name string, cut func(head, body string) string) step {
		return step{
			id: id, name: name, with: somebody("gone"+id, "example.com"), says: "nothing is made",
			request: request{send: "POST /Users"}, play: vanish(request{send: "POST /Users", body: "user.json"}, cut,
				request{send: findUser("user_name"), want: on(200), checks: must(found(0))}),
		}
	}
	user := "/Users/{{stays_id}}"
	return []step{
		gone("X1", "gone in mid-header", func(head, _ string) string { return half(head) }),
		gone("X2", "gone before the body", func(head, _ string) string { return head }),
		gone("X3", "gone in mid-body", func(head, body string) string { return head + half(body) }),
		gone("X4", "gone when all but the end was sent", promisedMore),
		{
			id: "X5", name: "gone in mid-change", says: "nothing is changed", with: somebody("stays", "example.com"),
			before:  first(request{send: "POST /Users", body: "user.json", want: on(201), checks: must(save("stays_id", "id"))}),
			request: request{send: "PATCH " + user}, play: vanish(request{send: "PATCH " + user, body: "user-title.json"},
				func(head, body string) string { return head + half(body) },
				request{send: "GET " + user, want: on(200), checks: must(is("displayName", "Jane Doe"), lacks("title"))}),
		},
	}
}

func retry429() []step {
	const one = "GET /Users?startIndex=1&count=1"
	return []step{
		{id: "R1", name: "one request", request: request{send: one, want: on(200), checks: must(list())}},
		{
			id: "R2", name: "more than the server takes", traps: "T-019 T-020", optional: true, says: "429 with Retry-After; then 200",
			request: request{send: one}, play: burst,
		},
	}
}

const (
	burstSize  = 600
	burstWidth = 30
	burstTime  = 5 * time.Second
)

// burst sends requests until one is refused, waits as it is told, and tries again.
func burst(ctx context.Context, p *player) played {
	r := request{send: "GET /Users?startIndex=1&count=1", want: on(200, 429)}
	q, start, sent := p.withoutPatience(), time.Now(), 0
	for ; sent < burstSize && time.Since(start) < burstTime; sent += burstWidth {
		out := q.together(ctx, burstWidth, func(int) (request, vars) { return r, nil })
		if len(out.misses) > 0 {
			return out.played()
		}
		if refused := out.refused(); refused != nil {
			return q.afterRefusal(ctx, refused)
		}
	}
	return played{skipped: fmt.Sprintf("%d requests in %v met no limit", sent, time.Since(start).Round(time.Millisecond))}
}

// afterRefusal waits as long as a 429 says, and looks whether the server kept its word.
func (p *player) afterRefusal(ctx context.Context, refused *answer) played {
	result := played{got: "429, Retry-After " + refused.Header.Get("Retry-After")}
	wait, ok := retryAfter(refused.Header)
	switch {
	case !ok:
		result.misses = append(result.misses, fmt.Sprintf("Retry-After is %q, want whole seconds: Okta would wait for five minutes", refused.Header.Get("Retry-After")))
	case wait > longestPause:
		result.skipped = fmt.Sprintf("Retry-After is %v, longer than a run waits", wait)
	default:
		if err := pause(ctx, wait); err != nil {
			return played{misses: []string{err.Error()}}
		}
		_, result.misses = p.shoot(ctx, &request{send: "GET /Users?startIndex=1&count=1", want: on(200), checks: must(list())})
	}
	if miss := scimError().miss(refused); miss != "" {
		result.misses = append(result.misses, miss)
	}
	return result
}
