package scimtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// OktaSPEC is Okta's published 12-step test of a SCIM server, with every assertion of
// it. Its first step wants a user to exist, so one is made before.
func OktaSPEC() Scenario {
	return Scenario{
		Name: "okta-spec", Code: "S-OKTA-SPEC", Title: "Okta's SPEC test (12 steps)", Profile: "okta",
		About:  "Okta's own published test of a SCIM server, every assertion of it.",
		header: oktaSpecHeader, bodies: []string{"okta-spec"}, purge: true,
		steps: func() []step { return slices.Concat(oktaSpecRead(), oktaSpecCreate(), oktaSpecRefuse()) },
	}
}

// oktaSpecHeader: GET requests name the SCIM media type, POST requests plain JSON
// (T-003, T-004).
func oktaSpecHeader(method string, _ bool) http.Header {
	h := http.Header{"User-Agent": {"OKTA SCIM Integration"}, "Accept-Charset": {"utf-8"}}
	if method == http.MethodGet {
		h.Set("Content-Type", "application/scim+json; charset=utf-8")
		h.Set("Accept", "application/scim+json")
	} else {
		h.Set("Content-Type", "application/json")
		h.Set("Accept", "application/scim+json; charset=utf-8")
	}
	return h
}

const (
	specFind    = `GET /Users?filter=userName%20eq%20%22{{who}}%22`
	specMissing = "010101001010101011001010101011"
)

// specFields are the fields that the first user must have; prefix is where it stands.
func specFields(prefix string) check {
	var paths []string
	for _, name := range []string{"id", "name/familyName", "name/givenName", "userName", "active", "emails/0/value"} {
		paths = append(paths, prefix+name)
	}
	return has(paths...)
}

func specUser(name, given, family string) vars {
	return vars{"user_name": name, "email": name, "given": given, "family": family}
}

func oktaSpecRead() []step {
	return []step{
		{
			id: "O0", name: "a user exists", phase: PhaseSetup, with: specUser("preexisting.{{run}}@example.com", "Preexisting", "User"),
			request: request{send: "POST /Users", body: "user.json", want: on(201)},
		},
		{id: "O1", name: "the first user of the list", traps: "T-003 T-062 T-068", request: request{
			send: "GET /Users?count=1&startIndex=1", want: on(200),
			checks: must(has("Resources"), schema(listURN), numbers("itemsPerPage", "startIndex", "totalResults"),
				is("itemsPerPage", 1), specFields("Resources/0/"), save("listed_id", "Resources/0/id")),
		}},
		{id: "O2", name: "read that user", traps: "T-003", request: request{
			send: "GET /Users/{{listed_id}}", want: on(200), checks: must(specFields(""), is("id", "{{listed_id}}")),
		}},
		{id: "O3", name: "find nobody", traps: "T-002 T-052", with: vars{"who": "abcdefgh.{{run}}@example.com"}, request: request{
			send: specFind, want: on(200), checks: must(schema(listURN), is("totalResults", 0)),
		}},
		{id: "O4", name: "read nobody", request: request{
			send: "GET /Users/" + specMissing, want: on(404), checks: must(has("detail"), schema(errorURN)),
		}},
		{id: "O5", name: "the new e-mail is free", traps: "T-002", with: vars{"who": "runscope300.{{run}}@example.com"}, request: request{
			send: specFind, want: on(200), checks: must(is("totalResults", 0), schema(listURN)),
		}},
	}
}

func oktaSpecCreate() []step {
	user := specUser("Runscope300Hfluaklab{{run}}@example.com", "Runscope300", "Hfluaklab")
	maps.Copy(user, vars{"email": "runscope300.{{run}}@example.com"})
	names := must(is("userName", "{{user_name}}"), is("name/givenName", "{{given}}"), is("name/familyName", "{{family}}"))
	return []step{
		{id: "O6", name: "create a user", traps: "T-004 T-133", with: user, request: request{
			send: "POST /Users", body: "user.json", want: on(201),
			checks: append(must(is("active", true), save("user_id", "id"), schema(userURN)), names...),
		}},
		{id: "O7", name: "read the new user", traps: "T-129", request: request{
			send: "GET /Users/{{user_id}}", want: on(200), checks: names,
		}},
		{id: "O8", name: "create the same user again", request: request{
			send: "POST /Users", body: "user.json", want: on(409),
		}},
		{id: "O9", name: "find it in capitals", traps: "T-057", with: vars{"who": "RUNSCOPE300HFLUAKLAB{{RUN}}@EXAMPLE.COM"}, request: request{
			send: specFind, want: on(200),
		}},
		{id: "O10", name: "list groups", optional: true, request: request{
			send: "GET /Groups", want: on(200), checks: must(faster(600*time.Millisecond), arrayIfAny()),
		}},
	}
}

func oktaSpecRefuse() []step {
	refused := func(status string) []check { return must(has("detail"), is("status", status), schema(errorURN)) }
	return []step{
		{id: "O11", name: "a wrong credential", traps: "T-006", with: vars{"who": "runscope300.{{run}}@example.com"}, request: request{
			send: specFind, header: http.Header{"Authorization": {"non-token"}}, want: on(401), checks: refused("401"),
		}},
		{id: "O12", name: "read nobody else", request: request{
			send: "GET /Users/00919288221112222", want: on(404), checks: refused("404"),
		}},
	}
}

// faster: the answer took less than that.
func faster(limit time.Duration) check {
	return check{fmt.Sprintf("within %v", limit), func(a *answer) string {
		if a.Duration >= limit {
			return fmt.Sprintf("the answer took %v, want less than %v", a.Duration.Round(time.Millisecond), limit)
		}
		return ""
	}}
}

// arrayIfAny: Resources is an array when anything was found.
func arrayIfAny() check {
	return check{"", func(a *answer) string {
		if total, _ := a.number("totalResults"); total < 1 {
			return ""
		}
		if v, isArray := a.doc["Resources"].([]any); !isArray {
			return fmt.Sprintf("Resources is %s, want an array", shown(v))
		}
		return ""
	}}
}
