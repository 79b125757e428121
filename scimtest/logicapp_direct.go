package scimtest

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// logicAppTargets are the attributes of Entra's default mapping.
var logicAppTargets = []string{
	"userName", "active", "displayName", "title", "preferredLanguage", "name.givenName", "name.familyName", "name.formatted",
	`emails[type eq "work"].value`, `addresses[type eq "work"].formatted`, `addresses[type eq "work"].streetAddress`,
	`addresses[type eq "work"].locality`, `addresses[type eq "work"].region`, `addresses[type eq "work"].postalCode`,
	`addresses[type eq "work"].country`, `phoneNumbers[type eq "work"].value`, `phoneNumbers[type eq "mobile"].value`,
	`phoneNumbers[type eq "fax"].value`, `roles[primary eq "True"].value`,
	enterpriseURN + ":employeeNumber", enterpriseURN + ":department", enterpriseURN + ":manager",
}

// logicAppSchemas are tests 15 and 16. A null update clears every attribute that is not
// required: with "" in its first phase, with null in its second.
func logicAppSchemas() []step {
	null := func(id, name, traps, body string) step {
		return step{
			id: id, name: name, traps: traps, with: logicAppName("L" + id), before: first(newUser("user-full.json")),
			request: request{send: "PATCH " + userPath, body: body, want: on(200, 204)},
			after: reads(userPath, is("userName", "{{user_name}}"), lacks("displayName", "title", "preferredLanguage",
				"name/givenName", "name/familyName", "emails/type=work/value", "phoneNumbers/type=work/value",
				"addresses/type=work/streetAddress", enterpriseURN+"/department", enterpriseURN+"/employeeNumber"), noManager()),
		}
	}
	return []step{
		{id: "15", name: "schema: discover", traps: "T-013 T-014", request: request{
			send: "GET /Schemas", want: on(200), checks: must(list(), announces(logicAppTargets...)),
		}},
		null("16", `schema: clear by ""`, "T-035 T-083 T-142", "null-empty.json"),
		null("16a", "schema: clear by null", "T-083 T-142", "null-null.json"),
	}
}

// logicAppDirect are tests 17 to 20.
func logicAppDirect() []step {
	user, group := newUser("user.json"), newGroup()
	user.want = on(200, 201)
	return []step{
		{
			id: "17", name: "direct: create a user", with: logicAppName("L17"), request: user,
			after: reads(userPath, is("userName", "{{user_name}}"), is("id", "{{user_id}}")),
		},
		{
			id: "18", name: "direct: update a user", with: logicAppName("L18"), before: first(user),
			request: request{send: "PATCH " + userPath, body: "user-direct.json", want: on(200, 204)},
			after:   reads(userPath, is("displayName", "Updated {{run}}"), is("userName", "{{user_name}}")),
		},
		{
			id: "19", name: "direct: create a group", with: logicAppName("L19"), request: group,
			after: reads(groupPath, is("displayName", "{{group_name}}"), is("id", "{{group_id}}")),
		},
		{
			id: "20", name: "direct: update a group", with: logicAppName("L20"), before: first(group),
			request: request{send: "PATCH " + groupPath, body: "group-direct.json", want: on(200, 204)},
			after:   reads(groupPath, is("displayName", "{{group_name}} updated")),
		},
	}
}

const (
	logicAppSize  = 5
	logicAppCount = 11 // the fewest that fill two pages and begin a third
)

// logicAppPages are tests 21 and 22.
func logicAppPages() []step {
	pages := func(id, name, endpoint, body string) step {
		return step{
			id: id, name: name, traps: "T-065 T-068", says: "startIndex as asked, 5 a page", with: logicAppName("L" + id),
			request: request{send: "GET " + endpoint + "?startIndex=1,6,11&count=5"}, play: pagesOfFive(endpoint, body),
		}
	}
	return []step{
		pages("21", "direct: pages of users", "/Users", "user.json"),
		pages("22", "direct: pages of groups", "/Groups", "group.json"),
	}
}

func pagesOfFive(endpoint, body string) func(context.Context, *player) played {
	return func(ctx context.Context, p *player) played {
		made := p.together(ctx, logicAppCount, func(i int) (request, vars) {
			name := fmt.Sprintf("%d.%s", i, p.vars["user_name"])
			return request{send: "POST " + endpoint, body: body, want: on(201)}, vars{"user_name": name, "group_name": name}
		})
		walk := pageWalk{total: -1, seen: map[string]bool{}, misses: made.misses}
		for start := 1; len(walk.misses) == 0 && start <= logicAppCount; start += logicAppSize {
			walk.page(ctx, p, fmt.Sprintf("%s?startIndex=%d&count=%d", endpoint, start, logicAppSize), start, logicAppSize)
		}
		return walk.played(p, nil)
	}
}

// logicAppMore is test 23, and what the overview asks besides.
func logicAppMore() []step {
	return []step{
		{
			id: "23", name: "credentials: a token of its own", optional: true, says: "200, token; 200, list",
			request: request{send: "GET /Users?startIndex=1&count=1"}, play: clientCredentials,
		},
		{
			id: "24", name: "25 requests at once", traps: "T-020", says: "25 × 200",
			request: request{send: "GET /Users?startIndex=1&count=1"}, play: second,
		},
	}
}

// second is what one tenant sends in one second, and no server may find too much. What
// the run sent just before may have been more than that; then a second of quiet comes
// first.
func second(ctx context.Context, p *player) played {
	send := func() volley {
		return p.withoutPatience().together(ctx, 25, func(int) (request, vars) {
			return request{send: "GET /Users?startIndex=1&count=1", want: on(200), checks: must(list())}, nil
		})
	}
	out := send()
	if out.refused() != nil && pause(ctx, time.Second) == nil {
		out = send()
	}
	return out.played()
}

// clientCredentials uses a token that the client has fetched with its own credentials
// (RFC 6749 §4.4), where it has any.
func clientCredentials(ctx context.Context, p *player) played {
	if p.client.TokenSource == nil {
		return played{skipped: "the token is static; give --token-url, --client-id and --client-secret"}
	}
	token, err := p.client.TokenSource(ctx, "")
	if err != nil {
		return played{misses: []string{err.Error()}}
	}
	return p.together(ctx, 1, func(int) (request, vars) {
		return request{
			send: "GET /Users?startIndex=1&count=1", header: http.Header{"Authorization": {"Bearer " + token}}, want: on(200),
			checks: must(list(), atMost(1)),
		}, nil
	}).played()
}
