package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// mutant is an honest server with one fault, and the rule that must be missed: that one and no other.
type mutant struct {
	name  string
	rule  string
	fault fault
}

// TestMutants plants one fault at a time: a check that never fails proves nothing, and one that fails for the fault of
// another sends people to the wrong place.
func TestMutants(t *testing.T) {
	t.Parallel()
	all := slices.Concat(headerMutants, errorMutants, resourceMutants, filterMutants, listMutants, putMutants, patchMutants, otherMutants)
	if len(all) < 40 {
		t.Fatalf("%d mutants", len(all))
	}
	for _, m := range all {
		t.Run(m.rule+" "+m.name, func(t *testing.T) {
			t.Parallel()
			c := newServer(t, "rfc", m.fault)
			report, err := Run(t.Context(), c, Options{Second: secondOf(c), tick: 3 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if report.Stopped != "" {
				t.Fatalf("stopped: %s", report.Stopped)
			}
			found := false
			for _, r := range report.Missed() {
				if r.ID == m.rule {
					found = true
				} else {
					t.Errorf("missed too: %s: expected %s, got %s\n%s", r.ID, r.Expected, r.Got, lastExchange(r))
				}
			}
			if !found {
				t.Errorf("survived: %s is not missed", m.rule)
			}
		})
	}
}

var headerMutants = []mutant{
	{"no ETag header", "R-156", answers(func(v *served) { v.header.Del("Etag") })},
	{"meta.version is not the ETag", "R-031", answers(func(v *served) {
		v.each(func(r object) {
			if meta, ok := r["meta"].(object); ok && meta["version"] != nil {
				meta["version"] = `W/"other"`
			}
		})
	})},
	{"200 instead of 201", "R-045", answers(func(v *served) {
		if v.status == 201 {
			v.status = 200
		}
	})},
	{"no Location of what was created", "R-045", answers(func(v *served) {
		if v.status == 201 {
			v.header.Del("Location")
		}
	})},
	{"application/json", "R-009", answers(func(v *served) { v.header.Set("Content-Type", "application/json") })},
	{"If-Match ignored", "R-158", requests(func(r *http.Request) { r.Header.Del("If-Match") })},
	{"If-Match ignored by PUT alone", "R-107", requests(func(r *http.Request) {
		if r.Method == http.MethodPut {
			r.Header.Del("If-Match")
		}
	})},
	{"never 304", "R-157", requests(func(r *http.Request) { r.Header.Del("If-None-Match") })},
	{"no WWW-Authenticate", "R-003", answers(func(v *served) { v.header.Del("Www-Authenticate") })},
	{"Accept: application/json is 406", "R-008", answers(func(v *served) {
		if v.request.Header.Get("Accept") == "application/json" {
			v.status, v.doc = 406, refusal(406)
		}
	})},
}

var errorMutants = []mutant{
	{"status as a number", "R-161", answers(func(v *served) {
		if v.status >= 400 {
			v.set("status", v.status)
		}
	})},
	{"another status in the body", "R-162", answers(func(v *served) {
		if v.status == 404 {
			v.set("status", "400")
		}
	})},
	{"a scimType of its own", "R-163", answers(func(v *served) {
		if v.doc["scimType"] == "invalidSyntax" {
			v.set("scimType", "badSyntax")
		}
	})},
	{"invalidValue with 404", "R-164", answers(func(v *served) {
		if v.status == 404 {
			v.set("scimType", "invalidValue")
		}
	})},
	{"409 without uniqueness", "R-047", answers(func(v *served) {
		if v.status == 409 {
			delete(v.doc, "scimType")
		}
	})},
	{"400 for what is not there", "R-052", answers(func(v *served) {
		if v.status == 404 && v.request.Method == http.MethodGet && strings.HasPrefix(v.request.URL.Path, "/Users/usher-check") {
			v.status, v.doc = 400, refusal(400)
		}
	})},
	{"a filter on discovery ignored", "R-168", requests(func(r *http.Request) {
		if r.URL.Path == "/Schemas" {
			r.URL.RawQuery = ""
		}
	})},
	{"discovery can be changed", "R-174", answers(func(v *served) {
		if v.request.URL.Path == "/Schemas" && v.request.Method == http.MethodPost {
			v.status, v.doc = 200, object{}
		}
	})},
	{"no schema by id", "R-166", answers(func(v *served) {
		if strings.HasPrefix(v.request.URL.Path, "/Schemas/") {
			v.status, v.doc = 404, refusal(404)
		}
	})},
	{"a feature left out of the configuration", "R-169", answers(func(v *served) { delete(v.doc, "changePassword") })},
	{"a schema that is announced and not there", "R-173", answers(func(v *served) {
		if v.request.URL.Path == "/ResourceTypes" && v.status == 200 {
			v.at("Resources/0").(object)["schemaExtensions"] = array{object{"schema": "urn:example:Missing", "required": false}}
		}
	})},
}

var resourceMutants = []mutant{
	{"a password in the answer", "R-035", answers(func(v *served) {
		if v.isUser() && v.sent["password"] != nil {
			v.set("password", v.sent["password"])
		}
	})},
	{"the same type and value twice", "R-021", answers(func(v *served) {
		name, _ := v.at("userName").(string)
		if list, ok := v.at("emails").(array); ok && v.isUser() && strings.Contains(name, "twins") {
			v.set("emails", append(list, list[0]))
		}
	})},
	{"id taken from the client", "R-026", answers(func(v *served) {
		if id := v.sent["id"]; id != nil && v.status == 201 {
			v.set("id", id)
		}
	})},
	{"groups taken from the client", "R-043", answers(func(v *served) {
		if v.status == 201 && v.sent["groups"] != nil {
			v.set("groups", v.sent["groups"])
		}
	})},
	{"meta taken from the client", "R-028", metaFromClient()},
	{"externalId invented", "R-027", answers(func(v *served) {
		if v.isUser() && v.request.URL.RawQuery == "" && v.doc["externalId"] == nil {
			v.set("externalId", "made-up")
		}
	})},
	{"externalId in lower case", "R-014", answers(func(v *served) {
		v.each(func(r object) {
			if external, ok := r["externalId"].(string); ok {
				r["externalId"] = strings.ToLower(external)
			}
		})
	})},
	{"lastModified later than created", "R-029", answers(func(v *served) {
		v.each(func(r object) {
			if meta, ok := r["meta"].(object); ok && meta["lastModified"] != nil {
				meta["lastModified"] = "2099-01-01T00:00:00Z"
			}
		})
	})},
	{"meta.location of something else", "R-030", answers(func(v *served) {
		if meta, ok := v.doc["meta"].(object); ok && v.isUser() {
			meta["location"] = meta["location"].(string) + "x"
		}
	})},
	{"a query in meta.location", "R-001", answers(func(v *served) {
		if v.isList() {
			v.each(func(r object) {
				if meta, ok := r["meta"].(object); ok && meta["location"] != nil {
					meta["location"] = meta["location"].(string) + "?version=2"
				}
			})
		}
	})},
	{"a time without a date", "R-016", answers(func(v *served) {
		if meta, ok := v.doc["meta"].(object); ok && v.isUser() {
			meta["lastModified"] = time.Now().Format(time.Kitchen)
		}
	})},
	{"numbers with a fraction", "R-015", answers(func(v *served) {
		if v.isList() && v.doc["startIndex"] != nil {
			v.set("startIndex", number(1)+".0")
		}
	})},
	{"booleans as strings", "R-042", answers(func(v *served) {
		if v.isUser() && v.doc["active"] != nil && v.request.Method == http.MethodGet && len(v.doc) < 7 {
			v.set("active", "True")
		}
	})},
	{"four-byte characters lost", "R-006", bodies(http.MethodPost, func(_ *http.Request, body object) {
		if title, ok := body["title"].(string); ok {
			body["title"] = strings.ReplaceAll(title, "😀", "?")
		}
	})},
	{"names of attributes by case", "R-013", bodies(http.MethodPost, func(_ *http.Request, body object) { delete(body, "TITLE") })},
	{"a $ref to nowhere", "R-018", answers(func(v *served) {
		for _, m := range listOf(v.doc["members"]) {
			m.(object)["$ref"] = "https://example.com/Members/1"
		}
	})},
	{"extension attributes flattened", "R-032", answers(func(v *served) {
		if v.isUser() && v.doc[enterpriseURN] != nil && v.request.Method == http.MethodGet {
			delete(v.doc, enterpriseURN)
			v.set("department", "Placed")
		}
	})},
	{"a foreign URN in schemas", "R-024", answers(func(v *served) {
		if v.isUser() {
			v.set("schemas", append(listOf(v.doc["schemas"]), "urn:example:Foreign"))
		}
	})},
	{"userName unique by case", "R-034", upperCaseIsAnother()},
	{"a missing userName made up", "R-048", bodies(http.MethodPost, func(r *http.Request, body object) {
		if r.URL.Path == "/Users" && body["userName"] == nil && body["USERNAME"] == nil && body["emails"] != nil {
			body["userName"] = "made-up-" + randomName()
		}
	})},
	{"two primaries kept", "R-020", answers(func(v *served) {
		if v.status == 400 && v.request.Method == http.MethodPost && primaries(v.sent["emails"]) > 1 {
			v.status, v.doc = 201, object{"schemas": array{userURN}, "id": "two-primaries", "userName": v.sent["userName"], "emails": v.sent["emails"]}
		}
		if v.status == 404 && strings.HasSuffix(v.request.URL.Path, "/two-primaries") {
			v.status, v.doc = 200, object{"schemas": array{userURN}, "id": "two-primaries", "userName": "x", "emails": array{object{"value": "a", "primary": true}, object{"value": "b", "primary": true}}}
		}
	})},
	{"a group that is gone is shown at its members", "R-037", goneGroupIsShown()},
	{"no schemas in lists", "R-059", answers(func(v *served) {
		if v.isList() && strings.HasPrefix(v.request.URL.Path, "/Users") {
			v.each(func(r object) { delete(r, "schemas") })
		}
	})},
	{"meta.resourceType of another type", "R-049", answers(func(v *served) {
		if meta, ok := v.doc["meta"].(object); ok && v.status == 201 {
			meta["resourceType"] = "Person"
		}
	})},
	{"group without a name made", "R-040", bodies(http.MethodPost, func(r *http.Request, body object) {
		if r.URL.Path == "/Groups" && body["displayName"] == nil {
			body["displayName"] = "made-up-" + randomName()
		}
	})},
}

// goneGroupIsShown keeps showing whatever groups a user once had.
func goneGroupIsShown() fault {
	m := newMemory()
	return answers(func(v *served) {
		id, _ := v.doc["id"].(string)
		if !v.isUser() || v.request.Method != http.MethodGet {
			return
		}
		if v.doc["groups"] != nil {
			m.put(id, v.doc["groups"])
		} else if groups := m.get(id); groups != nil {
			v.set("groups", groups)
		}
	})
}

func listOf(v any) array {
	list, _ := v.(array)
	return list
}

// metaFromClient keeps the time of creation that a client sent.
func metaFromClient() fault {
	m := newMemory()
	return answers(func(v *served) {
		id, _ := v.doc["id"].(string)
		if created := at(v.sent, "meta/created"); created != nil && v.status == 201 {
			m.put(id, created)
		}
		if created := m.get(id); created != nil && v.isUser() {
			v.doc["meta"].(object)["created"] = created
		}
	})
}

// upperCaseIsAnother lets a userName in capitals stand beside the same one in small letters.
func upperCaseIsAnother() fault {
	return bodies(http.MethodPost, func(_ *http.Request, body object) {
		if name, ok := body["userName"].(string); ok && strings.HasPrefix(name, "CHECK") {
			body["userName"] = name + "~"
		}
	})
}
