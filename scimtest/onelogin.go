package scimtest

// oneLogin is the "SCIM Provisioner with SAML (SCIM v2 Enterprise)" connector. Its body
// is a JSON template that the admin edits; a parameter without a value becomes an empty
// string. The templates are those of two products, misspellings included.
func oneLogin() Scenario {
	return Scenario{
		Name: "onelogin", Code: "S-ONELOGIN", Title: "OneLogin, SCIM Provisioner (SCIM v2 Enterprise)", Profile: "onelogin",
		About:  "Admin-edited JSON templates: empty strings, misspelt attributes, one e-mail as an object.",
		header: scimHeader, bodies: []string{"onelogin"}, always: must(whole()), steps: oneLoginSteps,
	}
}

// dropped: what was sent empty came back as nothing at all, in objects and lists too (T-035,
// T-036).
func dropped() check {
	return lacks("title", "userType", "timezone", "addresses/0/locality", "addresses/0/streetAddress", "phoneNumbers/0/value",
		enterpriseURN+"/department", enterpriseURN+"/organization", enterpriseURN+"/manager/value")
}

func oneLoginSteps() []step {
	jane := somebody("jane", "example.com")
	joe := cleanup("12", "delete the third user", "/Users/{{joe_id}}")
	joe.optional = true
	return []step{
		{id: "1", name: "save the configuration", traps: "T-009 T-010", request: request{
			send: "GET /ServiceProviderConfig", want: on(200), checks: must(config()),
		}},
		{id: "2", name: "look the user up", traps: "T-002", with: jane, request: request{
			send: findUser("user_name"), want: on(200), checks: must(found(0)),
		}},
		{
			id: "3", name: "create from a template of blanks", traps: "T-035 T-036 T-050", request: request{
				send: "POST /Users", body: "user.json", want: on(201), checks: created(),
			},
			after: reads(userPath, is("name/givenName", "Jane"), is("name/familyName", "Doe"), is("emails/0/value", "{{user_name}}"), dropped()),
		},
		{
			id: "3a", name: "create from a misspelt template", traps: "T-035 T-036 T-039", with: somebody("jim", "example.com"), request: request{
				send: "POST /Users", body: "user-misspelt.json", want: on(201), checks: must(located(), save("jim_id", "id")),
			},
			after: reads("/Users/{{jim_id}}", is("displayName", "Jane Doe"), is("externalId", "{{user_name}}"), dropped()),
		},
		{
			id: "3b", name: "create with one e-mail, an object", traps: "T-037 T-038", optional: true, with: somebody("joe", "example.com"),
			request: request{
				send: "POST /Users", body: "user-email-object.json", want: on(201), checks: must(save("joe_id", "id")),
			},
			after: reads("/Users/{{joe_id}}", is("emails/0/value", "{{user_name}}")),
		},
		{
			id: "4", name: "update by template", traps: "T-033 T-035 T-110", with: jane, request: request{
				send: "PUT " + userPath, body: "user-put.json", want: on(200), checks: must(is("id", "{{user_id}}")),
			},
			after: reads(userPath, is("title", "Engineer"), is("userName", "{{user_name}}"), is("active", true)),
		},
		{
			id: "4a", name: "update by PATCH", traps: "T-080", request: request{
				send: "PATCH " + userPath, body: "user-patch.json", want: on(200, 204), checks: must(ifBody(is("title", "Architect"))),
			},
			after: reads(userPath, is("title", "Architect"), is("name/givenName", "Jane"), is(enterpriseURN+"/department", "Research")),
		},
		switches("5", "suspend", "T-100", "deactivate.json", false),
		finds("5a", "find the suspended user", "T-071 T-100", false),
		switches("6", "reactivate", "", "activate.json", true),
		{id: "7", name: "create a group", with: somebody("Sales", "group"), request: request{
			send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(),
		}},
		changesMembers("8", "add the user to it", "", "group-add.json", "{{user_id}}"),
		deletes("9", "delete the group", groupPath),
		{
			id: "10", name: "delete the user", with: jane, request: request{send: "DELETE " + userPath, want: on(204)},
			after: then(request{send: findUser("user_name"), want: on(200), checks: must(found(0))}),
		},
		cleanup("11", "delete the second user", "/Users/{{jim_id}}"),
		joe,
	}
}
