package scimtest

import "slices"

// jumpCloud is the Custom SCIM connector. To test the connection it makes a user and a
// group and deletes both, each time with the same names.
func jumpCloud() Scenario {
	return Scenario{
		Name: "jumpcloud", Code: "S-JUMPCLOUD", Title: "JumpCloud, Custom SCIM", Profile: "jumpcloud",
		About:  "Makes and deletes a test user and a test group, twice; then users and groups by PATCH.",
		header: scimHeader, bodies: []string{"jumpcloud"}, always: must(whole()),
		steps: func() []step {
			return slices.Concat(jumpCloudTest("1", "", ""), jumpCloudTest("2", "T-103", ", again"), jumpCloudUsers(), jumpCloudGroups())
		},
	}
}

// jumpCloudTest is one press of the button "Test Connection".
func jumpCloudTest(n, traps, again string) []step {
	test := somebody("jumpcloud.test", "example.com")
	gone := func(letter, name, path string) step {
		st := deletes(n+letter, name+again, path)
		st.traps = traps
		return st
	}
	return []step{
		{id: n, name: "test: list users" + again, traps: "T-005", with: test, request: request{
			send: "GET /Users", want: on(200), checks: must(list(), isList("Resources")),
		}},
		{id: n + "a", name: "test: list groups" + again, traps: "T-067 T-115", request: request{
			send: "GET /Groups", want: on(200), checks: must(list(), isList("Resources")),
		}},
		{id: n + "b", name: "test: create a user" + again, traps: traps, request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: created(),
		}},
		{id: n + "c", name: "test: create a group" + again, traps: traps, request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(),
		}},
		gone("d", "test: delete the user", userPath),
		gone("e", "test: delete the group", groupPath),
	}
}

func jumpCloudUsers() []step {
	return []step{
		{id: "3", name: "look the user up", traps: "T-002", with: somebody("jane", "example.com"), request: request{
			send: findUser("user_name"), want: on(200), checks: must(found(0)),
		}},
		{id: "4", name: "create the user", traps: "T-045", request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: created(echo("user.json")),
		}},
		{
			id: "5", name: "update, an operation each", traps: "T-097", request: request{
				send: "PATCH " + userPath, body: "user-patch.json", want: on(200, 204),
			},
			after: reads(userPath, is("name/givenName", "Janet"), is("name/familyName", "Doe"), is("displayName", "Janet Doe"),
				is("emails/0/value", "{{user_name}}"), is("active", false)),
		},
		finds("6", "find the suspended user", "T-071 T-100", false),
		switches("7", "activate", "", "activate.json", true),
	}
}

func jumpCloudGroups() []step {
	return []step{
		{id: "8", name: "create a second user", with: somebody("john", "example.com"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: must(save("john_id", "id")),
		}},
		{id: "9", name: "create a group", with: somebody("Sales", "group"), request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(),
		}},
		changesMembers("10", "add a member", "T-098", "group-add.json", "{{user_id}}"),
		changesMembers("10a", "add another", "T-096", "group-add-john.json", "{{user_id}}", "{{john_id}}"),
		changesMembers("10b", "add it once more", "T-093", "group-add-john.json", "{{user_id}}", "{{john_id}}"),
		changesMembers("11", "remove a member by value", "T-077", "group-remove.json", "{{john_id}}"),
		changesMembers("11a", "remove it once more", "T-094 T-121", "group-remove.json", "{{john_id}}"),
		deletes("12", "delete the group", groupPath),
		deletes("13", "delete the user", userPath),
		cleanup("14", "delete the second user", "/Users/{{john_id}}"),
	}
}
