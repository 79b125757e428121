package scimtest

import (
	"net/http"
	"slices"
)

// entraHeader is what Entra's provisioning service sends. Microsoft names no user
// agent, so the client's own stands.
func entraHeader(_ string, body bool) http.Header {
	h := http.Header{"Accept": {"application/scim+json"}}
	if body {
		h.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	return h
}

// entra is the default dialect: capitalised operations, one per attribute, booleans as
// strings, members removed by value.
func entra() Scenario {
	return Scenario{
		Name: "entra", Code: "S-ENTRA-DEFAULT", Title: "Microsoft Entra ID, default dialect", Profile: "entra",
		About:  "Capitalised operations, one per attribute; booleans as strings; members removed by value.",
		header: entraHeader, bodies: []string{"entra"}, always: must(whole(), scimMedia(), typed()),
		steps: entraSteps,
	}
}

// entraFlag is the dialect behind the tenant URL's flag: lower-case operations, real
// booleans, attribute paths as keys of a value without path, members removed by path.
// The flag itself stands in the base URL's query (T-015).
func entraFlag() Scenario {
	return Scenario{
		Name: "entra-flag", Code: "S-ENTRA-FLAG", Title: "Microsoft Entra ID, ?aadOptscim062020", Profile: "entra",
		About:  "The dialect behind the flag: lower-case operations, real booleans, members removed by path.",
		header: entraHeader, bodies: []string{"entra-flag", "entra"}, always: must(whole(), scimMedia(), typed()),
		query: "aadOptscim062020", steps: entraSteps,
	}
}

func entraSteps() []step {
	return slices.Concat(entraCreate(), entraUpdate(), entraDisable(), entraGroup(), entraMembers(), entraDelete())
}

const (
	entraFindUser = "GET /Users?filter=userName+eq+%22{{user_name}}%22"
	entraReadUser = "GET /Users/{{user_id}}"
	entraPatch    = "PATCH /Users/{{user_id}}"
)

var entraUser = vars{
	"user_name": "Test_User_{{guid}}", "email": "Test_User_{{run}}@testuser.com",
	"external_id": "{{oid}}", "given": "givenName", "family": "familyName",
}

// entraPerson are the variables of another user, named after what that one is to the first.
func entraPerson(what string) vars {
	return vars{
		"user_name": "Test_" + what + "_{{guid}}", "email": "Test_" + what + "_{{run}}@testuser.com",
		"external_id": what + "-{{oid}}", "given": "givenName", "family": what,
	}
}

func entraCreated(id string) []check {
	return must(located(), save(id, "id"), is("userName", "{{user_name}}"), is("externalId", "{{external_id}}"), is("active", true))
}

// entraCreate are steps 1 to 4.
func entraCreate() []step {
	return []step{
		{id: "1", name: "test connection", traps: "T-001 T-002 T-015 T-052", request: request{
			send: "GET /Users?filter=userName+eq+%22{{guid}}%22", want: on(200), checks: must(found(0)),
		}},
		{id: "2", name: "look the user up", traps: "T-002", with: entraUser, request: request{
			send: entraFindUser, want: on(200), checks: must(found(0)),
		}},
		{id: "2a", name: "… by externalId", traps: "T-002", request: request{
			send: "GET /Users?filter=externalId+eq+%22{{external_id}}%22", want: on(200), checks: must(found(0)),
		}},
		{id: "2b", name: "… by work e-mail", traps: "T-055", request: request{
			send: "GET /Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22{{email}}%22", want: on(200), checks: must(found(0)),
		}},
		{id: "2c", name: "… with a slash before the query", traps: "T-016 T-125", optional: true, request: request{
			send: "GET /Users/?filter=userName+eq+%22{{user_name}}%22", want: on(200), checks: must(found(0)),
		}},
		{id: "3", name: "create the user", traps: "T-004 T-050 T-133", with: entraUser, request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: append(entraCreated("user_id"), echo("user.json")),
		}},
		{id: "3a", name: "create the manager", traps: "T-050", with: entraPerson("Manager"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: entraCreated("manager_id"),
		}},
		{id: "3b", name: "create a colleague", traps: "T-050", with: entraPerson("Colleague"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: entraCreated("colleague_id"),
		}},
		{id: "3c", name: "create from the tutorial's nulls", traps: "T-029 T-030 T-135", optional: true, request: request{
			send: "POST /Users", body: "user-nulls.json", want: on(201),
			checks: must(located(), save("young_id", "id"), lacks("title", "addresses", "phoneNumbers"), noManager()),
		}},
		{id: "3d", name: "find by an unquoted value", traps: "T-053", optional: true, request: request{
			send: "GET /Users?filter=externalId%20eq%20jyoung{{run}}", want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{young_id}}")),
		}},
		{id: "4", name: "read the user", traps: "T-045 T-129", with: entraUser, request: request{
			send: entraReadUser, want: on(200), checks: must(is("id", "{{user_id}}"), echo("user.json")),
		}},
		{id: "4a", name: "find by work e-mail", traps: "T-055", request: request{
			send: `GET /Users?filter=emails[type+eq+"work"].value+eq+"{{email}}"`, want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{user_id}}")),
		}},
	}
}

// entraUpdate are steps 5 to 7.
func entraUpdate() []step {
	return []step{
		{
			id: "5", name: "update attributes", traps: "T-046 T-072 T-073 T-098", request: request{
				send: entraPatch, body: "user-replace.json", want: on(200),
			},
			after: then(request{send: entraReadUser, want: on(200), checks: must(
				is("id", "{{user_id}}"), is("displayName", "Pvlo"), is("externalId", "Eqpj{{run}}"),
				is("name/givenName", "Gtfd"), is("name/familyName", "Pkqf"), is(enterpriseURN+"/employeeNumber", "Eqpj"),
				count("emails", 1), is("emails/type=work/value", "TestBcwqnm@test.microsoft.com"), is("emails/type=work/primary", true))}),
		},
		{
			id: "5a", name: "add an attribute", traps: "T-072", request: request{
				send: entraPatch, body: "user-add.json", want: on(200),
			},
			after: then(request{send: entraReadUser, want: on(200), checks: must(is("nickName", "Babs"), is("displayName", "Pvlo"))}),
		},
		{
			id: "5b", name: "update the other mapped attributes", traps: "T-028 T-045 T-074 T-076", request: request{
				send: entraPatch, body: "user-mapped.json", want: on(200),
			},
			after: then(request{send: entraReadUser, want: on(200), checks: entraMapped()}),
		},
		{id: "6", name: "look the manager up", traps: "T-058 T-132", request: request{
			send: "GET /Users?filter=id%20eq%20%22{{user_id}}%22%20and%20manager%20eq%20%22{{manager_id}}%22&attributes=id",
			want: on(200), checks: must(found(0)),
		}},
		{
			id: "7", name: "set the manager", traps: "T-089", request: request{
				send: entraPatch, body: "manager.json", want: on(200),
			},
			after: then(request{send: entraReadUser, want: on(200), checks: must(manager("{{manager_id}}"), is(enterpriseURN+"/employeeNumber", "Eqpj"))}),
		},
		{id: "7a", name: "look the manager up, swapped", traps: "T-058 T-132", request: request{
			send: "GET /Users?attributes=id&filter=manager%20eq%20%22{{manager_id}}%22%20and%20id%20eq%20%22{{user_id}}%22",
			want: on(200), checks: must(found(1), is("Resources/0/id", "{{user_id}}"), hides("Resources/0/userName")),
		}},
	}
}

func entraMapped() []check {
	return must(
		is("phoneNumbers/type=work/value", "+1 (425) 555-0100"), is("phoneNumbers/type=mobile/value", "425.555.0101"),
		count("phoneNumbers", 2), count("addresses", 2), count("emails", 2),
		is("addresses/type=work/streetAddress", "1 Main Street"), is("addresses/type=work/locality", "Redmond"),
		is("addresses/type=other/formatted", "Box 7"), is("emails/type=other/value", "Pvlo.Other@Test.Microsoft.com"),
		is("title", "Engineer"), is("preferredLanguage", "en-US"), is(enterpriseURN+"/department", "Research"),
		is(enterpriseURN+"/employeeNumber", "Eqpj"))
}

// entraDisable are steps 8 to 10.
func entraDisable() []step {
	set := func(id, name, traps, body string, active bool) step {
		return step{
			id: id, name: name, traps: traps,
			request: request{send: entraPatch, body: body, want: on(200), checks: must(is("active", active))},
			after:   then(request{send: entraReadUser, want: on(200), checks: must(is("id", "{{user_id}}"), is("active", active))}),
		}
	}
	return []step{
		set("8", "disable the user", "T-023 T-072 T-100", "disable.json", false),
		{id: "9", name: "find the disabled user", traps: "T-071 T-100", request: request{
			send: entraFindUser, want: on(200),
			checks: must(found(1), is("Resources/0/id", "{{user_id}}"), is("Resources/0/active", false)),
		}},
		set("10", "enable the user", "T-023", "enable.json", true),
		set("10a", "disable, the tutorial's shape", "T-100", "disable-tutorial.json", false),
		set("10b", "enable by add", "T-023", "enable-add.json", true),
		{
			id: "10c", name: "change userName", traps: "T-110", with: vars{"new_name": "{{oid}}@testuser.com"},
			request: request{send: entraPatch, body: "user-rename.json", want: on(200)},
			after: then(
				request{send: entraReadUser, want: on(200), checks: must(is("id", "{{user_id}}"), is("userName", "{{new_name}}"))},
				request{send: entraFindUser, want: on(200), checks: must(found(0))}),
		},
	}
}
