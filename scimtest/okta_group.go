package scimtest

// membership is how an app of one kind changes a group.
type membership struct {
	method                               string
	add, delta, rename, pushBoth, toNone string // bodies
	want                                 []int
}

var (
	oinMembership = membership{
		method: "PATCH", add: "group-add-member.json", delta: "group-delta.json", rename: "group-rename.json",
		pushBoth: "group-push-now.json", toNone: "group-push-empty.json", want: on(200, 204),
	}
	aiwMembership = membership{
		method: "PUT", add: "group-put-second.json", delta: "group-put-first.json", rename: "group-put-renamed.json",
		pushBoth: "group-put-both.json", toNone: "group-put-empty.json", want: on(200),
	}
)

// oktaGroups are steps 11 to 15.
func oktaGroups(m membership) []step {
	group := vars{"group_name": "Test SCIMv2 {{run}}"}
	return []step{
		{
			id: "11", name: "push a new group", traps: "T-052 T-133", needs: "groups", with: group,
			before: first(request{send: oktaFindGroup, want: on(200), checks: must(found(0))}),
			request: request{
				send: "POST /Groups", body: "group.json", want: on(201),
				checks: must(located(), schema(groupURN), is("displayName", "{{group_name}}"), save("group_id", "id")),
			},
		},
		{id: "11a", name: "find it in other case", traps: "T-057", needs: "groups", request: request{
			send: "GET /Groups?filter=displayName%20eq%20%22TEST%20SCIMV2%20{{run}}%22&startIndex=1&count=100", want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{group_id}}")),
		}},
		m.step("12", "add a member", m.add, "T-092 T-098", members("{{second_id}}")),
		m.step("12a", "remove one, add one", m.delta, "T-092", members("{{first_id}}")),
		m.step("12b", "the same once more", m.delta, "T-093 T-094 T-121", members("{{first_id}}")),
		m.step("13", "rename", m.rename, "T-078 T-080", is("displayName", "{{group_name}} renamed"), members("{{first_id}}")),
		m.step("13a", "rename once more", m.rename, "T-078 T-080", is("displayName", "{{group_name}} renamed"), members("{{first_id}}")),
		m.step("14", "push now", m.pushBoth, "T-118", members("{{first_id}}", "{{second_id}}")),
		m.step("14a", "push now, empty", m.toNone, "T-118 T-127", members(), is("displayName", "{{group_name}} renamed")),
		{
			id: "15", name: "delete the group", needs: "groups", request: request{send: "DELETE /Groups/{{group_id}}", want: on(204)},
			after: then(
				request{send: "GET /Groups/{{group_id}}", want: on(404), checks: must(scimError())},
				request{send: "GET /Users/{{first_id}}", want: on(200)}),
		},
	}
}

// step changes the group and reads it afterwards.
func (m membership) step(id, name, body, traps string, after ...check) step {
	return step{
		id: id, name: name, traps: traps, needs: "groups",
		request: request{send: m.method + " /Groups/{{group_id}}", body: body, want: m.want},
		after: then(request{
			send: "GET /Groups/{{group_id}}", want: on(200),
			checks: append(must(is("id", "{{group_id}}")), after...),
		}),
	}
}
