package scimtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// editList changes the answer to a list.
func editList(endpoint string, change func(doc map[string]any)) fault {
	return fault{answer: func(r *http.Request, a *spoiled) {
		if r.Method == http.MethodGet && strings.TrimSuffix(r.URL.Path, "/") == endpoint {
			edit(a, change)
		}
	}}
}

// without drops a member of the answer to GET.
func without(path, name string) fault {
	return fault{answer: func(r *http.Request, a *spoiled) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, path) {
			edit(a, func(doc map[string]any) { delete(doc, name) })
		}
	}}
}

// onlyClaimed: a delete is answered and not done.
func onlyClaimed(method string) fault {
	return fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
		if r.Method != method {
			return false
		}
		w.WriteHeader(http.StatusNoContent)
		return true
	}}
}

// emptyWhenAny: a server that thinks that nobody is interested in empty lists.
func emptyWhenAny(a *spoiled) {
	edit(a, func(doc map[string]any) {
		if members, isArray := doc["members"].([]any); isArray && len(members) == 0 {
			delete(doc, "members")
		}
	})
}

var (
	inactiveHidden = fault{answer: func(r *http.Request, a *spoiled) {
		if r.URL.RawQuery != "" && strings.Contains(a.body, `"active":false`) {
			a.body = `{"schemas":["` + listURN + `"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
		}
	}}
	conflictWithoutType = replaceIn("POST", `"scimType":"uniqueness",`, "")
	membersOptional     = fault{answer: func(_ *http.Request, a *spoiled) { emptyWhenAny(a) }}
	removeEmpties       = rewrite("PATCH", "/Groups", func(_ *http.Request, body string) string {
		return operations(body, func(op map[string]any) {
			if strings.EqualFold(op["op"].(string), "remove") {
				delete(op, "value")
			}
		})
	})
)

func TestScenarios_FindFaults_OneLoginJumpCloudPing(t *testing.T) {
	t.Parallel()
	findFaults(t, []faulty{
		{"T-009 the configuration has no sort", without("/ServiceProviderConfig", "sort"), "onelogin", "1", "sort.supported is null"},
		{"T-036 blanks are refused", claim(400, "POST", "/Users", `"title": ""`), "onelogin", "3", "status 400, want 201"},
		{"T-036 blanks become values", rewrite("POST", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"department": ""`, `"department": "none"`, 1)
		}), "onelogin", "3", "department is \"none\", want none"},
		{"T-039 misspelt attributes are refused", claim(400, "POST", "/Users", "prefferedLanguage"), "onelogin", "3a", "status 400"},
		{"T-100 suspension is only claimed", claim(204, "PATCH", "/Users", `"active","value":false`), "onelogin", "5", "active is true, want false"},
		{"T-100 the suspended are hidden", inactiveHidden, "onelogin", "5a", "totalResults is 0, want 1"},
		{"deletion is only claimed", onlyClaimed("DELETE"), "onelogin", "9", "status 200, want 404"},

		{"an empty list has no Resources", editList("/Users", func(doc map[string]any) {
			if len(asList(doc["Resources"])) == 0 {
				delete(doc, "Resources")
			}
		}), "jumpcloud", "1", "Resources is null, want an array"},
		{"T-103 a deleted name stays taken", claimSecondTime("POST", "/Users", "jumpcloud.test"), "jumpcloud", "2b", "status 400, want 201"},
		{"T-103 a deleted group's name stays taken", claimSecondTime("POST", "/Groups", "jumpcloud.test"), "jumpcloud", "2c", "status 400, want 201"},
		{"T-097 the second operation is forgotten", rewrite("PATCH", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"path":"displayName"`, `"path":"nickName"`, 1)
		}), "jumpcloud", "5", `displayName is "Jane Doe"`},
		{"T-077 remove by value empties the group", removeEmpties, "jumpcloud", "11", "members lacks"},
		{"T-121 the absent member is an error", claimSecondTime("PATCH", "/Groups", `"op":"remove"`), "jumpcloud", "11a", "status 400"},

		{"T-066 the total is too high", editList("/Groups", func(doc map[string]any) { doc["totalResults"] = 3 }), "ping", "6", "the page is empty, and 3 of 3"},
		{"T-067 the new group is not listed", editList("/Groups", func(doc map[string]any) {
			doc["totalResults"], doc["Resources"] = 0, []any{}
		}), "ping", "8", "is on no page"},
		{"PUT clears what it does not mention", rewrite("PUT", "/Users", func(_ *http.Request, body string) string {
			if strings.Contains(body, "externalId") {
				return body
			}
			return strings.Replace(body, "{", `{"externalId":null,`, 1)
		}), "ping", "4a", "externalId is missing"},
		{"PUT does not disable", rewrite("PUT", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"active":false`, `"active":true`, 1)
		}), "ping", "12", "active is true, want false"},
		{"PUT of a group loses a member", rewrite("PUT", "/Groups", func(_ *http.Request, body string) string {
			return body[:strings.LastIndex(body, ",{")] + "]}"
		}), "ping", "11", "members lacks"},
	})
}

func TestScenarios_FindFaults_KeycloakAuthentik(t *testing.T) {
	t.Parallel()
	unsorted := editList("/Users", func(map[string]any) {}) // members come back in the order of the alphabet
	findFaults(t, []faulty{
		{"T-025 false as text is true", rewrite("PATCH", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"false"`, `true`, 1)
		}), "keycloak", "4", "active is true, want false"},
		{"T-038 a type is made up", replaceIn("GET", `"emails":[{`, `"emails":[{"type":"work",`), "keycloak", "1", "emails/0/type is"},
		{"T-077 null removes nobody", claim(204, "PATCH", "/Groups", `"value":null`), "keycloak", "10", "members has 2 elements, want 0"},
		{"T-092 a relative reference is refused", claim(400, "POST", "/Groups", `"Users/`), "keycloak", "8", "status 400"},
		{"T-108 409 without a type", conflictWithoutType, "keycloak", "2", "scimType is missing"},

		{"T-010 discovery refuses", claim(401, "GET", "/ServiceProviderConfig"), "keycloak-outbound", "1", "status 401"},
		{"T-070 id stands behind nested objects", unsorted, "keycloak-outbound", "4", "it must stand before nested objects"},
		{"T-076 the primary e-mail stays", claim(204, "PATCH", "/Users", "emails[primary"), "keycloak-outbound", "5", `name/givenName is "Jane"`},
		{"T-100 the inactive are hidden", inactiveHidden, "keycloak-outbound", "8", "totalResults is 0, want 1"},
		{"T-104 deletion is only claimed", onlyClaimed("DELETE"), "keycloak-outbound", "9", "status 200, want 404"},

		{"T-009 no schemes in the configuration", without("/ServiceProviderConfig", "authenticationSchemes"), "authentik", "1", "authenticationSchemes is null"},
		{"T-111 409 without a type", conflictWithoutType, "authentik", "3", "scimType is missing"},
		{"T-111 the look-up after 409 finds nobody", dropFilter(`userName eq`), "authentik", "3a", "totalResults is 0"},
		{"T-128 the answer lacks a value", replaceIn("POST", `"displayName":"Jane Doe",`, ""), "authentik", "2", "displayName is null"},
		{"an empty group has no members", membersOptional, "authentik", "7", "members is null, want an array"},
		{"T-079 the whole group without members clears them", rewrite("PATCH", "/Groups", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"op":"replace","value":{`, `"op":"replace","value":{"members":[],`, 1)
		}), "authentik", "9", "members lacks"},
		{"T-077 remove by value empties the group", removeEmpties, "authentik", "10", "members lacks"},
		{"T-127 PUT with no members keeps them", rewrite("PUT", "/Groups", func(_ *http.Request, body string) string {
			return strings.Replace(body, `,"members":[]`, "", 1)
		}), "authentik", "12a", "members has 2 elements, want 0"},
	})
}

// dropFilter makes a filter find nobody.
func dropFilter(text string) fault {
	return rewrite("GET", "/", func(r *http.Request, body string) string {
		if q := r.URL.Query(); strings.Contains(q.Get("filter"), text) {
			r.URL.RawQuery = "filter=userName+eq+%22nobody%22"
		}
		return body
	})
}

func TestScenarios_FindFaults_Microsoft(t *testing.T) {
	t.Parallel()
	var removals, lists atomic.Int32
	findFaults(t, []faulty{
		{"T-015 capitals are refused when the flag is set", claimIfCapital(), "entra-pod", "5", "status 400"},
		{"T-129 the new user is not found at once", dropFilter("userName eq"), "entra-pod", "3", "totalResults is 0, want 1"},
		{"T-132 id is no filter", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if !strings.HasPrefix(r.URL.Query().Get("filter"), "id eq") {
				return false
			}
			w.WriteHeader(http.StatusBadRequest)
			return true
		}}, "entra-pod", "3a", "status 400"},
		{"T-102 disabling ends the membership", fault{answer: func(r *http.Request, a *spoiled) {
			if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/Groups/") {
				edit(a, func(doc map[string]any) { doc["members"] = []any{} })
			}
		}}, "entra-pod", "11", "members lacks"},

		{"T-096 a concurrent removal is lost", fault{request: func(w http.ResponseWriter, r *http.Request, body *string) bool {
			if r.Method != http.MethodPatch || !strings.Contains(*body, `"Remove"`) || removals.Add(1) != 4 {
				return false
			}
			w.WriteHeader(http.StatusNoContent)
			return true
		}}, "entra-parallel", "5", "members has 11 elements, want 10"},
		{"T-096 a concurrent change of an attribute is lost", claim(204, "PATCH", "/Users", `"nickName"`), "entra-parallel", "6", "nickName is missing"},

		{"update is only claimed", claim(204, "PATCH", "/Users", `"Pvlo"`), "ms-logicapp", "2", "Resources/0/displayName is missing"},
		{"T-100 restoring is only claimed", claim(204, "PATCH", "/Users", `"True"`), "ms-logicapp", "6", "active is false, want true"},
		{"T-141 the list leaves members out", editList("/Groups", func(doc map[string]any) {
			for _, res := range asList(doc["Resources"]) {
				delete(res.(map[string]any), "members")
			}
		}), "ms-logicapp", "11", "Resources/0/members/0/value is missing"},
		{"the schema lacks an attribute", replaceIn("GET", `"name":"department"`, `"name":"dept"`), "ms-logicapp", "15", "the schemas lack " + enterpriseURN + ":department"},
		{"the schema lacks a canonical value", replaceIn("GET", `"fax"`, `"facsimile"`), "ms-logicapp", "15", `the schemas lack phoneNumbers[type eq "fax"].value`},
		{`T-142 "" is refused`, claim(400, "PATCH", "/Users", `"value": ""`), "ms-logicapp", "16", "status 400"},
		{"T-142 null is ignored", claim(204, "PATCH", "/Users", `"value": null`), "ms-logicapp", "16a", "want none"},
		{"T-065 startIndex is always 1", replaceIn("GET", `"startIndex":6`, `"startIndex":1`), "ms-logicapp", "21", "startIndex is 1, want 6"},
		{"T-020 twenty-five at once are too many", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if r.URL.RawQuery != "startIndex=1&count=1" || lists.Add(1) <= 20 {
				return false
			}
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}}, "ms-logicapp", "24", "status 429, want 200"},
	})
}

func TestScenarios_FindFaults_Apps(t *testing.T) {
	t.Parallel()
	const undeclared = "`usher simulate %s --schema` prints the schema to declare"
	findFaults(t, []faulty{
		{"accounts are not kept", rewrite("POST", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"accounts"`, `"acounts"`, 1)
		}), "clevertap-app", "2", fmt.Sprintf(undeclared, "clevertap-app")},
		{"T-114 the text of an account is tidied", replaceIn("GET", `{\"accountId\"`, `{ \"accountId\"`), "clevertap-app", "2", "it must come back exactly as sent"},
		{"T-114 broken JSON is a fault of the server", claim(500, "POST", "/Users", "broken."), "clevertap-app", "3", "status 500, want 201 or 400"},
		{"T-114 broken JSON is refused without a word", claim(400, "POST", "/Users", "broken."), "clevertap-app", "3", "schemas is null"},
		{"T-114 broken JSON is dropped", rewrite("POST", "/Users", func(_ *http.Request, body string) string {
			if strings.Contains(body, "broken.") {
				return strings.Replace(body, `"accounts"`, `"acounts"`, 1)
			}
			return body
		}), "clevertap-app", "3", "accounts/0 did not come back"},
		{"a second account is dropped", rewrite("PUT", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `ACC456`, `ACC123`, 1)
		}), "clevertap-app", "4", "accounts is"},
		{"T-106 unassigning is only claimed", claim(204, "PATCH", "/Users", `"active": false`), "clevertap-app", "7", "and Resources/0/active is true, want false"},

		{"the extension is not kept", rewrite("POST", "/Users", dropExtension), "moengage-app", "2", fmt.Sprintf(undeclared, "moengage-app")},
		{"T-031 an extension that is not listed is not read", rewrite("POST", "/Users", func(r *http.Request, body string) string {
			if strings.Count(body, moengageURN) == 1 {
				return dropExtension(r, body)
			}
			return body
		}), "moengage-app", "6", "did not come back"},
		{"T-031 the answer does not list the extension", replaceIn("POST", `,"`+moengageURN+`"]`, `]`), "moengage-app", "2", "schemas is"},
		{"T-112 the unknown role is a fault of the server", claim(500, "POST", "/Users", "No Such Role"), "moengage-app", "3", "status 500"},
		{"T-112 the core roles win", replaceIn("POST", `{"role":"Analyst"}`, `{"role":"Marketer"}`), "moengage-app", "5", "role is \"Marketer\""},
		{"T-035 an empty role is refused", claim(400, "POST", "/Users", `{"role": ""}`), "moengage-app", "4a", "status 400"},
		{"the role's path is not understood", claim(204, "PATCH", "/Users", `:role","value":"Analyst"`), "moengage-app", "8", "role is \"Marketer\""},
		{"T-140 names in paths are compared by case", claim(400, "PATCH", "/Users", ":Role"), "moengage-app", "8a", "status 400"},
		{"T-106 revoking is only claimed", claim(204, "PATCH", "/Users", `"value":"False"`), "moengage-app", "9", "active is true"},
		{"T-083 a role is never cleared", claim(204, "PATCH", "/Users", `"value":""`), "moengage-app", "11", "want none"},
	})
}

// dropExtension takes the app's extension out of a body.
func dropExtension(_ *http.Request, body string) string {
	var doc map[string]any
	if json.Unmarshal([]byte(body), &doc) != nil {
		return body
	}
	delete(doc, moengageURN)
	out, _ := json.Marshal(doc)
	return string(out)
}

func TestScenarios_FindFaults_Misbehaving(t *testing.T) {
	t.Parallel()
	noIfMatch := func(method string, status int) fault {
		return fault{
			request: func(_ http.ResponseWriter, r *http.Request, _ *string) bool {
				if r.Method == method && r.Header.Get("If-Match") != "" {
					r.Header.Del("If-Match")
					r.Header.Set("X-Stale", "yes")
				}
				return false
			},
			answer: func(r *http.Request, a *spoiled) {
				if status != 0 && r.Header.Get("X-Stale") != "" {
					a.status, a.body = status, `{"schemas":["`+errorURN+`"],"status":"412","detail":"stale"}`
				}
			},
		}
	}
	const mode = "misbehaving-"
	findFaults(t, []faulty{
		{"a duplicate is accepted", fault{answer: func(_ *http.Request, a *spoiled) {
			if a.status == 409 {
				a.status = 201
			}
		}}, mode + "duplicate-post", "D2", "status 201, want 409"},
		{"T-108 409 without a type", conflictWithoutType, mode + "duplicate-post", "D2", "scimType is missing"},
		{"the user of the first post is not found", dropFilter("userName eq"), mode + "duplicate-post", "D2", "totalResults is 0, want 1"},
		{"a post after a lost answer is a fault of the server", fault{request: func(w http.ResponseWriter, r *http.Request, body *string) bool {
			if r.Method != http.MethodPost || !strings.Contains(*body, `"lost.`) {
				return false
			}
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}}, mode + "duplicate-post", "D4", "status 500, want 201 or 409"},

		{"a change before the create is claimed", claim(204, "PATCH", "/Users", `"Early"`), mode + "out-of-order", "O1", "status 204, want 404"},
		{"T-121 a removal before the addition is an error", claim(400, "PATCH", "/Groups", `"op":"remove"`), mode + "out-of-order", "O5", "status 400"},
		{"the older change, late, is only claimed", claim(204, "PATCH", "/Users", `"Older"`), mode + "out-of-order", "O9", `displayName is "Newer"`},
		{"T-096 what is stored was never answered", replaceIn("GET", `"displayName":"Name `, `"displayName":"No Name `), mode + "out-of-order", "O10", "which no answer showed"},

		{"If-Match is not read", noIfMatch("PATCH", 0), mode + "stale-etag", "E3", "status 200, want 412"},
		{"If-Match is not read in a PUT", noIfMatch("PUT", 0), mode + "stale-etag", "E4", "status 200, want 412"},
		{"If-Match is not read in a DELETE", noIfMatch("DELETE", 0), mode + "stale-etag", "E5", "status 204, want 412"},
		{"412 after the change was done", noIfMatch("PATCH", 412), mode + "stale-etag", "E3", "title is \"Overwritten\", want none"},

		{`T-023 "False" is true`, rewrite("POST", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"False"`, "true", 1)
		}), mode + "string-booleans", "B1", "active is true, want false"},
		{"T-024 text comes back", replaceIn("POST", `"primary":true`, `"primary":"True"`), mode + "string-booleans", "B1", `primary is "True", want true`},
		{`T-025 "false" is ignored`, claim(204, "PATCH", "/Users", `"false"`), mode + "string-booleans", "B3", "active is true, want false"},
		{`T-123 "maybe" is something`, claim(204, "PATCH", "/Users", `"maybe"`), mode + "string-booleans", "B6", "status 204, want 400"},

		{"a slow user is only claimed", claim(201, "POST", "/Users"), mode + "slow-body", "S1", "totalResults is 0, want 1"},

		// The harness itself does not look whether a body has ended too early.
		{"what has arrived is taken for the whole", carryOn(fault{}), mode + "disconnect", "X4", "totalResults is 1, want 0"},
		{"half a body is completed", carryOn(rewrite("POST", "/Users", func(_ *http.Request, body string) string {
			_, rest, _ := strings.Cut(body, `"userName": "`)
			name, _, _ := strings.Cut(rest, `"`)
			return `{"schemas":["` + userURN + `"],"userName":"` + name + `"}`
		})), mode + "disconnect", "X3", "totalResults is 1, want 0"},
		{"half a change is completed", carryOn(rewrite("PATCH", "/Users", func(*http.Request, string) string {
			return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"Overwritten"}]}`
		})), mode + "disconnect", "X5", "title is \"Overwritten\", want none"},
	})
}

// carryOn: the server does not notice that its client is gone.
func carryOn(f fault) fault {
	spoil := f.request
	f.request = func(w http.ResponseWriter, r *http.Request, body *string) bool {
		*r = *r.WithContext(context.WithoutCancel(r.Context()))
		return spoil != nil && spoil(w, r, body)
	}
	return f
}

// TestMisbehaving_SlowBodyMustNotBlockOthers: a server that serves one request at a time.
func TestMisbehaving_SlowBodyMustNotBlockOthers(t *testing.T) {
	t.Parallel()
	honest, one := newHandler(t, "generic"), make(chan struct{}, 1)
	url := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one <- struct{}{}
		defer func() { <-one }()
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		honest.ServeHTTP(w, r)
	}))
	faulty{"", fault{}, "misbehaving-slow-body", "S1", "others wait"}.mustBeFound(t, url)
}
