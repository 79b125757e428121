package scimtest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	parallelMembers = 20
	parallelCreates = 10
	parallelRemoved = 10
)

// Parallel is what Entra does to one group and to one user at once, and what two
// administrators do to one userName: twenty members are added by twenty requests, one
// name is created by ten. Whoever reads, changes and writes back loses some of them
// (T-096).
func Parallel() Scenario {
	return Scenario{
		Name: "entra-parallel", Alias: "parallel", Code: "S-ENTRA-PARALLEL", Title: "Microsoft Entra ID, concurrent requests", Profile: "entra",
		About:  "Many requests in flight on one group, one user and one userName; none may be lost.",
		header: entraHeader, bodies: []string{"entra-parallel"}, always: must(whole()), purge: true,
		steps: func() []step { return slices.Concat(parallelMembersOf(), parallelChanges()) },
	}
}

func parallelMembersOf() []step {
	return []step{
		{id: "1", name: "create the group", phase: PhaseSetup, with: vars{"group_name": "Parallel {{run}}"}, request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: must(save("group_id", "id")),
		}},
		{
			id: "2", name: "create twenty users", phase: PhaseSetup, says: "20 × 201",
			request: request{send: "POST /Users"}, play: createMembers,
		},
		{
			id: "3", name: "add twenty members at once", traps: "T-096", says: "20 × 200|204",
			request: request{send: "PATCH " + groupPath}, play: addMembers,
			after: reads(groupPath, allMembers(0)),
		},
		{
			id: "4", name: "create one user ten times at once", traps: "T-108", says: "one 201, nine 409 uniqueness",
			request: request{send: "POST /Users"}, play: createSame,
		},
	}
}

// parallelChanges: what one request changes, the others leave alone.
func parallelChanges() []step {
	return []step{
		{
			id: "5", name: "remove ten, rename, at once", traps: "T-077 T-096", says: "11 × 200|204",
			request: request{send: "PATCH " + groupPath}, play: removeAndRename,
			after: reads(groupPath, allMembers(parallelRemoved), is("displayName", "Parallel {{run}} renamed")),
		},
		{
			id: "6", name: "change six attributes of one user at once", traps: "T-096", says: "6 × 200|204", with: vars{"user_id": "{{member_0}}"},
			request: request{send: "PATCH " + userPath}, play: changeAttributes,
			after: reads(userPath, is("title", "title 0"), is("nickName", "nickName 1"), is("displayName", "displayName 2"),
				is("userType", "userType 3"), is("name/givenName", "name.givenName 4"), is(enterpriseURN+"/department", departmentPath+" 5")),
		},
		{
			id: "7", name: "disable a member and add it at once", traps: "T-096 T-102", says: "2 × 200|204",
			request: request{send: "PATCH " + userPath}, play: disableAndAdd,
			after: then(
				request{send: "GET " + userPath, want: on(200), checks: must(is("active", false), is("title", "title 0"))},
				request{send: "GET " + groupPath, want: on(200), checks: must(member("{{user_id}}"))}),
		},
	}
}

// memberVar is the variable that holds the i-th user's id.
func memberVar(i int) string { return "member_" + strconv.Itoa(i) }

func createMembers(ctx context.Context, p *player) played {
	out := p.together(ctx, parallelMembers, func(i int) (request, vars) {
		return request{send: "POST /Users", body: "user.json", want: on(201), checks: must(has("id"))},
			vars{"user_name": fmt.Sprintf("parallel.%d.%s@example.com", i, p.vars["run"])}
	})
	for i, a := range out.answers {
		if a != nil {
			p.vars[memberVar(i)] = a.text("id")
		}
	}
	return out.played()
}

func addMembers(ctx context.Context, p *player) played {
	return p.together(ctx, parallelMembers, func(i int) (request, vars) {
		return request{send: "PATCH " + groupPath, body: "group-add-member.json", want: on(200, 204)}, vars{"user_id": p.vars[memberVar(i)]}
	}).played()
}

func removeAndRename(ctx context.Context, p *player) played {
	return p.together(ctx, parallelRemoved+1, func(i int) (request, vars) {
		body := "group-remove-member.json"
		if i == parallelRemoved {
			body = "group-rename.json"
		}
		return request{send: "PATCH " + groupPath, body: body, want: on(200, 204)}, vars{"user_id": p.vars[memberVar(i)]}
	}).played()
}

const departmentPath = enterpriseURN + ":department"

func changeAttributes(ctx context.Context, p *player) played {
	paths := []string{"title", "nickName", "displayName", "userType", "name.givenName", departmentPath}
	return p.together(ctx, len(paths), func(i int) (request, vars) {
		return request{send: "PATCH " + userPath, body: "user-replace.json", want: on(200, 204)},
			vars{"path": paths[i], "value": fmt.Sprintf("%s %d", paths[i], i)}
	}).played()
}

func disableAndAdd(ctx context.Context, p *player) played {
	both := []request{
		{send: "PATCH " + userPath, body: "user-disable.json", want: on(200, 204)},
		{send: "PATCH " + groupPath, body: "group-add-member.json", want: on(200, 204)},
	}
	return p.together(ctx, len(both), func(i int) (request, vars) { return both[i], nil }).played()
}

// allMembers: the group holds the users from that one on.
func allMembers(from int) check {
	var ids []string
	for i := from; i < parallelMembers; i++ {
		ids = append(ids, "{{"+memberVar(i)+"}}")
	}
	return members(ids...)
}

func createSame(ctx context.Context, p *player) played {
	out := p.together(ctx, parallelCreates, func(int) (request, vars) {
		return request{send: "POST /Users", body: "user.json", want: on(201, 409)},
			vars{"user_name": "wanted." + p.vars["run"] + "@example.com"}
	})
	created, unique := 0, 0
	for _, a := range out.answers {
		switch {
		case a == nil:
		case a.Status == 201:
			created++
		case a.text("scimType") == "uniqueness":
			unique++
		}
	}
	result := out.played()
	if created != 1 || unique != parallelCreates-1 {
		result.misses = append(result.misses, fmt.Sprintf("%d × 201 and %d × 409 uniqueness, want 1 and %d", created, unique, parallelCreates-1))
	}
	return result
}

// volley is what a number of concurrent requests brought back, in their order.
type volley struct {
	answers []*answer // nil where there was none
	misses  []string
}

// played is the volley as the outcome of a step.
func (v volley) played() played {
	byStatus := map[int]int{}
	for _, a := range v.answers {
		if a != nil {
			byStatus[a.Status]++
		}
	}
	var words []string
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		words = append(words, fmt.Sprintf("%d × %d", byStatus[status], status))
	}
	return played{got: strings.Join(words, ", "), misses: v.fewMisses()}
}

// fewMisses are enough to see what is wrong: the rest would say the same.
func (v volley) fewMisses() []string {
	const few = 3
	if len(v.misses) <= few {
		return v.misses
	}
	return append(slices.Clone(v.misses[:few]), fmt.Sprintf("and %d more", len(v.misses)-few))
}

// refused is a 429 among the answers, or nil.
func (v volley) refused() *answer {
	for _, a := range v.answers {
		if a != nil && a.Status == http.StatusTooManyRequests {
			return a
		}
	}
	return nil
}

// together sends n requests at once, each with variables of its own.
func (p *player) together(ctx context.Context, n int, nth func(i int) (request, vars)) volley {
	v := volley{answers: make([]*answer, n)}
	misses := make([][]string, n)
	var wg sync.WaitGroup
	for i := range n {
		r, own := nth(i)
		branch := p.branch(own)
		wg.Go(func() { v.answers[i], misses[i] = branch.shoot(ctx, &r) })
	}
	wg.Wait()
	for i := range misses {
		for _, miss := range misses[i] {
			v.misses = append(v.misses, fmt.Sprintf("request %d: %s", i+1, miss))
		}
	}
	return v
}

// branch is a player of the same run with variables of its own.
func (p *player) branch(own vars) *player {
	mine := maps.Clone(p.vars)
	maps.Copy(mine, own)
	return &player{scenario: p.scenario, client: p.client, vars: mine, made: p.made, impatient: p.impatient}
}

// shoot sends one request and judges its answer.
func (p *player) shoot(ctx context.Context, r *request) (*answer, []string) {
	a, err := p.exchange(ctx, r)
	if err != nil {
		return nil, []string{err.Error()}
	}
	return a, p.judge(a, r)
}
