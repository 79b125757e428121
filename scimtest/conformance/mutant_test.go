package conformance

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
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
				} else if knownMisses[r.ID] == "" {
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

var (
	orThenAnd  = regexp.MustCompile(`^(\S+ eq "[^"]*") or (\S+ eq "[^"]*") and (\S+ eq "[^"]*")$`)
	twoInPath  = regexp.MustCompile(`(\w+)\[([^\]]*?) and ([^\]]*)\]`)
	zone       = regexp.MustCompile(`[+-]\d\d:\d\d"`)
	capitals   = regexp.MustCompile(`userName eq "CHECK`)
	fractions  = regexp.MustCompile(`(\d\d)\.\d+Z`)
	notAnyWord = regexp.MustCompile(`\bnot `)
)

var filterMutants = []mutant{
	{"filter ignored", "R-062", filters(func(string) string { return dropped })},
	{"404 for no match", "R-054", answers(func(v *served) {
		if v.isList() && strings.Contains(v.request.URL.RawQuery, "usher-check-unknown") && len(v.doc["Resources"].(array)) == 0 && v.request.URL.Query().Get("filter") == `userName eq "usher-check-unknown"` {
			v.status, v.doc = 404, refusal(404)
		}
	})},
	{"or binds before and", "R-067", filters(func(f string) string { return orThenAnd.ReplaceAllString(f, "($1 or $2) and $3") })},
	{"not ignored", "R-067", filters(func(f string) string { return notAnyWord.ReplaceAllString(f, "") })},
	{"value path over several elements", "R-069", filters(func(f string) string { return twoInPath.ReplaceAllString(f, "$1[$2] and $1[$3]") })},
	{"times compared as text", "R-077", filters(func(f string) string { return zone.ReplaceAllString(f, `Z"`) })},
	{"a fraction of a second refused", "R-077", filters(func(f string) string { return fractions.ReplaceAllString(f, "$1,Z") })},
	{"userName found by case", "R-072", filters(func(f string) string { return capitals.ReplaceAllString(f, `userName eq "~CHECK`) })},
	{"externalId found in any case", "R-072", externalInAnyCase()},
	{"operators by case", "R-061", filters(func(f string) string { return strings.Replace(f, " EQ ", " xx ", 1) })},
	{"no ge", "R-060", filters(func(f string) string { return strings.Replace(f, " ge ", " xx ", 1) })},
	{"co is eq", "R-064", filters(func(f string) string { return strings.Replace(f, " co ", " eq ", 1) })},
	{"gt is ge", "R-065", filters(func(f string) string { return strings.Replace(f, "title gt ", "title ge ", 1) })},
	{"pr is always true", "R-066", filters(func(f string) string { return strings.Replace(f, "title pr", "id pr", 1) })},
	{"a sub-attribute is another", "R-068", filters(func(f string) string { return strings.Replace(f, "name.familyName", "name.givenName", 1) })},
	{"the second half of a filter lost behind a value path", "R-070", filters(func(f string) string {
		if i := strings.Index(f, "] and "); i > 0 && strings.HasPrefix(f, "emails[") {
			return f[:i+1]
		}
		return f
	})},
	{"escapes not read", "R-071", filters(func(f string) string { return strings.ReplaceAll(f, `\u00e9`, "e") })},
	{"extensions not found", "R-073", filters(func(f string) string { return strings.ReplaceAll(f, `"Check Department"`, `"nobody"`) })},
	{"URNs not known", "R-033", filters(func(f string) string { return strings.ReplaceAll(f, userURN+":", "x") })},
	{"an unknown operator is eq", "R-074", filters(func(f string) string { return strings.Replace(f, " regex ", " eq ", 1) })},
	{"an open parenthesis closed", "R-075", filters(func(f string) string { return strings.Replace(f, `(userName eq "x"`, `userName eq "x"`, 1) })},
	{"a password that can be guessed", "R-078", filters(func(f string) string { return strings.Replace(f, `password sw "Aa1!"`, "id pr", 1) })},
	{"e-mails found by case", "R-039", filters(func(f string) string {
		return strings.Replace(f, `emails.value eq "CHECK`, `emails.value eq "~CHECK`, 1)
	})},
}

// externalInAnyCase finds externalId as if it were not case-exact.
func externalInAnyCase() fault {
	return filters(func(f string) string {
		i := strings.Index(f, `externalId eq "USHER`)
		if i < 0 {
			return f
		}
		return f[:i] + "externalId pr"
	})
}

var listMutants = []mutant{
	{"count ignored", "R-085", parameter("count", func(value string, all url.Values) string {
		if all.Has("cursor") {
			return value
		}
		return dropped
	})},
	{"startIndex from 0", "R-086", parameter("startIndex", func(value string, _ url.Values) string { return string(number(atoi(value) + 1)) })},
	{"totalResults of the page", "R-086", answers(func(v *served) {
		if v.isList() && !v.request.URL.Query().Has("cursor") && v.request.Method == http.MethodGet {
			v.set("totalResults", len(v.doc["Resources"].(array)))
		}
	})},
	{"a negative count is everything", "R-084", parameter("count", func(value string, all url.Values) string {
		if strings.HasPrefix(value, "-") && !all.Has("cursor") {
			return dropped
		}
		return value
	})},
	{"startIndex 0 refused", "R-083", parameter("startIndex", func(value string, _ url.Values) string {
		if value == "0" {
			return "zero"
		}
		return value
	})},
	{"404 beyond the end", "R-088", answers(func(v *served) {
		if v.isList() && v.request.URL.Query().Get("startIndex") == "1000" {
			v.status, v.doc = 404, refusal(404)
		}
	})},
	{"a page in another order", "R-087", parameter("startIndex", func(value string, all url.Values) string {
		if value == "3" {
			return "2"
		}
		return value
	})},
	{"descending ignored", "R-082", parameter("sortOrder", func(string, url.Values) string { return dropped })},
	{"missing values last in descending order", "R-081", answers(func(v *served) {
		if q := v.request.URL.Query(); v.isList() && q.Get("sortBy") == "title" && q.Get("sortOrder") == "descending" {
			list := v.doc["Resources"].(array)
			v.set("Resources", append(slices.Clone(list[1:]), list[0]))
		}
	})},
	{"sorted by the first element", "R-080", parameter("sortBy", func(value string, _ url.Values) string {
		if value == "emails.value" {
			return "userName"
		}
		return value
	})},
	{"attributes ignored", "R-091", parameter("attributes", func(string, url.Values) string { return dropped })},
	{"excludedAttributes takes the id", "R-092", answers(func(v *served) {
		if strings.HasPrefix(v.request.URL.Query().Get("excludedAttributes"), "id") {
			delete(v.doc, "id")
		}
	})},
	{"attributes ignored by POST", "R-089", requests(func(r *http.Request) {
		if r.Method == http.MethodPost {
			r.URL.RawQuery = ""
		}
	})},
	{"sub-attributes in attributes not known", "R-093", parameter("attributes", func(value string, _ url.Values) string {
		return strings.Replace(value, "name.givenName", "name", 1)
	})},
	{"no search by POST", "R-012", answers(func(v *served) {
		if strings.HasSuffix(v.request.URL.Path, "/.search") {
			v.status, v.doc = 501, refusal(501)
		}
	})},
	{"search ignores count", "R-097", bodies(http.MethodPost, func(r *http.Request, body object) {
		if strings.HasSuffix(r.URL.Path, "/.search") && body["cursor"] == nil {
			delete(body, "count")
		}
	})},
	{"a next cursor on the last page", "C-03", answers(func(v *served) {
		if q := v.request.URL.Query(); v.isList() && q.Get("cursor") != "" && v.doc["nextCursor"] == nil {
			v.set("nextCursor", q.Get("cursor"))
		}
	})},
	{"cursors with other characters", "C-01", answers(func(v *served) {
		if cursor, ok := v.doc["nextCursor"].(string); ok {
			v.set("nextCursor", cursor+"==")
		}
	})},
	{"a previous cursor on the first page", "C-04", answers(func(v *served) {
		if v.isList() && v.request.URL.Query().Has("cursor") {
			v.set("previousCursor", "x")
		}
	})},
	{"a forged cursor begins anew", "C-06", parameter("cursor", func(value string, _ url.Values) string {
		if value == "usher-check-forged" {
			return ""
		}
		return value
	})},
	{"a cursor takes another count", "C-05", parameter("count", func(value string, all url.Values) string {
		if all.Get("cursor") != "" {
			return "2"
		}
		return value
	})},
	{"an unknown parameter refused", "R-011", answers(func(v *served) {
		if v.request.URL.Query().Has("usherCheckUnknown") {
			v.status, v.doc = 400, refusal(400)
		}
	})},
}

var putMutants = []mutant{
	{"PUT creates", "R-100", fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := takeBody(r)
			v := serve(next, r)
			if v.status == 404 && r.Method == http.MethodPut {
				r.Method, r.URL.Path = http.MethodPost, "/Users"
				setBody(r, body)
				v = serve(next, r)
			}
			v.write(w)
		})
	}}},
	{"null does not clear", "R-022", nullKeeps()},
	{"PUT keeps elements", "R-101", fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body := takeBody(r); r.Method == http.MethodPut && body["title"] == "second" {
				delete(body, "emails")
				body["emails"] = array{object{"type": "home", "value": "kept@example.com"}}
				setBody(r, body)
			}
			next.ServeHTTP(w, r)
		})
	}}},
	{"PUT without userName accepted", "R-104", answers(func(v *served) {
		if v.request.Method == http.MethodPut && v.sent["emails"] != nil && v.sent["userName"] == nil {
			v.status, v.doc = 200, object{"schemas": array{userURN}, "id": v.sent["id"]}
		}
	})},
	{"PUT refuses read-only attributes", "R-103", answers(func(v *served) {
		if v.request.Method == http.MethodPut && v.sent["groups"] != nil {
			v.status, v.doc = 400, refusal(400)
		}
	})},
	{"PUT answers 204", "R-105", answers(func(v *served) {
		if v.request.Method == http.MethodPut && v.status == 200 && v.request.URL.RawQuery == "" {
			v.status, v.doc = 204, nil
		}
	})},
	{"DELETE answers 200", "R-142", answers(func(v *served) {
		if v.request.Method == http.MethodDelete && v.status == 204 {
			v.status = 200
		}
	})},
	{"DELETE leaves the resource in lists", "R-144", deletedIsListed()},
	{"a deleted user stays in groups", "R-145", deletedIsMember()},
}

// nullKeeps takes the null of a PUT for "as it was".
func nullKeeps() fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body := takeBody(r); r.Method == http.MethodPut {
				get := r.Clone(r.Context())
				get.Method, get.Body = http.MethodGet, http.NoBody
				old := serve(next, get).doc
				for name, v := range body {
					if v == nil {
						body[name] = old[name]
					}
				}
				setBody(r, body)
			}
			next.ServeHTTP(w, r)
		})
	}}
}

// deletedIsListed lists whoever was deleted when asked for by name.
func deletedIsListed() fault {
	m := newMemory()
	return answers(func(v *served) {
		if v.status == 201 {
			m.put(lastSegment(v.header.Get("Location")), v.doc)
		}
		if v.request.Method == http.MethodDelete && v.status == 204 {
			if doc, ok := m.get(lastSegment(v.request.URL.Path)).(object); ok && doc["userName"] != nil {
				m.put("userName eq "+quote(doc["userName"].(string)), doc)
			}
		}
		if doc := m.get(v.request.URL.Query().Get("filter")); doc != nil && v.isList() {
			v.set("Resources", array{doc})
			v.set("totalResults", 1)
		}
	})
}

// deletedIsMember shows the members that a group was made with.
func deletedIsMember() fault {
	m := newMemory()
	return answers(func(v *served) {
		id, _ := v.doc["id"].(string)
		if v.status == 201 && v.request.URL.Path == "/Groups" {
			m.put(id, v.doc["members"])
		}
		if v.request.Method == http.MethodPatch {
			m.put(lastSegment(v.request.URL.Path), nil) // removing works
		}
		if members := m.get(id); members != nil && v.request.Method == http.MethodGet {
			v.set("members", members)
		}
	})
}

// isOp tells operations apart by verb and path.
func isOp(verb, path string) func(o object) bool {
	return func(o object) bool {
		p, _ := o["path"].(string)
		return o["op"] == verb && p == path
	}
}

var patchMutants = []mutant{
	{"not atomic", "R-113", oneByOne()},
	{"remove of one member wipes all", "R-133", operationsOf(func(o object) array {
		if path, ok := o["path"].(string); ok && o["op"] == "remove" && strings.HasPrefix(path, "members[") {
			o["path"] = "members"
		}
		return array{o}
	})},
	{"remove of one element wipes all", "R-130", operationsOf(func(o object) array {
		if path, ok := o["path"].(string); ok && o["op"] == "remove" && strings.HasPrefix(path, "emails[value") {
			o["path"] = "emails"
		}
		return array{o}
	})},
	{"replace of a complex value drops the rest", "R-138", operationsOf(func(o object) array {
		if isOp("replace", "name")(o) {
			return array{object{"op": "remove", "path": "name"}, o}
		}
		return array{o}
	})},
	{"add to a complex value drops the rest", "R-123", operationsOf(func(o object) array {
		if isOp("add", "name")(o) {
			return array{object{"op": "remove", "path": "name"}, o}
		}
		return array{o}
	})},
	{"add replaces a multi-valued attribute", "R-124", operationsOf(func(o object) array {
		if isOp("add", "emails")(o) {
			o["op"] = "replace"
		}
		return array{o}
	})},
	{"add of an element that is there repeats it", "R-125", repeatsElements()},
	{"replace appends to a multi-valued attribute", "R-137", operationsOf(func(o object) array {
		if isOp("replace", "emails")(o) {
			o["op"] = "add"
		}
		return array{o}
	})},
	{"an unknown operation accepted", "R-110", accepts(func(o object) bool { return o["op"] == "frobnicate" })},
	{"an unknown path accepted", "R-111", accepts(isOp("replace", "usherCheckUnknown"))},
	{"a read-only path accepted", "R-114", accepts(isOp("replace", "id"))},
	{"a wrong type accepted", "R-118", accepts(func(o object) bool { return o["value"] == "banana" })},
	{"add without a value accepted", "R-121", accepts(func(o object) bool { return o["op"] == "add" && len(o) == 2 && o["path"] != nil })},
	{"remove without a path accepted", "R-128", accepts(func(o object) bool { return o["op"] == "remove" && o["path"] == nil })},
	{"remove of a required attribute accepted", "R-132", accepts(isOp("remove", "userName"))},
	{"replace without a match accepted", "R-140", accepts(func(o object) bool {
		path, _ := o["path"].(string)
		return strings.Contains(path, "usher-check-unknown")
	})},
	{"replace by null does nothing", "R-141", accepts(func(o object) bool { return o["op"] == "replace" && o["value"] == nil })},
	{"replace without a path does nothing", "R-135", accepts(func(o object) bool { return o["op"] == "replace" && o["path"] == nil })},
	{"add without a path does nothing", "R-122", accepts(func(o object) bool { return o["op"] == "add" && o["path"] == nil })},
	{"remove of nothing refused", "R-134", removeOfNothingRefused()},
	{"replace in every element", "R-139", operationsOf(func(o object) array {
		path, _ := o["path"].(string)
		if i := strings.Index(path, "]"); o["op"] == "replace" && strings.HasSuffix(path, "].value") && !strings.Contains(path, " co ") && i > 0 {
			o["path"] = "emails[value pr].value"
		}
		return array{o}
	})},
	{"removing a sub-attribute removes its siblings", "R-131", operationsOf(func(o object) array {
		if isOp("remove", "name.givenName")(o) {
			o["path"] = "name"
		}
		return array{o}
	})},
	{"operations backwards", "R-112", bodies(http.MethodPatch, func(_ *http.Request, body object) {
		if list, ok := body["Operations"].(array); ok && len(list) != 2 {
			slices.Reverse(list)
		}
	})},
	{"the old primary stays by path", "R-115", primariesStay("replace")},
	{"the old primary stays beside a new element", "R-127", primariesStay("add")},
	{"lastModified set by a change that is none", "R-125", answersToPatch(func(v *served) {
		v.doc["meta"].(object)["lastModified"] = "2099-01-01T00:00:00Z"
	})},
	{"200 without a body", "R-117", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.status == 200 && v.request.URL.RawQuery == "" {
			v.doc = nil
		}
	})},
	{"attributes ignored by PATCH", "R-095", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.status == 200 && v.request.URL.RawQuery != "" && at(v.sent, "Operations/0/value") == "patched" {
			v.status, v.doc = 204, nil
		}
	})},
	{"schemas not extended", "R-116", answersToPatch(func(v *served) { v.set("schemas", array{userURN}) })},
	{"no operations accepted", "R-109", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.sent["Operations"] == nil {
			v.status, v.doc = 204, nil
		}
	})},
	{"another user's name taken", "R-119", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.status == 409 && len(listOf(v.sent["Operations"])) == 1 {
			v.status, v.doc = 204, nil
		}
	})},
}

// repeatsElements shows the last element twice when it is added to a list that has it.
func repeatsElements() fault {
	m := newMemory()
	return answers(func(v *served) {
		id := lastSegment(v.request.URL.Path)
		if added := at(v.sent, "Operations/0/value/0/value"); v.request.Method == http.MethodPatch && added != nil && added == m.get(id) {
			m.put(id+" repeats", true)
		}
		if v.status == 201 {
			m.put(lastSegment(v.header.Get("Location")), at(v.doc, "emails/1/value"))
		}
		if list := listOf(v.doc["emails"]); m.get(id+" repeats") != nil && v.request.Method == http.MethodGet && len(list) > 0 {
			v.set("emails", append(list, list[len(list)-1]))
		}
	})
}

// oneByOne sends each operation of a PATCH by itself.
func oneByOne() fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := takeBody(r)
			list, _ := body["Operations"].(array)
			if r.Method != http.MethodPatch || len(list) < 2 {
				next.ServeHTTP(w, r)
				return
			}
			var v *served
			for _, o := range list {
				one := r.Clone(r.Context())
				setBody(one, object{"schemas": body["schemas"], "Operations": array{o}})
				if v = serve(next, one); v.status >= 400 {
					break
				}
			}
			v.write(w)
		})
	}}
}

func removeOfNothingRefused() fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := takeBody(r)
			list, _ := body["Operations"].(array)
			if r.Method == http.MethodPatch && len(list) == 1 && isOp("remove", "title")(list[0].(object)) {
				get := r.Clone(r.Context())
				get.Method, get.Body = http.MethodGet, http.NoBody
				if serve(next, get).doc["title"] == nil {
					(&served{status: 400, header: http.Header{"Content-Type": {mediaSCIM}}, doc: refusal(400)}).write(w)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}}
}

// primariesStay shows every element as primary once an operation of that verb has set one.
func primariesStay(verb string) fault {
	m := newMemory()
	return answers(func(v *served) {
		for _, o := range listOf(v.sent["Operations"]) {
			set := at(o, "value") == true || at(o, "value/0/primary") == true
			if path, _ := at(o, "path").(string); at(o, "op") == verb && strings.HasPrefix(path, "emails") && set {
				m.put(lastSegment(v.request.URL.Path), true)
			}
		}
		if id, _ := v.doc["id"].(string); m.get(id) != nil && v.request.Method == http.MethodGet {
			for _, e := range listOf(v.doc["emails"]) {
				e.(object)["primary"] = true
			}
		}
	})
}

// answersToPatch changes what is read of a user after one PATCH with one operation "add".
func answersToPatch(change func(*served)) fault {
	m := newMemory()
	return answers(func(v *served) {
		if v.request.Method == http.MethodPatch && at(v.sent, "Operations/0/op") == "add" {
			m.put(lastSegment(v.request.URL.Path), true)
		}
		if id, _ := v.doc["id"].(string); m.get(id) != nil && v.request.Method == http.MethodGet {
			change(v)
		}
	})
}

var otherMutants = []mutant{
	{"any token will do", "R-004", fault{caller: func(r *http.Request, c *scimserver.Caller) {
		if c.Backend == nil {
			c.Backend = scimserver.NewMemory(scim.Profile{})
		}
	}}},
	{"one store for all tenants", "R-175", oneStore()},
	{"failOnErrors ignored", "R-152", bodies(http.MethodPost, func(_ *http.Request, body object) { delete(body, "failOnErrors") })},
	{"bulk status as a number", "R-151", answers(func(v *served) {
		for _, o := range listOf(v.doc["Operations"]) {
			o.(object)["status"] = number(atoi(at(o, "status").(string)))
		}
	})},
	{"bulkId not returned", "R-148", answers(func(v *served) {
		for _, o := range listOf(v.doc["Operations"]) {
			if at(o, "bulkId") == "second" {
				delete(o.(object), "bulkId")
			}
		}
	})},
	{"no limit on bulk operations", "R-153", answers(func(v *served) {
		if v.status == 413 {
			v.status, v.doc = 200, object{"schemas": array{bulkReplyURN}, "Operations": array{}}
		}
	})},
	{"/Me is a list", "R-160", answers(func(v *served) {
		if v.request.URL.Path == "/Me" {
			v.status, v.doc = 200, object{"schemas": array{listURN}, "totalResults": 0}
		}
	})},
	{"malformed JSON read as far as it goes", "R-050", answers(func(v *served) {
		if v.request.Method == http.MethodPost && v.request.URL.Path == "/Users" && v.status == 400 && v.sent == nil {
			v.status, v.doc = 201, object{"id": "half"}
		}
	})},
	{"a server error", "R-165", answers(func(v *served) {
		if v.request.Method == http.MethodDelete && strings.HasPrefix(v.request.URL.Path, "/Groups/") { // done, and yet
			v.header.Set("Content-Type", mediaSCIM)
			v.status, v.doc = 500, refusal(500)
		}
	})},
}

// oneStore gives every tenant the same resources.
func oneStore() fault {
	var shared scimserver.Backend
	return fault{backend: func(b scimserver.Backend) scimserver.Backend {
		if shared == nil {
			shared = b
		}
		return shared
	}}
}
