package scimtest

import "slices"

// MicrosoftValidator is what scimvalidator.microsoft.com asks of a server: V1 to V25,
// and P1 to P7 of its preview. Each test makes its own resources; each answer must be
// readable into typed objects.
func MicrosoftValidator() Scenario {
	return Scenario{
		Name: "ms-validator", Alias: "microsoft-validator", Code: "S-MS-VALIDATOR", Title: "Microsoft's SCIM validator (25 tests and 7 in preview)", Profile: "entra",
		About:  "What scimvalidator.microsoft.com asks of a server.",
		header: entraHeader, bodies: []string{"ms-validator"}, always: must(whole(), typed()), purge: true,
		steps: func() []step {
			return slices.Concat(validatorUsers(), validatorPatches(), validatorManagers(), validatorGroups(),
				validatorGroupPatches(), validatorPreview())
		},
	}
}

// validatorName are the variables of a test's own user and group.
func validatorName(test string) vars {
	return vars{
		"user_name": "julien.vonrueden." + test + ".{{run}}@ondricka.us", "USER_NAME": "JULIEN.VONRUEDEN." + test + ".{{RUN}}@ONDRICKA.US",
		"group_name": "ZGHZBQHCAPZU " + test + " {{RUN}}", "lower_name": "zghzbqhcapzu " + test + " {{run}}",
	}
}

// validatorUsers are V1 to V5.
func validatorUsers() []step {
	return []step{
		{
			id: "V1", name: "create a new user", traps: "T-024 T-041 T-045 T-128", with: validatorName("v1"), request: request{
				send: "POST /Users", body: "user.json", want: on(201), checks: must(save("user_id", "id"), echo("user.json")),
			},
			after: reads(userPath, is("id", "{{user_id}}"), echo("user.json")),
		},
		{
			id: "V2", name: "create a duplicate user", with: validatorName("v2"), before: first(newUser("user.json")),
			request: request{send: "POST /Users", body: "user.json", want: on(409)},
		},
		{
			id: "V3", name: "filter for an existing user", traps: "T-052", with: validatorName("v3"), before: first(newUser("user.json")),
			request: request{
				send: findUser("user_name"), want: on(200),
				checks: must(found(1), is("Resources/0/id", "{{user_id}}"), is("Resources/0/userName", "{{user_name}}"), complete()),
			},
		},
		{
			id: "V4", name: "filter for a non-existing user", traps: "T-001 T-002", with: validatorName("v4"),
			request: request{send: findUser("user_name"), want: on(200), checks: must(found(0))},
		},
		{
			id: "V5", name: "filter with a different case", traps: "T-057", with: validatorName("v5"), before: first(newUser("user.json")),
			request: request{send: findUser("USER_NAME"), want: on(200), checks: must(found(1), is("Resources/0/id", "{{user_id}}"))},
		},
	}
}

// validatorPatches are V6 to V9, and two shapes that the validator has been seen to send
// besides its tests.
func validatorPatches() []step {
	patch := "PATCH " + userPath
	renamed := validatorName("v8")
	renamed["new_name"] = "emilio.{{run}}@hermann.uk"
	return []step{
		{
			id: "V6", name: "replace attributes, verbose", traps: "T-026 T-076", with: validatorName("v6"), before: first(newUser("user.json")),
			request: request{send: patch, body: "replace-attributes.json", want: on(200), checks: validatorReplaced()},
			after:   reads(userPath, validatorReplaced()...),
		},
		{
			id: "V7", name: "add attributes, verbose", traps: "T-024 T-026 T-075 T-076", with: validatorName("v7"), before: first(newUser("user-bare.json")),
			request: request{send: patch, body: "add-attributes.json", want: on(200), checks: validatorAdded()},
			after:   reads(userPath, validatorAdded()...),
		},
		{
			id: "V8", name: "update userName", traps: "T-110", with: renamed, before: first(newUser("user.json")),
			request: request{
				send: patch, body: "rename.json", want: on(200),
				checks: must(is("userName", "{{new_name}}"), is("id", "{{user_id}}")),
			},
			after: reads(userPath, is("userName", "{{new_name}}")),
		},
		{
			id: "V9", name: "disable a user", traps: "T-100", with: validatorName("v9"), before: first(newUser("user.json")),
			request: request{send: patch, body: "disable.json", want: on(200), checks: must(is("active", false))},
			after: then(request{send: findUser("user_name"), want: on(200), checks: must(
				found(1), is("Resources/0/active", false), is("Resources/0/id", "{{user_id}}"))}),
		},
		{
			id: "V9a", name: "no operations at all", traps: "T-084", optional: true, with: validatorName("v9a"), before: first(newUser("user.json")),
			request: request{send: patch, body: "no-operations.json", want: on(200, 204)}, after: reads(userPath, echo("user.json")),
		},
		{
			id: "V9b", name: "a telephone number as primary", traps: "T-091", optional: true, with: validatorName("v9b"), before: first(newUser("user.json")),
			request: request{send: patch, body: "phone-as-primary.json", want: on(400), checks: must(scimError())},
			after:   reads(userPath, echo("user.json")),
		},
	}
}

// validatorReplaced: the elements were updated in place, their other values stayed.
func validatorReplaced() []check {
	return must(
		count("emails", 1), is("emails/0/value", "lavada@wolf.com"), is("emails/0/type", "work"), is("emails/0/primary", true),
		count("phoneNumbers", 3), is("phoneNumbers/type=work/value", "40-500-5410"), is("phoneNumbers/type=work/primary", true),
		is("phoneNumbers/type=mobile/value", "40-500-5411"), is("phoneNumbers/type=fax/value", "40-500-5412"),
		count("addresses", 1), is("addresses/0/type", "work"), is("addresses/0/formatted", "LMJPHFRBGGWY"),
		is("addresses/0/streetAddress", "7450 Zoila Manors"), is("addresses/0/locality", "NRNSHGSCEFAC"),
		is("addresses/0/region", "QQNOKAZHQAWD"), is("addresses/0/postalCode", "ji4 5cy"), is("addresses/0/country", "Latvia"),
		is("addresses/0/primary", true), is("displayName", "EQHVZZBFZYKO"), is("title", "WHRXLLKFMSHN"),
		is("name/givenName", "Rosalia"), is("name/familyName", "Kihn"), is("name/middleName", "Cindy"),
		is(enterpriseURN+"/department", "UVEWCZNASFQS"), is(enterpriseURN+"/costCenter", "ASHTVSKANCGL"),
		count("roles", 1), is("roles/0/display", "HVXKNWUERTGS"), is("roles/0/value", "WDEIISGWWQBE"), is("roles/0/primary", true))
}

// validatorAdded: all 36 operations are visible, in elements that they created.
func validatorAdded() []check {
	return must(
		is("active", true), is("displayName", "DKVFTNPKNCHX"), is("title", "WFIGPTSFNOVZ"), is("preferredLanguage", "ta"),
		count("emails", 1), is("emails/type=work/value", "kaylie@osinski.com"), is("emails/type=work/primary", true),
		is("name/givenName", "Cedrick"), is("name/familyName", "Rosella"), is("name/formatted", "Ethan"),
		is("name/middleName", "Garry"), is("name/honorificPrefix", "Madalyn"), is("name/honorificSuffix", "Alison"),
		count("addresses", 1), is("addresses/type=work/formatted", "KPZQKBJQXKNM"), is("addresses/type=work/streetAddress", "54893 Walsh Unions"),
		is("addresses/type=work/locality", "LZNTRMGWVTRC"), is("addresses/type=work/region", "PVYXFMOXEBQK"),
		is("addresses/type=work/postalCode", "ol50 1uy"), is("addresses/type=work/primary", true), is("addresses/type=work/country", "Uzbekistan"),
		count("phoneNumbers", 3), is("phoneNumbers/type=work/value", "75-870-5512"), is("phoneNumbers/type=work/primary", true),
		is("phoneNumbers/type=mobile/value", "75-870-5513"), is("phoneNumbers/type=fax/value", "75-870-5514"),
		is(enterpriseURN+"/employeeNumber", "ZCQNJDRIWTUO"), is(enterpriseURN+"/department", "HLRXBAGOYNTD"),
		is(enterpriseURN+"/costCenter", "SEQYFPHNNWZM"), is(enterpriseURN+"/organization", "VQDGLNTOKXKF"), is(enterpriseURN+"/division", "IDYCGWPXCQRL"),
		count("roles", 1), is("roles/0/primary", true), is("roles/0/display", "BZTVMRDAXLYE"), is("roles/0/value", "OYUHMHKTBSIP"), is("roles/0/type", "FWNKPRWVGJDA"),
		is("userType", "TJNQXUOQEBZS"), is("nickName", "RMPSKFVEXLAI"), is("locale", "KWYDHCNTUJGB"),
		is("timezone", "Africa/Ouagadougou"), is("profileUrl", "XAGVIYZSTLQO"))
}

// validatorManagers are V10 to V12, in every shape that a manager has been seen in, and
// V13.
func validatorManagers() []step {
	set := func(id, name, traps, body, want string, first ...request) step {
		return step{
			id: id, name: name, traps: traps, with: validatorName(id), before: first,
			request: request{send: "PATCH " + userPath, body: body, want: on(200), checks: must(ifBody(manager(want)))},
			after:   reads(userPath, manager(want), schema(enterpriseURN)),
		}
	}
	unset := func(id, name, traps, body string) step {
		return step{
			id: id, name: name, traps: traps, with: validatorName(id), before: first(newUser("user.json")),
			request: request{send: "PATCH " + userPath, body: body, want: on(200), checks: must(ifBody(noManager()))},
			after:   reads(userPath, noManager(), is(enterpriseURN+"/department", "ZYWTBPDFHIIP")),
		}
	}
	bare, full := newUser("user-bare.json"), newUser("user.json")
	return []step{
		set("V10", "add a manager", "", "manager-add.json", "AXTKDLNRKMKT", bare),
		set("V10a", "add a manager, raw string", "T-089", "manager-add-string.json", "AXTKDLNRKMKT", bare),
		set("V10b", "add a manager, tutorial's array", "T-072 T-089", "manager-add-tutorial.json", "{{user_id}}", bare),
		set("V11", "replace a manager", "", "manager-replace.json", "LQMVWBTEZPHC", full),
		set("V11a", "replace a manager, raw string", "T-089", "manager-replace-string.json", "LQMVWBTEZPHC", full),
		set("V11b", "replace a manager, dot after the URN", "T-090", "manager-replace-dot.json", "LQMVWBTEZPHC", full),
		unset("V12", "remove a manager", "T-083", "manager-remove.json"),
		unset("V12a", "remove a manager, empty value", "T-083", "manager-remove-object.json"),
		unset("V12b", "remove a manager, empty string", "T-083", "manager-remove-string.json"),
		{
			id: "V13", name: "delete a user", with: validatorName("v13"), before: first(full),
			request: request{send: "DELETE " + userPath, want: on(204)}, after: gone(userPath),
		},
	}
}
