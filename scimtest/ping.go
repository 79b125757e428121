package scimtest

import "slices"

// ping is PingFederate's SCIM provisioner (and PingOne's): users by PUT, groups by PATCH.
// It reads every group there is and matches them by itself.
func ping() Scenario {
	return Scenario{
		Name: "ping", Code: "S-PING", Title: "PingFederate, SCIM provisioner", Profile: "ping",
		About:  "Users looked up by userName and replaced by PUT; all groups read and matched locally, members by PATCH.",
		header: scimHeader, bodies: []string{"ping"}, always: must(whole()),
		steps: func() []step { return slices.Concat(pingUsers(), pingGroups(), pingLeavers()) },
	}
}

const pingFindUser = "GET /Users?filter=userName%20eq%20%22{{user_name}}%22"

func pingUsers() []step {
	return []step{
		{id: "1", name: "look the user up", traps: "T-002 T-052", with: somebody("jane", "example.com"), request: request{
			send: pingFindUser, want: on(200), checks: must(found(0)),
		}},
		{id: "2", name: "create the user", traps: "T-133", request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: created(echo("user.json")),
		}},
		{id: "3", name: "find it", traps: "T-052 T-129", request: request{
			send: pingFindUser, want: on(200), checks: must(found(1), is("Resources/0/id", "{{user_id}}")),
		}},
		{
			id: "4", name: "update the user", traps: "T-033 T-107", request: request{
				send: "PUT " + userPath, body: "user-put.json", want: on(200), checks: must(is("id", "{{user_id}}"), echo("user-put.json")),
			},
			after: reads(userPath, is("title", "Architect"), is("externalId", "{{external_id}}"), is("active", true)),
		},
		{
			id: "4a", name: "update without externalId", traps: "T-033", request: request{
				send: "PUT " + userPath, body: "user-put-short.json", want: on(200), checks: must(is("id", "{{user_id}}")),
			},
			after: reads(userPath, is("externalId", "{{external_id}}"), is("userName", "{{user_name}}")),
		},
		{id: "5", name: "create a second user", with: somebody("john", "example.com"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: must(save("john_id", "id")),
		}},
	}
}

func pingGroups() []step {
	return []step{
		{
			id: "6", name: "read all groups", traps: "T-066 T-067", says: "every page to the end",
			request: request{send: "GET /Groups"}, play: discoverAll("/Groups"),
		},
		{id: "7", name: "create the group", with: somebody("Sales", "group"), request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(),
		}},
		{
			id: "8", name: "match it among all groups", traps: "T-066 T-067 T-068", says: "every page to the end",
			request: request{send: "GET /Groups"}, play: discoverAll("/Groups", "group_id"),
		},
		changesMembers("9", "add members", "T-098", "group-add.json", "{{user_id}}", "{{john_id}}"),
		changesMembers("10", "remove a member", "T-054 T-094", "group-remove.json", "{{user_id}}"),
		{
			id: "11", name: "rename the group by PUT", traps: "T-127", request: request{
				send: "PUT " + groupPath, body: "group-put.json", want: on(200), checks: must(is("id", "{{group_id}}")),
			},
			after: reads(groupPath, is("displayName", "{{group_name}} EMEA"), members("{{user_id}}", "{{john_id}}")),
		},
	}
}

func pingLeavers() []step {
	disable := step{
		id: "12", name: "disable the user by PUT", traps: "T-100", with: vars{"user_name": "jane.{{run}}@example.com"}, request: request{
			send: "PUT " + userPath, body: "user-put-inactive.json", want: on(200), checks: must(is("active", false)),
		},
		after: reads(userPath, is("id", "{{user_id}}"), is("active", false)),
	}
	kept := step{id: "14", name: "the group keeps the member", traps: "T-102", request: request{
		send: "GET " + groupPath, want: on(200), checks: must(members("{{user_id}}", "{{john_id}}")),
	}}
	return []step{
		disable,
		finds("13", "find the disabled user", "T-071 T-100", false),
		kept,
		deletes("15", "delete the group", groupPath),
		deletes("16", "delete the user", userPath),
		cleanup("17", "delete the second user", "/Users/{{john_id}}"),
	}
}
