package scimtest

import (
	"cmp"
	"fmt"
	"slices"
)

// oktaENT is Okta's identity governance: it reads which roles and entitlements there are, lets an admin choose, and
// writes the choice into the user.
func oktaENT() Scenario {
	return Scenario{
		Name: "okta-ent", Code: "S-OKTA-ENT", Title: "Okta, roles and entitlements", Profile: "okta",
		About: "What can be granted is read from resource types of Okta's own schemas, and users carry a choice of it. A server " +
			"without such types is asked for nothing more.",
		header: oktaHeader, bodies: []string{"okta-ent", "okta"}, always: must(whole()), purge: true, steps: oktaGovernance,
	}
}

const (
	oktaRoleURN        = "urn:okta:scim:schemas:core:1.0:Role"
	oktaEntitlementURN = "urn:okta:scim:schemas:core:1.0:Entitlement"
)

func oktaGovernance() []step {
	page := "?startIndex=1&count=100"
	carries := func(id, name string) []check {
		return must(is("id", "{{user_id}}"), count("roles", 1), is("roles/0/value", id), is("roles/0/display", name))
	}
	return []step{
		{id: "1", name: "read the resource types", traps: "T-012 T-013", request: request{
			send: "GET /ResourceTypes", want: on(200), checks: must(list(), offers("roles", oktaRoleURN), offers("entitlements", oktaEntitlementURN)),
		}},
		{id: "2", name: "read the schemas", traps: "T-013", request: request{send: "GET /Schemas", want: on(200), checks: must(list())}},
		{id: "3", name: "read the roles", needs: "roles", request: request{
			send: "GET /{{roles}}" + page, want: on(200), checks: must(list(), atMost(100), grantable("role", oktaRoleURN)),
		}},
		{id: "4", name: "read the entitlements", needs: "entitlements", request: request{
			send: "GET /{{entitlements}}" + page, want: on(200), checks: must(list(), atMost(100), grantable("entitlement", oktaEntitlementURN)),
		}},
		{
			id: "5", name: "create a user with a role", needs: "roles", with: somebody("gwen", "example.com"),
			request: request{send: "POST /Users", body: "user.json", want: on(201), checks: created(is("roles/0/value", "{{role_id}}"))},
			after:   reads(userPath, carries("{{role_id}}", "{{role_name}}")...),
		},
		{
			id: "6", name: "give another role", needs: "roles",
			request: request{send: "PUT " + userPath, body: "user-put.json", want: on(200), checks: carries("{{last_role_id}}", "{{last_role_name}}")},
			after:   reads(userPath, carries("{{last_role_id}}", "{{last_role_name}}")...),
		},
		func() step {
			unassign := switches("7", "unassign", "T-105", "deactivate.json", false)
			unassign.needs = "roles"
			return unassign
		}(),
	}
}

// offers notes the endpoint of the resource type of that schema, when there is one.
func offers(what, urn string) check {
	return check{"", func(a *answer) string {
		for i := range a.resources() {
			at := fmt.Sprintf("Resources/%d/", i)
			if a.text(at+"schema") != urn {
				continue
			}
			endpoint := a.text(at + "endpoint")
			if len(endpoint) < 2 || endpoint[0] != '/' {
				return fmt.Sprintf("the endpoint of %s is %q, want a path such as /Roles", urn, endpoint)
			}
			a.player.vars[what] = endpoint[1:]
			a.player.vars["type of "+urn] = a.text(at + "name")
		}
		return ""
	}}
}

// grantable: each has what Okta shows of it. The first and the last are noted; of an entitlement Okta wants the name of
// its resource type besides.
func grantable(what, urn string) check {
	return check{"id and displayName", func(a *answer) string {
		var ids []string
		for i := range a.resources() {
			at := fmt.Sprintf("Resources/%d/", i)
			id, name := a.text(at+"id"), a.text(at+"displayName")
			v, _ := a.at(at + "schemas")
			schemas, _ := v.([]any)
			switch {
			case id == "" || name == "":
				return fmt.Sprintf("%s has the id %q and the displayName %q, want both", at[:len(at)-1], id, name)
			case slices.Contains(ids, id):
				return fmt.Sprintf("two have the id %q", id)
			case !slices.Contains(schemas, any(urn)):
				return fmt.Sprintf("%s lacks the schema %s", at[:len(at)-1], urn)
			case urn == oktaEntitlementURN && a.text(at+"type") != a.player.vars["type of "+urn]:
				return fmt.Sprintf("%stype is %q, want the name of the resource type, %q", at, a.text(at+"type"), a.player.vars["type of "+urn])
			}
			ids = append(ids, id)
			a.player.vars[what+"_id"] = cmp.Or(a.player.vars[what+"_id"], id)
			a.player.vars[what+"_name"] = cmp.Or(a.player.vars[what+"_name"], name)
			a.player.vars["last_"+what+"_id"], a.player.vars["last_"+what+"_name"] = id, name
		}
		return ""
	}}
}
