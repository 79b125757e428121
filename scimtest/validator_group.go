package scimtest

// validatorGroups are V14 to V20.
func validatorGroups() []step {
	own := func(id, name, traps string, r request) step {
		return step{id: id, name: name, traps: traps, with: validatorName(id), before: first(newGroup()), request: r}
	}
	same := is("Resources/0/id", "{{group_id}}")
	return []step{
		own("V14", "read a group without members", "", request{
			send: "GET " + groupPath + "?excludedAttributes=members", want: on(200), checks: must(is("id", "{{group_id}}"), hides("members")),
		}),
		own("V15", "filter without members", "T-052", request{
			send: `GET /Groups?excludedAttributes=members&filter=displayName+eq+"{{group_name}}"`, want: on(200),
			checks: must(found(1), same, complete(), hides("Resources/0/members")),
		}),
		own("V16", "filter for an existing group", "T-052", request{
			send: findGroup("group_name"), want: on(200), checks: must(found(1), same, complete()),
		}),
		{id: "V17", name: "filter for a non-existing group", traps: "T-002", with: validatorName("V17"), request: request{
			send: findGroup("group_name"), want: on(200), checks: must(found(0)),
		}},
		own("V18", "filter with a different case", "T-057", request{
			send: findGroup("lower_name"), want: on(200), checks: must(found(1), same),
		}),
		{
			id: "V19", name: "create a new group", with: validatorName("V19"), request: request{
				send: "POST /Groups", body: "group.json", want: on(201), checks: must(save("group_id", "id"), echo("group.json")),
			},
			after: reads(groupPath, echo("group.json")),
		},
		own("V20", "create a duplicate group", "", request{send: "POST /Groups", body: "group.json", want: on(409)}),
	}
}

// validatorGroupPatches are V21 to V25.
func validatorGroupPatches() []step {
	patch := "PATCH " + groupPath
	user := newUser("user-bare.json")
	other := request{
		send: "POST /Users", body: `{"userName":"other.{{user_name}}","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`,
		want: on(201), checks: must(save("other_id", "id")),
	}
	two := request{send: patch, body: "group-set-two.json", want: on(200, 204)}
	renamed := validatorName("V22")
	renamed["new_name"] = "WUZPWMBDDCGI {{RUN}}"
	return []step{
		{
			id: "V21", name: "replace attributes of a group", traps: "T-046 T-080", with: validatorName("V21"), before: first(newGroup()),
			request: request{send: patch, body: "group-external-id.json", want: on(200, 204)},
			after:   reads(groupPath, is("externalId", "663fa3a8-{{guid}}"), is("displayName", "{{group_name}}")),
		},
		{
			id: "V22", name: "update displayName of a group", with: renamed, before: first(newGroup()),
			request: request{send: patch, body: "group-rename.json", want: on(200, 204)},
			after:   reads(groupPath, is("displayName", "{{new_name}}")),
		},
		{
			id: "V23", name: "add a member", traps: "T-098", with: validatorName("V23"), before: first(newGroup(), user),
			request: request{send: patch, body: "group-add-member.json", want: on(200, 204)},
			after:   reads(groupPath, members("{{user_id}}")),
		},
		{
			id: "V24", name: "remove a member", traps: "T-098", with: validatorName("V24"), before: first(newGroup(), user, other, two),
			request: request{send: patch, body: "group-remove-member.json", want: on(200, 204)},
			after:   reads(groupPath, members("{{other_id}}")),
		},
		{
			id: "V25", name: "delete a group", with: validatorName("V25"), before: first(newGroup()),
			request: request{send: "DELETE " + groupPath, want: on(204)}, after: gone(groupPath),
		},
	}
}

// validatorPreview are P1 to P7.
func validatorPreview() []step {
	missing := func(id, name, endpoint string) step {
		return step{id: id, name: name, request: request{send: "DELETE " + endpoint + "/{{guid}}", want: on(404)}}
	}
	twice := func(id, name, path string, make request) step {
		return step{
			id: id, name: name, traps: "T-104", with: validatorName(id),
			before:  first(make, request{send: "DELETE " + path, want: on(204)}),
			request: request{send: "DELETE " + path, want: on(404)},
		}
	}
	patch := "PATCH " + userPath
	return []step{
		{
			id: "P1", name: "operations on different attributes", with: validatorName("P1"), before: first(newUser("user.json")),
			request: request{send: patch, body: "multi-different.json", want: on(200)},
			after:   reads(userPath, lacks("preferredLanguage"), is("externalId", "{{guid}}"), is("displayName", "OEPYBZOHYRCQ")),
		},
		{
			id: "P2", name: "operations on the same attribute", traps: "T-046", with: validatorName("P2"), before: first(newUser("user.json")),
			request: request{send: patch, body: "multi-same.json", want: on(200)},
			after:   reads(userPath, is("externalId", "second-{{guid}}")),
		},
		missing("P3", "delete a non-existent user", "/Users"),
		twice("P4", "delete the same user twice", userPath, newUser("user-bare.json")),
		{
			id: "P5", name: "add and remove the same member", with: validatorName("P5"), before: first(newGroup(), newUser("user-bare.json")),
			request: request{send: "PATCH " + groupPath, body: "group-multi-same.json", want: on(200, 204)},
			after:   reads(groupPath, members()),
		},
		missing("P6", "delete a non-existent group", "/Groups"),
		twice("P7", "delete the same group twice", groupPath, newGroup()),
	}
}
