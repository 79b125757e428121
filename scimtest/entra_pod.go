package scimtest

import "slices"

// entraPOD is provision on demand: an admin picks one object, and Entra plays a cycle for
// it alone. It looks up before and after, and it does not know the flag
// aadOptscim062020, so that a tenant with the flag alternates between both dialects.
func entraPOD() Scenario {
	return Scenario{
		Name: "entra-pod", Code: "S-ENTRA-POD", Title: "Microsoft Entra ID, provision on demand", Profile: "entra",
		About:  "One user, one group at a time, with a look-up before and after; the default dialect although the flag is set.",
		header: entraHeader, bodies: []string{"entra"}, always: must(whole(), scimMedia(), typed()),
		query: "aadOptscim062020",
		steps: func() []step { return slices.Concat(podUser(), podUpdate(), podGroup(), podLeaver()) },
	}
}

func podUser() []step {
	return []step{
		{id: "1", name: "user: look up", traps: "T-002 T-015", with: entraUser, request: request{
			send: entraFindUser, want: on(200), checks: must(found(0)),
		}},
		{id: "2", name: "user: create", traps: "T-050", request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: append(entraCreated("user_id"), echo("user.json")),
		}},
		{id: "3", name: "user: look up afterwards", traps: "T-129", request: request{
			send: entraFindUser, want: on(200), checks: must(found(1), is("Resources/0/id", "{{user_id}}"), is("Resources/0/active", true)),
		}},
		{id: "3a", name: "user: … by id", traps: "T-132", request: request{
			send: "GET /Users?filter=id+eq+%22{{user_id}}%22", want: on(200), checks: must(found(1), is("Resources/0/userName", "{{user_name}}")),
		}},
	}
}

// podUpdate is the same user on demand once more, after something has changed.
func podUpdate() []step {
	return []step{
		{id: "4", name: "again: look up", traps: "T-057", request: request{
			send: entraFindUser, want: on(200), checks: must(found(1), is("Resources/0/id", "{{user_id}}")),
		}},
		{
			id: "5", name: "again: update what differs", traps: "T-015 T-072", request: request{
				send: entraPatch, body: "user-replace.json", want: on(200),
			},
			after: reads(userPath, is("displayName", "Pvlo"), is("name/givenName", "Gtfd"), is(enterpriseURN+"/employeeNumber", "Eqpj"), count("emails", 1)),
		},
		{id: "6", name: "again: look up afterwards", request: request{
			send: entraFindUser, want: on(200), checks: must(found(1), is("Resources/0/id", "{{user_id}}"), is("Resources/0/displayName", "Pvlo")),
		}},
	}
}

func podGroup() []step {
	return []step{
		{id: "7", name: "group: look up", traps: "T-002 T-115", with: vars{"group_name": "POD {{oid}}"}, request: request{
			send: entraFindGroup, want: on(200), checks: must(found(0)),
		}},
		{id: "8", name: "group: create", traps: "T-051", request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(is("externalId", "{{oid}}")),
		}},
		{
			id: "9", name: "group: add the chosen member", traps: "T-072 T-088 T-098", request: request{
				send: entraPatchOf, body: "group-add-member.json", want: on(204),
			},
			after: reads(groupPath, members("{{user_id}}")),
		},
		{id: "10", name: "group: look up afterwards", request: request{
			send: entraFindGroup, want: on(200), checks: must(found(1), is("Resources/0/id", "{{group_id}}"), hides("Resources/0/members")),
		}},
		{id: "10a", name: "group: … by id", traps: "T-132", request: request{
			send: "GET /Groups?excludedAttributes=members&filter=id+eq+%22{{group_id}}%22", want: on(200),
			checks: must(found(1), is("Resources/0/displayName", "{{group_name}}")),
		}},
	}
}

func podLeaver() []step {
	return []step{
		{
			id: "11", name: "unassigned: disable", traps: "T-023 T-100", request: request{
				send: entraPatch, body: "disable.json", want: on(200), checks: must(is("active", false)),
			},
			after: reads(groupPath, members("{{user_id}}")),
		},
		{id: "12", name: "unassigned: look up afterwards", traps: "T-100", request: request{
			send: entraFindUser, want: on(200), checks: must(found(1), is("Resources/0/active", false)),
		}},
		deletes("13", "delete the group", groupPath),
		deletes("14", "delete the user", userPath),
	}
}
