package scimtest

// clevertapApp is Okta with an app whose admin has added `accounts` to the profile: an
// array of strings at the top of the core User, each string a JSON object that gives one
// account with roles and teams.
func clevertapApp() Scenario {
	return Scenario{
		Name: "clevertap-app", Code: "S-CLEVERTAP-APP", Title: "Okta, app with accounts as JSON strings", Profile: "okta",
		About: "A custom core attribute, accounts, whose strings hold JSON. The server must know it: see --schema. Where accounts " +
			"are checked, there are ACC123 and ACC456 with the roles Editor and Viewer and the team Marketing.",
		header: oktaHeader, bodies: []string{"clevertap-app"}, always: must(whole()), schema: "schema.json", purge: true, steps: clevertapSteps,
	}
}

// account is the text of one element of accounts.
func account(id, role string) string {
	return `{"accountId":"` + id + `","roles":"` + role + `","teams":"Marketing","status":"Active"}`
}

// accountsAre: the strings came back letter by letter. Okta compares them with what it
// sent (T-114).
func accountsAre(elements ...string) check {
	return declared("accounts", shown(elements))
}

func clevertapSteps() []step {
	jane := somebody("jane", "example.com")
	editor, viewer := account("ACC123", "Editor"), account("ACC456", "Viewer")
	return []step{
		{id: "1", name: "look the user up", traps: "T-002", with: jane, request: request{
			send: oktaFindUser, want: on(200), checks: must(found(0)),
		}},
		{
			id: "2", name: "create with an account", traps: "T-114", request: request{
				send: "POST /Users", body: "user.json", want: on(201), checks: created(accountsAre(editor)),
			},
			after: reads(userPath, accountsAre(editor)),
		},
		{
			id: "3", name: "broken JSON in an account", traps: "T-114", with: somebody("broken", "example.com"), request: request{
				send: "POST /Users", body: "user-broken.json", want: on(201, 400),
				checks: must(when(400, scimError(), mentions("accounts")), when(201, save("broken_id", "id"), declared("accounts/0", shown(brokenAccount)))),
			},
			after: then(request{send: oktaFindUser, want: on(200), checks: must(either(found(0), is("Resources/0/id", "{{broken_id}}")))}),
		},
		{
			id: "4", name: "add a second account", traps: "T-114", with: jane, request: request{
				send: "PUT " + userPath, body: "user-two.json", want: on(200), checks: must(is("id", "{{user_id}}"), accountsAre(editor, viewer)),
			},
			after: reads(userPath, accountsAre(editor, viewer)),
		},
		{
			id: "5", name: "the same with other white space", traps: "T-114", request: request{
				send: "PUT " + userPath, body: "user-spaced.json", want: on(200), checks: must(is("id", "{{user_id}}")),
			},
			after: reads(userPath, accountsAre(spacedAccount, viewer)),
		},
		{
			id: "6", name: "take the first account away", traps: "T-114", request: request{
				send: "PUT " + userPath, body: "user-second.json", want: on(200), checks: must(accountsAre(viewer)),
			},
			after: reads(userPath, accountsAre(viewer)),
		},
		{
			id: "7", name: "unassign", traps: "T-106", request: request{
				send: "PATCH " + userPath, body: "deactivate.json", want: on(200, 204), checks: must(ifBody(is("active", false))),
			},
			// The app may remove the user from the account, or from everywhere.
			after: then(request{send: oktaFindUser, want: on(200), checks: must(either(found(0), is("Resources/0/active", false)))}),
		},
	}
}

// brokenAccount lacks its closing brace; spacedAccount is what an admin types.
const (
	brokenAccount = `{"accountId":"ACC123","roles":"Editor",`
	spacedAccount = `{ "accountId": "ACC123", "roles": "Editor", "teams": "Marketing", "status": "Active" }`
)
