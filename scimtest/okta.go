package scimtest

import (
	"cmp"
	"net/http"
	"slices"
)

// oktaHeader is what Okta's production client sends; its GET requests name a content
// type although they have no body (T-003).
func oktaHeader(string, bool) http.Header {
	return http.Header{
		"User-Agent":      {"Okta SCIM Client 1.0.0"},
		"Accept":          {"application/scim+json"},
		"Accept-Charset":  {"utf-8"},
		"Accept-Encoding": {"gzip,deflate"},
		"Content-Type":    {"application/scim+json; charset=utf-8"},
		"Connection":      {"Keep-Alive"},
	}
}

// oktaOIN is an integration from the Okta Integration Network: profiles by PUT,
// activation and groups by PATCH.
func oktaOIN() Scenario {
	return Scenario{
		Name: "okta", Code: "S-OKTA-OIN", Title: "Okta, app from the integration network", Profile: "okta",
		About:  "Profiles by PUT, activation and groups by PATCH; leavers are deactivated, never deleted.",
		header: oktaHeader, bodies: []string{"okta"}, always: must(whole()),
		steps: func() []step {
			return slices.Concat(oktaUsers(oinActivation), oktaGroups(oinMembership), oktaUnassign(oinActivation))
		},
	}
}

// oktaAIW is a custom app made with the App Integration Wizard: every change is a PUT
// of the complete resource.
func oktaAIW() Scenario {
	return Scenario{
		Name: "okta-aiw", Code: "S-OKTA-AIW", Title: "Okta, custom app (App Integration Wizard)", Profile: "okta",
		About:  "The same as okta, with every change a PUT of the whole resource.",
		header: oktaHeader, bodies: []string{"okta"}, always: must(whole()),
		steps: func() []step {
			return slices.Concat(oktaUsers(aiwActivation), oktaGroups(aiwMembership), oktaUnassign(aiwActivation))
		},
	}
}

// activation is how an app of one kind switches a user off and on.
type activation struct {
	method  string
	off, on string // bodies
	want    []int
}

var (
	oinActivation = activation{method: "PATCH", off: "deactivate.json", on: "activate.json", want: on(200, 204)}
	aiwActivation = activation{method: "PUT", off: "user-put-inactive.json", on: "user-put.json", want: on(200)}
)

const (
	oktaFindUser  = "GET /Users?filter=userName%20eq%20%22{{user_name}}%22&startIndex=1&count=100"
	oktaFindGroup = "GET /Groups?filter=displayName%20eq%20%22{{group_name}}%22&startIndex=1&count=100"
)

// oktaFirst are the variables of the scenario's first user, whom the steps are about.
var oktaFirst = vars{
	"user_name": "test.user.{{run}}@okta.local", "given": "Test", "family": "User", "external_id": "00u{{run}}1",
}

// oktaSecond are those of another user, who keeps the first one company.
var oktaSecond = vars{
	"user_name": "second.user.{{run}}@okta.local", "given": "Second", "family": "User", "external_id": "00u{{run}}2",
}

// oktaCreated is what Okta reads from the answer to a create, and keeps.
func oktaCreated(who string) []check {
	return must(located(), schema(userURN), is("userName", "{{user_name}}"), is("active", true),
		is("name/givenName", "{{given}}"), is("name/familyName", "{{family}}"), hides("password"),
		save("user_id", "id"), save(who+"_id", "id"), save(who+"_name", "userName"))
}

// as makes the first or the second user the one whom a step is about.
func as(who string) vars {
	return vars{"user_id": "{{" + who + "_id}}", "user_name": "{{" + who + "_name}}"}
}

// oktaUsers are steps 1 to 10.
func oktaUsers(a activation) []step {
	return []step{
		{id: "1", name: "test connector: users", traps: "T-003 T-005", request: request{
			send: "GET /Users?startIndex=1&count=2", want: on(200), checks: must(list(), atMost(2)),
		}},
		{id: "2", name: "test connector: groups", traps: "T-003 T-115", request: request{
			send: "GET /Groups?startIndex=1&count=100", want: on(200, 404, 501), checks: must(groupsOffered()),
		}},
		{id: "3", name: "look the user up", traps: "T-002 T-052", with: oktaFirst, request: request{
			send: oktaFindUser, want: on(200), checks: must(found(0)),
		}},
		{id: "4", name: "create the user", traps: "T-004 T-032 T-034 T-133", request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: oktaCreated("first"),
		}},
		{id: "5", name: "read the user", traps: "T-129", request: request{
			send: "GET /Users/{{user_id}}", want: on(200), checks: must(is("id", "{{user_id}}"), is("externalId", "{{external_id}}"), hides("password")),
		}},
		{id: "6", name: "push the profile", traps: "T-033 T-047 T-069 T-107", request: request{
			send: "PUT /Users/{{user_id}}", body: "user-put.json", want: on(200), checks: oktaUpdated("Excited"),
		}},
		{id: "6a", name: "push empty values", traps: "T-035", request: request{
			send: "PUT /Users/{{user_id}}", body: "user-put-empty.json", want: on(200), checks: oktaUpdated(""),
		}},
		a.step("7", "deactivate", false, "T-071 T-105"),
		{id: "8", name: "find the inactive user", traps: "T-071", request: request{
			send: oktaFindUser, want: on(200), checks: must(found(1), is("Resources/0/active", false), is("Resources/0/id", "{{user_id}}")),
		}},
		a.step("9", "reactivate", true, ""),
		{
			id: "9a", name: "create a second user", traps: "T-002 T-034", with: oktaSecond,
			before:  first(request{send: oktaFindUser, want: on(200), checks: must(found(0))}),
			request: request{send: "POST /Users", body: "user.json", want: on(201), checks: oktaCreated("second")},
		},
		{id: "9b", name: "deactivate the second", traps: "T-071", with: as("second"), request: a.request(false)},
		{
			id: "10", name: "import users", traps: "T-061 T-066 T-068 T-071", says: "every page to the end",
			request: request{send: "GET /Users?startIndex=1,101,…&count=100"}, play: importAll("/Users", "first_id", "second_id"),
		},
		{
			id: "10a", name: "import groups", traps: "T-061 T-067", needs: "groups", says: "every page to the end",
			request: request{send: "GET /Groups?startIndex=1,101,…&count=100"}, play: importAll("/Groups"),
		},
		{id: "10b", name: "reactivate the second", with: as("second"), request: a.request(true)},
	}
}

// groupsOffered notes whether the rest of the scenario may speak of groups: a server
// without them answers 404 or 501, and Okta then shows the feature as missing.
func groupsOffered() check {
	return check{"", func(a *answer) string {
		if a.Status != http.StatusOK {
			return scimError().miss(a)
		}
		a.player.vars["groups"] = "offered"
		return cmp.Or(list().miss(a), atMost(100).miss(a))
	}}
}

// oktaUpdated is what Okta reads from the answer to a profile push.
func oktaUpdated(middleName string) []check {
	checks := must(is("id", "{{user_id}}"), is("name/givenName", "Another"), is("userName", "{{user_name}}"),
		is("active", true), is("emails/type=work/value", "{{user_name}}"), hides("password"))
	if middleName == "" {
		return append(checks, lacks("name/middleName"))
	}
	return append(checks, is("name/middleName", middleName))
}

// request switches the user {{user_id}}; an answer with a body must agree.
func (a activation) request(active bool) request {
	body := a.off
	if active {
		body = a.on
	}
	return request{send: a.method + " /Users/{{user_id}}", body: body, want: a.want, checks: must(ifBody(is("active", active)))}
}

// step switches the user and looks whether it was done, to the same resource.
func (a activation) step(id, name string, active bool, traps string) step {
	return step{id: id, name: name, traps: traps, request: a.request(active), after: then(request{
		send: "GET /Users/{{user_id}}", want: on(200), checks: must(is("id", "{{user_id}}"), is("active", active)),
	})}
}

// ifBody: the check holds, or the answer has no body.
func ifBody(c check) check {
	return check{c.says, func(a *answer) string {
		if a.doc == nil {
			return ""
		}
		return c.miss(a)
	}}
}

// oktaUnassign is what Okta does to users who leave the app: it deactivates and never
// deletes (T-105).
func oktaUnassign(a activation) []step {
	return []step{
		{id: "16", name: "unassign the first user", traps: "T-105", phase: PhaseCleanup, with: as("first"), request: a.request(false)},
		{id: "17", name: "unassign the second user", traps: "T-105", phase: PhaseCleanup, with: as("second"), request: a.request(false)},
	}
}
