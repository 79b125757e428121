package scimtest

import (
	"net/http"
	"slices"
)

// MicrosoftLogicApp is the workflow with which Microsoft validates apps for its gallery:
// 23 scored tests. The first fourteen let Entra provision and then look the result up at
// the server; here Entra's requests are played too. The rest talk SCIM directly.
func MicrosoftLogicApp() Scenario {
	return Scenario{
		Name: "ms-logicapp", Code: "S-MS-LOGICAPP", Title: "Microsoft's gallery validation (Logic App, 23 tests)", Profile: "entra",
		About:  "Life cycle of users and groups, schema discovery, both null updates, pages of five, a token by client credentials.",
		header: logicAppHeader, bodies: []string{"ms-logicapp", "entra"}, always: must(whole(), scimMedia(), typed()), purge: true,
		steps: func() []step {
			return slices.Concat(logicAppUsers(), logicAppRestore(), logicAppGroups(), logicAppMembers(), logicAppSchemas(),
				logicAppDirect(), logicAppPages(), logicAppMore())
		},
	}
}

// logicAppHeader names the SCIM media type on every request, with or without a body.
func logicAppHeader(string, bool) http.Header {
	return http.Header{"Accept": {"application/scim+json"}, "Content-Type": {"application/scim+json"}}
}

const (
	logicAppUser  = "GET /Users?filter=userName%20eq%20%22{{user_name}}%22"
	logicAppGroup = "GET /Groups?filter=displayName%20eq%20%22{{group_name}}%22"
)

// logicAppName are the variables of a test's own user and group.
func logicAppName(test string) vars {
	return vars{
		"user_name": "logicapp." + test + ".{{run}}@contoso.com", "email": "logicapp." + test + ".{{run}}@contoso.com",
		"external_id": test + "-{{oid}}", "given": "Logic", "family": "App", "group_name": "Logic App " + test + " {{run}}",
	}
}

// looksUp is the workflow's own look at the result.
func looksUp(send string, checks ...check) []request {
	return then(request{send: send, want: on(200), checks: checks})
}

// unassigned: the user is gone from the look-up, or there and inactive.
func unassigned() check {
	return either(found(0), is("Resources/0/active", false))
}

func logicAppUsers() []step {
	user, patch := newUser("user.json"), "PATCH "+userPath
	boss := request{send: "POST /Users", body: "manager-user.json", want: on(201), checks: must(save("manager_id", "id"))}
	return []step{
		{
			id: "1", name: "user: create", traps: "T-002", with: logicAppName("L1"), before: looksUp(logicAppUser, found(0)),
			request: user, after: looksUp(logicAppUser, found(1), is("Resources/0/userName", "{{user_name}}")),
		},
		{
			id: "2", name: "user: update", traps: "T-072", with: logicAppName("L2"), before: first(user),
			request: request{send: patch, body: "user-replace.json", want: on(200, 204)},
			after:   looksUp(logicAppUser, found(1), is("Resources/0/displayName", "Pvlo"), is("Resources/0/name/familyName", "Pkqf")),
		},
		{
			id: "3", name: "user: disable", traps: "T-023 T-100", with: logicAppName("L3"), before: first(user),
			request: request{send: patch, body: "disable.json", want: on(200, 204)}, after: looksUp(logicAppUser, unassigned()),
		},
		{
			id: "4", name: "user: delete", with: logicAppName("L4"), before: first(user),
			request: request{send: "DELETE " + userPath, want: on(204)}, after: looksUp(logicAppUser, found(0)),
		},
		{
			id: "5", name: "user: update the manager", traps: "T-089", with: logicAppName("L5"), before: first(user, boss),
			request: request{send: patch, body: "manager.json", want: on(200, 204)},
			after:   looksUp(logicAppUser, found(1), is("Resources/0/"+enterpriseURN+"/manager/value", "{{manager_id}}")),
		},
	}
}

func logicAppRestore() []step {
	user, patch := newUser("user.json"), "PATCH "+userPath
	return []step{
		{
			id: "6", name: "user: unassign, restore", traps: "T-100 T-102", with: logicAppName("L6"),
			before: first(user, request{send: patch, body: "disable.json", want: on(200, 204)},
				request{send: logicAppUser, want: on(200), checks: must(unassigned())}),
			request: request{send: patch, body: "enable.json", want: on(200, 204)},
			after:   looksUp(logicAppUser, found(1), is("Resources/0/active", true), is("Resources/0/id", "{{user_id}}")),
		},
		{
			id: "7", name: "user: on demand", traps: "T-002 T-132", with: logicAppName("L7"), before: looksUp(logicAppUser, found(0)),
			request: user, after: looksUp("GET /Users?filter=id%20eq%20%22{{user_id}}%22", found(1), is("Resources/0/userName", "{{user_name}}")),
		},
	}
}

func logicAppGroups() []step {
	group := newGroup()
	remove := request{send: "DELETE " + groupPath, want: on(204)}
	return []step{
		{
			id: "8", name: "group: create", with: logicAppName("L8"), before: looksUp(logicAppGroup, found(0)),
			request: group, after: looksUp(logicAppGroup, found(1), is("Resources/0/displayName", "{{group_name}}")),
		},
		{
			id: "9", name: "group: update", traps: "T-098", with: logicAppName("L9"), before: first(group),
			request: request{send: "PATCH " + groupPath, body: "group-rename.json", want: on(200, 204)},
			after:   reads(groupPath, is("displayName", "{{group_name}}updatedDisplayName")),
		},
		{
			id: "10", name: "group: delete", with: logicAppName("L10"), before: first(group),
			request: remove, after: looksUp(logicAppGroup, found(0)),
		},
	}
}

func logicAppMembers() []step {
	user, group, patch := newUser("user.json"), newGroup(), "PATCH "+groupPath
	add := request{send: patch, body: "group-add-member.json", want: on(200, 204)}
	second := request{send: "POST /Users", body: "manager-user.json", want: on(201), checks: must(save("manager_id", "id"))}
	return []step{
		{
			id: "11", name: "group: add a member", traps: "T-088 T-141", with: logicAppName("L11"), before: first(user, group),
			request: add, after: looksUp(logicAppGroup, found(1), is("Resources/0/members/0/value", "{{user_id}}")),
		},
		{
			id: "11a", name: "group: add several at once", traps: "T-141", with: logicAppName("L11a"), before: first(user, second, group, add),
			request: request{send: patch, body: "group-add-manager.json", want: on(200, 204)},
			after:   looksUp(logicAppGroup, found(1), count("Resources/0/members", 2)),
		},
		{
			id: "12", name: "group: remove a member", traps: "T-077 T-141", with: logicAppName("L12"),
			before:  first(user, second, group, add, request{send: patch, body: "group-add-manager.json", want: on(200, 204)}),
			request: request{send: patch, body: "group-remove-member.json", want: on(200, 204)},
			after:   looksUp(logicAppGroup, found(1), count("Resources/0/members", 1), is("Resources/0/members/0/value", "{{manager_id}}")),
		},
		{
			id: "13", name: "group: on demand", traps: "T-002 T-132", with: logicAppName("L13"), before: looksUp(logicAppGroup, found(0)),
			request: group, after: looksUp("GET /Groups?filter=id%20eq%20%22{{group_id}}%22", found(1), is("Resources/0/displayName", "{{group_name}}")),
		},
		{
			id: "14", name: "group: unassign, restore", traps: "T-103", with: logicAppName("L14"),
			before: first(group, request{send: "DELETE " + groupPath, want: on(204)},
				request{send: logicAppGroup, want: on(200), checks: must(found(0))}),
			request: group, after: looksUp(logicAppGroup, found(1), is("Resources/0/id", "{{group_id}}")),
		},
	}
}
