package scimtest

import "testing"

func TestScenarios_FindFaults_AppsOfPeople(t *testing.T) {
	t.Parallel()
	findFaults(t, []faulty{
		{"the city is not kept", replaceIn("POST", `"locality":"Bern"`, `"locality":"Berne"`), "engagedly-app", "2", "addresses lacks"},
		{"T-089 the manager is only claimed", claim(204, "PATCH", "/Users", `"path":"manager"`, "$ref"), "engagedly-app", "4", "manager"},
		{"T-074 a change of city is only claimed", claim(204, "PATCH", "/Users", "locality"), "engagedly-app", "5", "title is"},
		{"T-110 a new userName is only claimed", claim(204, "PATCH", "/Users", `"userName"`), "engagedly-app", "7", "userName is"},
		{"T-110 a new userName is refused", claim(400, "PATCH", "/Users", `"userName"`), "engagedly-app", "7", "status 400"},
		{"T-083 the manager never goes", claim(204, "PATCH", "/Users", `"value":""`), "engagedly-app", "9", "want none"},
		{"T-101 unassigning is only claimed", claim(204, "PATCH", "/Users", `"value":"False"`), "engagedly-app", "10", "active is true"},

		{"T-138 the text of the accounts is tidied", replaceIn("GET", `[{\"accountId\"`, `[ {\"accountId\"`), "clevertap-entra-app", "2", "it must come back exactly as sent"},
		{"T-114 a second account is only claimed", claim(204, "PATCH", "/Users", "ACC456"), "clevertap-entra-app", "3", "accounts is"},
		{"T-114 broken JSON is a fault of the server", claim(500, "POST", "/Users", "badly."), "clevertap-entra-app", "6", "status 500"},
		{"T-101 unassigning is only claimed", claim(204, "PATCH", "/Users", `"value":"False"`), "clevertap-entra-app", "8", "active is true"},

		{"a role has no name", replaceIn("GET", `"displayName":"Admin"`, `"displayName":""`), "okta-ent", "3", "want both"},
		{"two roles have one id", replaceIn("GET", `"id":"r-2"`, `"id":"Admin"`), "okta-ent", "3", "two have the id"},
		{"an entitlement is of another type", replaceIn("GET", `"type":"Team"`, `"type":"Group"`), "okta-ent", "4", "want the name of the resource type"},
		{"the role is not kept", replaceIn("POST", `"roles":`, `"rolls":`), "okta-ent", "5", "roles/0/value is missing"},
		{"another role is only claimed", claim(200, "PUT", "/Users", "r-2"), "okta-ent", "6", "without a JSON object"},

		{"the password comes back", replaceIn("POST", `"displayName"`, `"password":"q7Vd1rXw","displayName"`), "mendix-app", "2", "want it left out"},
		{"the principal is not kept", replaceIn("PUT", `"externalId":"`, `"externalId":"x`), "mendix-app", "3", "externalId is"},
		{"T-115 a group is a fault of the server", claim(500, "GET", "/Groups"), "mendix-app", "12", "status 500"},
		{"T-115 no groups, in no form", claim(404, "GET", "/Groups"), "mendix-app", "12", "schemas is null"},
		{"deleting is only claimed", claim(204, "DELETE", "/Users"), "mendix-app", "13", "status 200, want 404"},
		{"T-103 who was deleted cannot come back", claimSecondTime("POST", "/Users", "Erin Moss"), "mendix-app", "16", "status"},
	})
}
