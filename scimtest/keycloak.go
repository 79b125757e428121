package scimtest

import (
	"net/http"
	"slices"
)

// keycloak is the libre.sh plugin: it creates without a look-up, writes booleans as
// strings, and references as relative URLs.
func keycloak() Scenario {
	return Scenario{
		Name: "keycloak", Code: "S-KC-LIBRE", Title: "Keycloak, libre.sh SCIM plugin", Profile: "keycloak",
		About:  "Creates without a look-up, booleans as the strings \"true\" and \"false\", members null, relative $ref.",
		header: scimHeader, bodies: []string{"keycloak"}, always: must(whole()),
		steps: func() []step { return slices.Concat(keycloakUsers(), keycloakGroups(), keycloakLeavers()) },
	}
}

func keycloakUsers() []step {
	return []step{
		{
			id: "1", name: "create without a look-up", traps: "T-038 T-047 T-050", with: somebody("jane", "example.com"), request: request{
				send: "POST /Users", body: "user.json", want: on(201), checks: created(echo("user.json")),
			},
			after: reads(userPath, is("externalId", "{{external_id}}"), is("roles/0/value", "app-user"), lacks("emails/0/type")),
		},
		{id: "2", name: "create once more", traps: "T-108", request: request{
			send: "POST /Users", body: "user.json", want: on(409), checks: must(unique()),
		}},
		{
			id: "3", name: "import all users", traps: "T-066 T-068", says: "every page to the end",
			request: request{send: "GET /Users"}, play: discoverAll("/Users", "user_id"),
		},
		{
			id: "4", name: "disable, as text", traps: "T-025", request: request{
				send: "PATCH " + userPath, body: "user-disable.json", want: on(200, 204), checks: must(ifBody(is("active", false))),
			},
			after: reads(userPath, is("active", false), is("userName", "{{user_name}}"), is("displayName", "Jane Q. Doe"), is("id", "{{user_id}}")),
		},
		switches("5", "enable, as text", "T-025", "user-enable.json", true),
		{id: "6", name: "replace the user", traps: "T-033", request: request{
			send: "PUT " + userPath, body: "user.json", want: on(200), checks: must(is("id", "{{user_id}}"), echo("user.json")),
		}},
		{id: "7", name: "create a second user", with: somebody("john", "example.com"), request: request{
			send: "POST /Users", body: "user.json", want: on(201), checks: must(save("john_id", "id")),
		}},
	}
}

func keycloakGroups() []step {
	return []step{
		{
			id: "8", name: "create a group with a member", traps: "T-092", with: somebody("Sales", "group"), request: request{
				send: "POST /Groups", body: "group.json", want: on(201), checks: createdGroup(),
			},
			after: reads(groupPath, members("{{user_id}}")),
		},
		changesMembers("9", "replace the members", "T-093", "group-patch.json", "{{user_id}}", "{{john_id}}"),
		changesMembers("10", "remove all: members null", "T-077", "group-patch-empty.json"),
		changesMembers("10a", "once more, of none", "T-077 T-121", "group-patch-empty.json"),
		changesMembers("11", "null, then replace", "T-077 T-097", "group-patch-null-replace.json", "{{john_id}}"),
		{
			id: "12", name: "replace the group", traps: "T-092 T-127", request: request{
				send: "PUT " + groupPath, body: "group-put.json", want: on(200), checks: must(is("id", "{{group_id}}")),
			},
			after: reads(groupPath, is("displayName", "{{group_name}} EMEA"), members("{{user_id}}", "{{john_id}}")),
		},
		changesMembers("12a", "replace by null again", "T-077", "group-patch-empty.json"),
		keycloakByExternalID(),
		{
			id: "14", name: "import all groups", traps: "T-066", says: "every page to the end",
			request: request{send: "GET /Groups"}, play: discoverAll("/Groups", "group_id"),
		},
	}
}

// keycloakByExternalID: a plugin that lost its table of remote ids writes its own id of
// the user (D-26).
func keycloakByExternalID() step {
	st := changesMembers("13", "add a member by externalId", "T-095", "group-add-external.json", "{{john_id}}")
	st.optional, st.with = true, vars{"external_id": "john-{{guid}}"}
	return st
}

func keycloakLeavers() []step {
	return []step{
		deletes("15", "delete the group", groupPath),
		deletes("16", "delete the user", userPath),
		cleanup("17", "delete the second user", "/Users/{{john_id}}"),
	}
}

// keycloakOutbound is the extension keycloak-scim-outbound: it looks up before it
// creates, and reads answers by text search.
func keycloakOutbound() Scenario {
	return Scenario{
		Name: "keycloak-outbound", Code: "S-KC-OUT", Title: "Keycloak, keycloak-scim-outbound", Profile: "keycloak",
		About:  "A smoke test of ServiceProviderConfig, a look-up, PATCH by paths; finds ids by a text search.",
		header: keycloakOutboundHeader, bodies: []string{"keycloak-outbound"}, always: must(whole()), steps: keycloakOutboundSteps,
	}
}

func keycloakOutboundHeader(_ string, body bool) http.Header {
	h := http.Header{"User-Agent": {"keycloak-scim-outbound/1.0"}, "Accept": {"application/scim+json"}}
	if body {
		h.Set("Content-Type", "application/scim+json")
	}
	return h
}

func keycloakOutboundSteps() []step {
	const findUser = "GET /Users?filter=userName+eq+%22{{user_name}}%22"
	remove := request{send: "DELETE " + userPath, want: on(200, 204, 404)}
	return []step{
		{id: "1", name: "smoke test", traps: "T-010", request: request{send: "GET /ServiceProviderConfig", want: on(200)}},
		{id: "2", name: "look the user up", traps: "T-002 T-052", with: somebody("jane", "example.com"), request: request{
			send: findUser, want: on(200), checks: must(found(0)),
		}},
		{id: "3", name: "create the user", request: request{
			send: "POST /Users", body: "user.json", want: on(200, 201), checks: must(save("user_id", "id"), echo("user.json")),
		}},
		{id: "4", name: "find it by text search", traps: "T-070", request: request{
			send: findUser, want: on(200), checks: must(found(1), readableByRegexp("{{user_id}}")),
		}},
		{
			id: "5", name: "update the user", traps: "T-076", request: request{
				send: "PATCH " + userPath, body: "user-patch.json", want: on(200, 204),
			},
			after: reads(userPath, is("name/givenName", "Janet"), is("name/familyName", "Roe"), is("active", true),
				count("emails", 1), is("emails/0/value", "janet.{{run}}@example.com"), is("emails/0/type", "work"), is("emails/0/primary", true)),
		},
		{id: "6", name: "create once more", traps: "T-108", request: request{
			send: "POST /Users", body: "user.json", want: on(409), checks: must(unique()),
		}},
		switches("7", "deactivate", "T-100", "deactivate.json", false),
		{id: "8", name: "find the inactive user", traps: "T-070 T-100", request: request{
			send: findUser, want: on(200), checks: must(found(1), readableByRegexp("{{user_id}}"), is("Resources/0/active", false)),
		}},
		{id: "9", name: "delete the user", request: remove, after: gone(userPath)},
		{id: "10", name: "delete it once more", traps: "T-104", request: remove, after: gone(userPath)},
	}
}
