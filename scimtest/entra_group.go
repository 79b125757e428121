package scimtest

const (
	entraFindGroup = "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22{{group_name}}%22"
	entraReadGroup = "GET /Groups/{{group_id}}"
	entraPatchOf   = "PATCH /Groups/{{group_id}}"
)

// entraGroup are steps 11 to 13.
func entraGroup() []step {
	return []step{
		{id: "11", name: "look the group up", traps: "T-002", with: vars{"group_name": "displayName {{oid}}"}, request: request{
			send: entraFindGroup, want: on(200), checks: must(found(0)),
		}},
		{id: "12", name: "create the group", traps: "T-050 T-051", request: request{
			send: "POST /Groups", body: "group.json", want: on(201),
			checks: must(located(), save("group_id", "id"), schema(groupURN), is("displayName", "{{group_name}}"), is("externalId", "{{oid}}")),
		}},
		{id: "12a", name: "find the group", request: request{
			send: entraFindGroup, want: on(200), checks: must(found(1), is("Resources/0/id", "{{group_id}}"), hides("Resources/0/members")),
		}},
		{id: "13", name: "read it without members", request: request{
			send: entraReadGroup + "?excludedAttributes=members", want: on(200), checks: must(is("id", "{{group_id}}"), hides("members")),
		}},
	}
}

// entraMembers are steps 14 to 16.
func entraMembers() []step {
	change := func(id, name, traps, body string, after ...check) step {
		return step{
			id: id, name: name, traps: traps,
			request: request{send: entraPatchOf, body: body, want: on(204)},
			after:   then(request{send: entraReadGroup, want: on(200), checks: after}),
		}
	}
	return []step{
		change("14", "add a member", "T-072 T-088 T-098", "group-add-member.json", members("{{user_id}}")),
		change("14a", "add two members", "T-088", "group-add-two.json", members("{{user_id}}", "{{manager_id}}", "{{colleague_id}}")),
		change("14b", "add one again", "T-093", "group-add-member.json", members("{{user_id}}", "{{manager_id}}", "{{colleague_id}}")),
		{id: "14c", name: "look a membership up", traps: "T-059", optional: true, request: request{
			send: "GET /Groups?excludedAttributes=members&filter=id%20eq%20%22{{group_id}}%22%20and%20members%20eq%20%22{{user_id}}%22",
			want: on(200), checks: must(found(1), is("Resources/0/id", "{{group_id}}"), hides("Resources/0/members")),
		}},
		{id: "14d", name: "find the group with its members", traps: "T-141", request: request{
			send: "GET /Groups?filter=displayName%20eq%20%22{{group_name}}%22", want: on(200), checks: must(found(1), count("Resources/0/members", 3)),
		}},
		{
			id: "14e", name: "disable a member", traps: "T-102", request: request{send: entraPatch, body: "disable.json", want: on(200)},
			after: then(request{send: entraReadGroup, want: on(200), checks: must(member("{{user_id}}"))}),
		},
		{
			id: "14f", name: "enable the member", traps: "T-102", request: request{send: entraPatch, body: "enable.json", want: on(200)},
			after: then(request{send: entraReadGroup, want: on(200), checks: must(member("{{user_id}}"))}),
		},
		change("15", "remove a member", "T-077 T-088 T-098", "group-remove-member.json", members("{{manager_id}}", "{{colleague_id}}")),
		change("15a", "remove it again", "T-094 T-121", "group-remove-member.json", members("{{manager_id}}", "{{colleague_id}}")),
		change("15b", "remove another", "T-077", "group-remove-colleague.json", members("{{manager_id}}")),
		change("16", "rename the group", "T-080 T-098", "group-rename.json",
			is("displayName", "{{group_name}}updatedDisplayName"), is("id", "{{group_id}}"), members("{{manager_id}}")),
	}
}

// entraDelete are steps 17 to 19, and the users that the scenario made besides.
func entraDelete() []step {
	remove := func(id, name, path string) step {
		return step{
			id: id, name: name, request: request{send: "DELETE " + path, want: on(204)},
			after: then(request{send: "GET " + path, want: on(404), checks: must(scimError())}),
		}
	}
	manager := remove("20", "delete the manager", "/Users/{{manager_id}}")
	colleague := remove("21", "delete the colleague", "/Users/{{colleague_id}}")
	young := remove("22", "delete the tutorial's user", "/Users/{{young_id}}")
	young.optional = true
	manager.phase, colleague.phase, young.phase = PhaseCleanup, PhaseCleanup, PhaseCleanup
	return []step{
		remove("17", "delete the group", "/Groups/{{group_id}}"),
		remove("18", "delete the user", "/Users/{{user_id}}"),
		{id: "19", name: "look the user up", traps: "T-002", with: vars{"user_name": "{{new_name}}"}, request: request{
			send: entraFindUser, want: on(200), checks: must(found(0)),
		}},
		manager, colleague, young,
	}
}
