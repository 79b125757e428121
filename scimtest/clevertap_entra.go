package scimtest

// clevertapEntraApp is Entra with the app of [clevertapApp]. It sends no lists in attributes that an admin adds (T-138),
// so all accounts stand in one text, which holds a JSON array.
func clevertapEntraApp() Scenario {
	return Scenario{
		Name: "clevertap-entra-app", Code: "S-CLEVERTAP-ENTRA-APP", Title: "Entra, app with accounts in one string", Profile: "entra",
		About: "An extension with accounts as one string that holds a JSON array. The server must know it: see --schema. Where " +
			"accounts are checked, there are ACC123 and ACC456 with the roles Editor and Viewer and the team Marketing.",
		header: entraHeader, bodies: []string{"clevertap-entra-app", "entra"}, always: must(whole(), scimMedia(), typed()),
		schema: "schema.json", purge: true, steps: clevertapEntraSteps,
	}
}

const (
	clevertapURN      = "urn:ietf:params:scim:schemas:extension:clevertap:2.0:User"
	clevertapAccounts = clevertapURN + "/accounts"
)

// withAccounts makes the accounts of the step's body.
func withAccounts(text string) vars { return vars{"accounts": text} }

// accountsText: the text came back letter by letter.
func accountsText(text string) check { return declared(clevertapAccounts, shown(text)) }

func clevertapEntraSteps() []step {
	one := "[" + account("ACC123", "Editor") + "]"
	two := "[" + account("ACC123", "Editor") + ", " + account("ACC456", "Viewer") + "]"
	broken := "[" + brokenAccount
	erin := somebody("erin", "example.com")
	erin["accounts"] = one
	badly := somebody("badly", "example.com")
	badly["accounts"] = broken
	change := func(id, name, text string) step {
		return step{
			id: id, name: name, traps: "T-114 T-138", with: withAccounts(text),
			request: request{send: entraPatch, body: "accounts.json", want: on(200, 204)},
			after:   reads(userPath, is("id", "{{user_id}}"), accountsText(text), schema(clevertapURN)),
		}
	}
	unassign := switches("8", "unassign", "T-023 T-101", "disable.json", false)
	unassign.after = then(request{send: entraFindUser, want: on(200), checks: must(either(found(0), is("Resources/0/active", false)))})
	return []step{
		{id: "1", name: "look the user up", traps: "T-002", with: erin, request: request{send: entraFindUser, want: on(200), checks: must(found(0))}},
		{
			id: "2", name: "create with an account", traps: "T-031 T-138",
			request: request{send: "POST /Users", body: "user.json", want: on(201), checks: created(accountsText(one), save("erin_id", "id"))},
			after:   reads(userPath, accountsText(one)),
		},
		change("3", "add a second account", two),
		change("4", "the same with other white space", "[ "+spacedAccount+" ,"+account("ACC456", "Viewer")+"]"),
		change("5", "take the first account away", "["+account("ACC456", "Viewer")+"]"),
		{
			id: "6", name: "broken JSON for somebody new", traps: "T-114", with: badly, request: request{
				send: "POST /Users", body: "user.json", want: on(201, 400),
				checks: must(when(400, scimError(), mentions("accounts")), when(201, save("badly_id", "id"), accountsText(broken))),
			},
			after: then(request{send: entraFindUser, want: on(200), checks: must(either(found(0), is("Resources/0/id", "{{badly_id}}")))}),
		},
		{
			id: "7", name: "back to one account", traps: "T-114", with: vars{"user_id": "{{erin_id}}", "user_name": "erin.{{run}}@example.com", "accounts": one},
			request: request{send: entraPatch, body: "accounts.json", want: on(200, 204)}, after: reads(userPath, accountsText(one)),
		},
		unassign,
	}
}
