package scimtest

const (
	userPath  = "/Users/{{user_id}}"
	groupPath = "/Groups/{{group_id}}"
)

// somebody are the variables of a user and a group that no other run has.
func somebody(name, domain string) vars {
	return vars{"user_name": name + ".{{run}}@" + domain, "group_name": name + " {{run}}", "external_id": name + "-{{guid}}"}
}

// created is what every client reads from the answer to a POST of a user.
func created(checks ...check) []check {
	return append(must(located(), save("user_id", "id"), is("userName", "{{user_name}}"), is("active", true)), checks...)
}

// createdGroup is what every client reads from the answer to a POST of a group.
func createdGroup(checks ...check) []check {
	return append(must(located(), save("group_id", "id"), is("displayName", "{{group_name}}")), checks...)
}

// newUser and newGroup make a test's own resources.
func newUser(body string) request {
	return request{send: "POST /Users", body: body, want: on(201), checks: must(save("user_id", "id"))}
}

func newGroup() request {
	return request{send: "POST /Groups", body: "group.json", want: on(201), checks: must(save("group_id", "id"))}
}

func findUser(value string) string { return `GET /Users?filter=userName+eq+"{{` + value + `}}"` }

func findGroup(value string) string { return `GET /Groups?filter=displayName+eq+"{{` + value + `}}"` }

// switches turns the user off or on, and looks whether it was done.
func switches(id, name, traps, body string, active bool) step {
	return step{
		id: id, name: name, traps: traps,
		request: request{send: "PATCH " + userPath, body: body, want: on(200, 204), checks: must(ifBody(is("active", active)))},
		after:   reads(userPath, is("id", "{{user_id}}"), is("active", active)),
	}
}

// changesMembers changes the group, and looks who is in it.
func changesMembers(id, name, traps, body string, ids ...string) step {
	return step{
		id: id, name: name, traps: traps, request: request{send: "PATCH " + groupPath, body: body, want: on(200, 204)},
		after: reads(groupPath, members(ids...)),
	}
}

// deletes removes a resource, and looks whether it is gone.
func deletes(id, name, path string) step {
	return step{id: id, name: name, request: request{send: "DELETE " + path, want: on(204)}, after: gone(path)}
}

// cleanup removes what a scenario made besides.
func cleanup(id, name, path string) step {
	return step{id: id, name: name, phase: PhaseCleanup, request: request{send: "DELETE " + path, want: on(204)}}
}

// finds looks a user up who is there, active or not.
func finds(id, name, traps string, active bool) step {
	return step{id: id, name: name, traps: traps, request: request{
		send: findUser("user_name"), want: on(200),
		checks: must(found(1), is("Resources/0/id", "{{user_id}}"), is("Resources/0/active", active)),
	}}
}

// reads is a look at a resource afterwards.
func reads(path string, checks ...check) []request {
	return then(request{send: "GET " + path, want: on(200), checks: checks})
}

// gone: the resource is not there any more.
func gone(path string) []request {
	return then(request{send: "GET " + path, want: on(404)})
}

// complete: what the validator wants of every resource in a list.
func complete() check {
	return has("Resources/0/id", "Resources/0/schemas", "Resources/0/meta/resourceType")
}
