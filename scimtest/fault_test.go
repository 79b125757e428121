package scimtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// fault stands before an honest server and spoils one thing: the request on its way
// in, or the answer on its way out. It answers by itself when request returns true.
type fault struct {
	request func(w http.ResponseWriter, r *http.Request, body *string) bool
	answer  func(r *http.Request, a *spoiled)
}

// spoiled is an answer that can still be changed.
type spoiled struct {
	status int
	header http.Header
	body   string
}

func (f fault) before(honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		body := string(sent)
		if f.request != nil && f.request(w, r, &body) {
			return
		}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		rec := httptest.NewRecorder()
		honest.ServeHTTP(rec, r)
		a := &spoiled{rec.Code, rec.Header(), rec.Body.String()}
		if f.answer != nil {
			f.answer(r, a)
		}
		for name, values := range a.header {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	})
}

// replaceIn spoils answers to a method by replacing text.
func replaceIn(method, from, to string) fault {
	return fault{answer: func(r *http.Request, a *spoiled) {
		if r.Method == method {
			a.body = strings.ReplaceAll(a.body, from, to)
		}
	}}
}

// claim answers a request that contains all the texts with a bare status, and does
// nothing.
func claim(status int, method, path string, texts ...string) fault {
	return fault{request: func(w http.ResponseWriter, r *http.Request, body *string) bool {
		if r.Method != method || !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		for _, text := range texts {
			if !strings.Contains(*body, text) {
				return false
			}
		}
		w.WriteHeader(status)
		return true
	}}
}

// rewrite changes what arrives at the honest server.
func rewrite(method, path string, change func(r *http.Request, body string) string) fault {
	return fault{request: func(_ http.ResponseWriter, r *http.Request, body *string) bool {
		if r.Method == method && strings.HasPrefix(r.URL.Path, path) {
			*body = change(r, *body)
		}
		return false
	}}
}

func dropQuery(name string) fault {
	return fault{request: func(_ http.ResponseWriter, r *http.Request, _ *string) bool {
		q := r.URL.Query()
		q.Del(name)
		r.URL.RawQuery = q.Encode()
		return false
	}}
}

// operations changes the operations of a PATCH.
func operations(body string, change func(op map[string]any)) string {
	var doc struct {
		Schemas    []string         `json:"schemas"`
		Operations []map[string]any `json:"Operations"`
	}
	if json.Unmarshal([]byte(body), &doc) != nil {
		return body
	}
	for _, op := range doc.Operations {
		change(op)
	}
	out, _ := json.Marshal(doc)
	return string(out)
}

// edit changes the JSON object of an answer.
func edit(a *spoiled, change func(doc map[string]any)) {
	var doc map[string]any
	dec := json.NewDecoder(strings.NewReader(a.body))
	dec.UseNumber()
	if dec.Decode(&doc) != nil {
		return
	}
	change(doc)
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(doc)
	a.body = b.String()
}

// TestScenarios_FindFaults: each row is a server that is wrong in one way, and the step
// that must notice. A scenario that cannot fail proves nothing.
func TestScenarios_FindFaults(t *testing.T) {
	t.Parallel()
	emptyAs404 := fault{answer: func(_ *http.Request, a *spoiled) {
		if strings.Contains(a.body, `"totalResults":0`) {
			a.status, a.body = 404, `{"schemas":["`+errorURN+`"],"status":"404","detail":"User not found"}`
		}
	}}
	var patches, creates atomic.Int32
	findFaults(t, []faulty{
		{"T-001 404 for no match", emptyAs404, "entra", "1", "status 404, want 200; the server says: User not found"},
		{"T-002 404 for no match", emptyAs404, "okta", "3", "status 404"},
		{"T-002 404 for no match in the SPEC test", emptyAs404, "okta-spec", "O3", "status 404"},
		{"T-003 a content type on GET is refused", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if r.Method != http.MethodGet || r.Header.Get("Content-Type") == "" {
				return false
			}
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return true
		}}, "okta", "1", "status 415"},
		{"T-004 application/json is refused", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if r.Header.Get("Content-Type") != "application/json" {
				return false
			}
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return true
		}}, "okta-spec", "O6", "status 415"},
		{"T-006 401 without a SCIM error", fault{answer: func(_ *http.Request, a *spoiled) {
			if a.status == 401 {
				a.body = `{"error":"unauthorized"}`
			}
		}}, "okta-spec", "O11", "detail is missing"},
		{"T-006 status as a number", replaceIn("GET", `"status":"401"`, `"status":401`), "okta-spec", "O11", `status is 401, want "401"`},
		{"T-015 the flag is refused", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if !r.URL.Query().Has("aadOptscim062020") {
				return false
			}
			w.WriteHeader(http.StatusBadRequest)
			return true
		}}, "entra-flag", "1", "status 400"},
		{"T-023 string booleans come back", replaceIn("GET", `"active":true`, `"active":"True"`), "entra", "4", `active is "True", want a boolean`},
		{"T-024 string booleans come back in roles", replaceIn("POST", `"primary":true`, `"primary":"True"`), "ms-validator", "V1", `is "True", want a boolean`},
		{"T-034 the password comes back", replaceIn("POST", `"active":true`, `"active":true,"password":"1mz050nq"`), "okta", "4", "password"},
		{"T-045 values are reformatted", replaceIn("GET", "+1 (425) 555-0100", "+14255550100"), "entra", "5b", "phoneNumbers/type=work/value"},
		{"T-057 userName is compared by case", rewrite("GET", "/Users", func(r *http.Request, body string) string {
			if strings.Contains(r.URL.RawQuery, "JULIEN") {
				r.URL.RawQuery = "filter=userName+eq+%22nobody%22"
			}
			return body
		}), "ms-validator", "V5", "totalResults is 0, want 1"},
		{"T-060 an unknown filter lists everything", dropQuery("filter"), "ms-validator", "V4", "want 0"},
		{"T-062 totals as text", fault{answer: func(_ *http.Request, a *spoiled) {
			edit(a, func(doc map[string]any) {
				if total, ok := doc["totalResults"].(json.Number); ok {
					doc["totalResults"] = total.String()
				}
			})
		}}, "okta-spec", "O1", "want a JSON integer"},
		{"T-072 capitals are not understood", claimIfCapital(), "entra", "5", "status 400"},
		{"T-077 remove by value empties the group", rewrite("PATCH", "/Groups", func(_ *http.Request, body string) string {
			return operations(body, func(op map[string]any) {
				if strings.EqualFold(op["op"].(string), "remove") {
					delete(op, "value")
				}
			})
		}), "entra", "15", "members lacks"},
		{"T-078 the repeated rename loses the members", rewrite("PATCH", "/Groups", func(_ *http.Request, body string) string {
			return operations(body, func(op map[string]any) {
				if value, ok := op["value"].(map[string]any); ok {
					value["members"] = []any{}
				}
			})
		}), "okta", "13", "members lacks"},
		{"T-083 an empty manager stays", claim(200, "PATCH", "/Users", `"value": {"value": ""}`), "ms-validator", "V12a", "without a JSON object"},
		{"T-093 a member is listed twice", fault{answer: func(r *http.Request, a *spoiled) {
			if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/Groups/") {
				return
			}
			edit(a, func(doc map[string]any) {
				if list, ok := doc["members"].([]any); ok && len(list) == 3 {
					doc["members"] = append(list, list[0])
				}
			})
		}}, "entra", "14a", "2 times"},
		{"T-094 the absent member is an error", claimSecondTime("PATCH", "/Groups", `"op":"Remove"`), "entra", "15a", "status 400"},
		{"T-096 a concurrent add is lost", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if r.Method != http.MethodPatch || patches.Add(1) != 7 {
				return false
			}
			w.WriteHeader(http.StatusNoContent)
			return true
		}}, "parallel", "3", "members lacks"},
		{"T-100 a disabled user is hidden", fault{answer: func(r *http.Request, a *spoiled) {
			if r.URL.RawQuery != "" && strings.Contains(a.body, `"active":false`) {
				a.body = `{"schemas":["` + listURN + `"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
			}
		}}, "entra", "9", "totalResults is 0, want 1"},
		{"T-102 disabling ends the memberships", fault{answer: func(r *http.Request, a *spoiled) {
			if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/Groups/") && strings.Contains(a.body, `"members"`) {
				edit(a, func(doc map[string]any) { doc["members"] = []any{} })
			}
		}}, "entra", "14e", "members lacks"},
		{"T-104 the second delete succeeds", fault{answer: func(r *http.Request, a *spoiled) {
			if r.Method == http.MethodDelete {
				a.status, a.body = 204, ""
			}
		}}, "ms-validator", "P4", "status 204, want 404"},
		{"T-110 userName is not taken", claim(204, "PATCH", "/Users", `"userName"`), "entra-flag", "10c", "status 204, want 200"},
		{"T-123 deactivation is only claimed", claim(204, "PATCH", "/Users", `"active": false`), "okta", "7", "active is true, want false"},
		{"T-133 201 without a body", fault{answer: func(_ *http.Request, a *spoiled) {
			if a.status == 201 {
				a.body = ""
			}
		}}, "okta", "4", "without a JSON object"},
		{"T-135 null members", fault{answer: func(r *http.Request, a *spoiled) {
			if a.status == 201 && strings.HasPrefix(r.URL.Path, "/Groups") {
				edit(a, func(doc map[string]any) { doc["members"] = nil })
			}
		}}, "entra", "12", "members is null"},
		{"T-141 the list leaves members out", fault{answer: func(r *http.Request, a *spoiled) {
			if r.URL.Path == "/Groups" && r.Method == http.MethodGet {
				edit(a, func(doc map[string]any) {
					for _, res := range asList(doc["Resources"]) {
						delete(res.(map[string]any), "members")
					}
				})
			}
		}}, "entra", "14d", "Resources/0/members has 0 elements, want 3"},
		{"Location is missing", fault{answer: func(_ *http.Request, a *spoiled) { a.header.Del("Location") }}, "okta", "4", "the Location header is missing"},
		{"members are not left out", dropQuery("excludedAttributes"), "ms-validator", "V14", "want it left out"},
		{"answers are plain JSON", fault{answer: func(_ *http.Request, a *spoiled) { a.header.Set("Content-Type", "application/json") }}, "entra", "1", "want application/scim+json"},
		{"reactivation makes another resource", replaceReactivated(), "okta", "9", "id is"},
		{"one userName is created ten times", rewrite("POST", "/Users", func(_ *http.Request, body string) string {
			return strings.Replace(body, `"wanted.`, `"wanted`+strconv.Itoa(int(creates.Add(1)))+`.`, 1)
		}), "parallel", "4", "10 × 201"},
		{"a duplicate is accepted", fault{answer: func(_ *http.Request, a *spoiled) {
			if a.status == 409 {
				a.status = 201
			}
		}}, "ms-validator", "V20", "status 201, want 409"},
		{"the manager stands at the top", fault{answer: func(r *http.Request, a *spoiled) {
			edit(a, func(doc map[string]any) {
				if extension, ok := doc[enterpriseURN].(map[string]any); ok && r.Method == http.MethodGet {
					doc[enterpriseURN+":manager"] = extension["manager"]
				}
			})
		}}, "ms-validator", "V10", "outside the enterprise extension"},
		{"deleted users are still there", fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
			if r.Method != http.MethodDelete {
				return false
			}
			w.WriteHeader(http.StatusNoContent)
			return true
		}}, "ms-validator", "V13", "status 200, want 404"},
	})
}

// faulty is a server that is wrong in one way, and the step of a scenario that says so.
type faulty struct {
	name           string
	fault          fault
	scenario, step string
	detail         string
}

func findFaults(t *testing.T, rows []faulty) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.mustBeFound(t, newServer(t, row.fault.before(handlerFor(t, row.scenario))))
		})
	}
}

func (f faulty) mustBeFound(t *testing.T, url string) {
	t.Helper()
	r, err := Simulate(t.Context(), client(url), f.scenario, Options{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.ID == f.step })
	if i < 0 {
		t.Fatalf("no step %s", f.step)
	}
	if s := r.Steps[i]; s.Passed || !strings.Contains(s.Detail, f.detail) {
		t.Errorf("step %s: passed %v, detail %q; want a miss that says %q", s.ID, s.Passed, s.Detail, f.detail)
	}
	if !r.Failed() {
		t.Error("the report has not failed")
	}
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// claimIfCapital refuses operations that are not in lower case (T-072).
func claimIfCapital() fault {
	return fault{request: func(w http.ResponseWriter, _ *http.Request, body *string) bool {
		if !strings.Contains(*body, `"Replace"`) {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		return true
	}}
}

// claimSecondTime refuses what it has seen before.
func claimSecondTime(method, path, text string) fault {
	var seen atomic.Int32
	return fault{request: func(w http.ResponseWriter, r *http.Request, body *string) bool {
		if r.Method != method || !strings.HasPrefix(r.URL.Path, path) || !strings.Contains(*body, text) || seen.Add(1) != 2 {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		return true
	}}
}

// replaceReactivated answers a read after a reactivation with another id.
func replaceReactivated() fault {
	var reactivated atomic.Bool
	return fault{answer: func(r *http.Request, a *spoiled) {
		if r.Method == http.MethodGet && reactivated.Load() {
			edit(a, func(doc map[string]any) { doc["id"] = "another" })
		}
		if r.Method == http.MethodPatch && strings.Contains(a.body, `"active":true`) {
			reactivated.Store(true)
		}
	}}
}
