package scimtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	parallelMembers = 20
	parallelCreates = 10
)

// Parallel is what Entra does to one group at once, and what two administrators do to
// one userName: twenty members are added by twenty requests, one name is created by
// ten. Whoever reads, changes and writes back loses some of them (T-096).
func Parallel() Scenario {
	return Scenario{
		Name: "parallel", Code: "S-ENTRA-PARALLEL", Title: "Concurrent requests",
		header: entraHeader, bodies: []string{"parallel"}, always: must(whole()), purge: true,
		steps: func() []step {
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
					request: request{send: "PATCH /Groups/{{group_id}}"}, play: addMembers,
					after: reads("/Groups/{{group_id}}", allMembers()),
				},
				{
					id: "4", name: "create one user ten times at once", says: "one 201, nine 409 uniqueness",
					request: request{send: "POST /Users"}, play: createSame,
				},
			}
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
		return request{send: "PATCH /Groups/{{group_id}}", body: "group-add-member.json", want: on(200, 204)},
			vars{"user_id": p.vars[memberVar(i)]}
	}).played()
}

func allMembers() check {
	ids := make([]string, parallelMembers)
	for i := range ids {
		ids[i] = "{{" + memberVar(i) + "}}"
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
	return played{got: strings.Join(words, ", "), misses: v.misses}
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
	return &player{scenario: p.scenario, client: p.client, vars: mine, made: p.made}
}

// shoot sends one request and judges its answer.
func (p *player) shoot(ctx context.Context, r *request) (*answer, []string) {
	a, err := p.exchange(ctx, r)
	if err != nil {
		return nil, []string{err.Error()}
	}
	return a, p.judge(a, r)
}
