package scimtest

import "slices"

// authentik reads the server's configuration first and believes it, creates without a
// look-up, and compares what it sent with what came back.
func authentik() Scenario {
	return Scenario{
		Name: "authentik", Code: "S-AUTHENTIK", Title: "authentik, SCIM provider", Profile: "authentik",
		About:  "Creates without a look-up and adopts on 409; members one operation each, whole groups as a value without path.",
		header: scimHeader, bodies: []string{"authentik"}, always: must(whole()),
		steps: func() []step {
			return slices.Concat(authentikUsers(), authentikGroup(), authentikMembers(), authentikLeavers())
		},
	}
}

func authentikUsers() []step {
	return []step{
		{id: "1", name: "read the configuration", traps: "T-009", request: request{
			send: "GET /ServiceProviderConfig", want: on(200), checks: must(config()),
		}},
		{id: "2", name: "create without a look-up", traps: "T-047 T-128", with: somebody("jane", "example.com"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: created(echo("user.json")),
		}},
		{id: "3", name: "create once more", traps: "T-111", request: request{
			send: "POST /Users", body: "user.json", want: on(409), checks: must(unique()),
		}},
		{id: "3a", name: "adopt: look the user up", traps: "T-111", request: request{
			send: "GET /Users?filter=userName+eq+%22{{user_name}}%22", want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{user_id}}")),
		}},
		{id: "3b", name: "… unquoted, as older versions do", traps: "T-053", optional: true, request: request{
			send: "GET /Users?filter=userName+eq+{{user_name}}", want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{user_id}}")),
		}},
		{
			id: "4", name: "update the user", traps: "T-033 T-128", request: request{
				send: "PUT " + userPath, body: "user-put.json", want: on(200), checks: must(is("id", "{{user_id}}"), echo("user-put.json")),
			},
			after: reads(userPath, echo("user-put.json")),
		},
		{id: "5", name: "create a second user", with: somebody("john", "example.com"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: must(save("john_id", "id")),
		}},
	}
}

func authentikGroup() []step {
	return []step{
		{id: "6", name: "create a group without members", traps: "T-128", with: somebody("Sales", "group"), request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(is("externalId", "{{external_id}}")),
		}},
		{id: "6a", name: "create it once more", traps: "T-111", request: request{
			send: "POST /Groups", body: "group.json", want: on(409), checks: must(unique()),
		}},
		{id: "6b", name: "adopt: look the group up", traps: "T-111", request: request{
			send: "GET /Groups?filter=displayName+eq+%22{{group_name}}%22", want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{group_id}}")),
		}},
		{id: "7", name: "read the empty group", traps: "T-128", request: request{
			send: "GET " + groupPath, want: on(200), checks: must(isList("members"), members()),
		}},
	}
}

func authentikMembers() []step {
	put := func(id, name, body string, ids ...string) step {
		return step{
			id: id, name: name, traps: "T-127", request: request{send: "PUT " + groupPath, body: body, want: on(200)},
			after: reads(groupPath, isList("members"), members(ids...)),
		}
	}
	return []step{
		changesMembers("8", "add members, an operation each", "T-097", "group-add-two.json", "{{user_id}}", "{{john_id}}"),
		{
			id: "9", name: "the whole group as a value", traps: "T-078 T-079 T-080", request: request{
				send: "PATCH " + groupPath, body: "group-replace.json", want: on(200, 204),
			},
			after: reads(groupPath, is("displayName", "{{group_name}} EMEA"), is("id", "{{group_id}}"), members("{{user_id}}", "{{john_id}}")),
		},
		changesMembers("10", "remove a member by value", "T-077", "group-remove.json", "{{john_id}}"),
		changesMembers("10a", "remove the last one", "T-077", "group-remove-john.json"),
		{id: "10b", name: "read the empty group", traps: "T-128", request: request{
			send: "GET " + groupPath, want: on(200), checks: must(isList("members"), members()),
		}},
		{
			id: "11", name: "discover all groups", traps: "T-066", says: "every page to the end",
			request: request{send: "GET /Groups"}, play: discoverAll("/Groups", "group_id"),
		},
		put("12", "without PATCH: state the members", "group-put.json", "{{user_id}}", "{{john_id}}"),
		put("12a", "without PATCH: none is left", "group-put-empty.json"),
	}
}

func authentikLeavers() []step {
	return []step{
		deletes("13", "delete the group", groupPath),
		deletes("14", "delete the user", userPath),
		cleanup("15", "delete the second user", "/Users/{{john_id}}"),
	}
}
