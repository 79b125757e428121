package scimtest

import (
	"fmt"
	"net/http"
	"slices"
)

// mendixApp is an app that knows its users by externalId, Okta's user id or Entra's objectId, and has no groups. It is
// played in both voices.
func mendixApp() Scenario {
	return Scenario{
		Name: "mendix-app", Code: "S-MENDIX-APP", Title: "Okta and Entra, app that knows users by externalId", Profile: "generic",
		About: "Create, update, disable, enable, delete and create again; the principal is externalId. Whether the second create " +
			"is the same person, or a new one, is the server's setting for deletes.",
		header: oktaHeader, bodies: []string{"mendix-app", "okta", "entra"}, always: must(whole()), purge: true,
		steps: func() []step { return slices.Concat(mendixByOkta(), mendixByEntra(), mendixDelete()) },
	}
}

// another: the value at path is there, and is not this one.
func another(path, than string) check {
	return check{"another " + path, func(a *answer) string {
		switch got := a.text(path); got {
		case "":
			return path + " is missing or empty"
		case a.fill(than):
			return fmt.Sprintf("%s is %s, which was deleted", path, got)
		default:
			return ""
		}
	}}
}

func mendixByOkta() []step {
	joined := created(save("okta_id", "id"), is("externalId", "{{external_id}}"), hides("password"))
	updated := must(is("id", "{{user_id}}"), is("externalId", "{{external_id}}"), is("name/familyName", "Moss-Reed"),
		is("emails/type=work/value", "second.{{user_name}}"))
	return []step{
		{id: "1", name: "look the user up", traps: "T-002", with: somebody("john", "example.com"), request: request{
			send: oktaFindUser, want: on(200), checks: must(found(0)),
		}},
		{id: "2", name: "create the user", traps: "T-034 T-133", request: request{send: "POST /Users", body: "user.json", want: on(201), checks: joined}},
		{
			id: "3", name: "update names and e-mail", traps: "T-033", request: request{send: "PUT " + userPath, body: "user-put.json", want: on(200), checks: updated},
			after: reads(userPath, updated...),
		},
		switches("4", "disable the user", "T-071 T-106", "deactivate.json", false),
		finds("5", "find the disabled user", "T-071", false),
		switches("6", "enable the user", "T-071", "activate.json", true),
	}
}

// mendixByEntra is the other client with the same app: its own user, by objectId.
func mendixByEntra() []step {
	erin := somebody("erin", "example.com")
	entra := func(st step) step {
		st.header = entraHeader("", st.body != "")
		return st
	}
	return []step{
		entra(step{id: "7", name: "test connection, as Entra does", traps: "T-001", request: request{
			send: "GET /Users?filter=userName+eq+%22{{guid}}%22", want: on(200), checks: must(found(0)),
		}}),
		entra(step{id: "8", name: "create the user by objectId", traps: "T-004", with: erin, request: request{
			send: "POST /Users", body: "user-entra.json", want: on(201), checks: created(is("externalId", "{{external_id}}"), save("erin_id", "id")),
		}}),
		entra(step{
			id: "9", name: "update work e-mail and last name", traps: "T-072", request: request{send: "PATCH " + userPath, body: "user-update.json", want: on(200, 204)},
			after: reads(userPath, is("id", "{{erin_id}}"), is("name/familyName", "Moss-Reed"), is("name/givenName", "Erin"),
				is("emails/type=work/value", "second.{{user_name}}")),
		}),
		entra(switches("10", "disable the user", "T-023 T-100", "disable.json", false)),
		entra(switches("11", "enable the user", "T-023", "enable.json", true)),
		entra(step{id: "12", name: "provision a group on demand", traps: "T-115", request: request{
			send: entraFindGroup, want: on(http.StatusOK, http.StatusNotFound, http.StatusNotImplemented),
			checks: must(when(200, list()), when(404, scimError()), when(501, scimError())),
		}, with: erin}),
	}
}

func mendixDelete() []step {
	again := created(another("id", "{{erin_id}}"), is("externalId", "{{external_id}}"))
	return []step{
		deletes("13", "delete the user", "/Users/{{erin_id}}"),
		{id: "14", name: "find who was deleted", traps: "T-002", request: request{send: findUser("user_name"), want: on(200), checks: must(found(0))}},
		{id: "15", name: "delete again", traps: "T-104", request: request{send: "DELETE /Users/{{erin_id}}", want: on(404), checks: must(scimError())}},
		{
			id: "16", name: "create the same person again", traps: "T-103", request: request{send: "POST /Users", body: "user-entra.json", want: on(201), checks: again},
			after: reads(userPath, is("active", true), is("name/familyName", "Moss")),
		},
		cleanup("17", "delete the second", userPath),
	}
}
