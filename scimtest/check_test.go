package scimtest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// answerOf is an answer as a server could give it.
func answerOf(status int, header http.Header, body string) *answer {
	p := newPlayer(entra(), client("http://127.0.0.1:1"), "run")
	p.vars["id"] = "2819"
	if header == nil {
		header = http.Header{}
	}
	return newAnswer(p, &scimclient.Request{Method: "GET", Path: "/Users"},
		&scimclient.Response{Status: status, Header: header, Body: []byte(body), Duration: time.Millisecond})
}

func TestChecks(t *testing.T) {
	t.Parallel()
	const user = `{"schemas":["` + userURN + `"],"id":"2819","active":true,"emails":[{"type":"work","value":"a@b"}],
		"` + enterpriseURN + `":{"manager":{"value":"m1"}},"title":""}`
	const group = `{"members":[{"value":"2819"},{"value":"b"}]}`
	at := func(path string) http.Header { return http.Header{"Location": {path}} }
	tests := []struct {
		name  string
		check check
		a     *answer
		miss  string // empty: the check holds
	}{
		{"is, variable", is("id", "{{id}}"), answerOf(200, nil, user), ""},
		{"is, wrong", is("id", "x"), answerOf(200, nil, user), `id is "2819", want "x"`},
		{"is, absent", is("userName", "x"), answerOf(200, nil, user), "userName is missing"},
		{"is, selector", is("emails/type=work/value", "a@b"), answerOf(200, nil, user), ""},
		{"is, no such element", is("emails/type=home/value", "a@b"), answerOf(200, nil, user), "is missing"},
		{"is, index beyond the end", is("emails/1/value", "a@b"), answerOf(200, nil, user), "is missing"},
		{"T-023 is, text for a boolean", is("active", "true"), answerOf(200, nil, user), `active is true, want "true"`},
		{"has", has("id", "emails"), answerOf(200, nil, user), ""},
		{"has, empty", has("title"), answerOf(200, nil, user), "title is missing or empty"},
		{"has, false is a value", has("active"), answerOf(200, nil, `{"active":false}`), ""},
		{"lacks, empty", lacks("title", "nickName"), answerOf(200, nil, user), ""},
		{"lacks", lacks("id"), answerOf(200, nil, user), "want none"},
		{"hides, empty", hides("title"), answerOf(200, nil, user), "want it left out"},
		{"T-133 whole, 204", whole(), answerOf(204, nil, ""), ""},
		{"T-133 whole, 204 with a body", whole(), answerOf(204, nil, "{}"), "came with a body"},
		{"T-133 whole, an array", whole(), answerOf(200, nil, "[]"), "without a JSON object"},
		{"whole, two documents", whole(), answerOf(200, nil, "{}{}"), "without a JSON object"},
		{"whole, an error may have none", whole(), answerOf(404, nil, ""), ""},
		{"located", located(), answerOf(201, at("http://x/Users/2819"), user), ""},
		{"located, another id", located(), answerOf(201, at("http://x/Users/1"), user), "does not end with the id"},
		{"located, meta differs", located(), answerOf(201, at("http://x/Users/1"), `{"id":"1","meta":{"location":"http://y/Users/1"}}`), "is not the Location"},
		{"list, not one", list(), answerOf(200, nil, user), "schemas is"},
		{"list, Resources an object", list(), answerOf(200, nil, `{"schemas":["`+listURN+`"],"totalResults":1,"Resources":{}}`), "want an array"},
		{"T-134 list, fractional total", list(), answerOf(200, nil, `{"schemas":["`+listURN+`"],"totalResults":1.5,"Resources":[]}`), "want a JSON integer"},
		{"found, Resources left out at 0", found(0), answerOf(200, nil, `{"schemas":["`+listURN+`"],"totalResults":0}`), ""},
		{"found, total without resources", found(1), answerOf(200, nil, `{"schemas":["`+listURN+`"],"totalResults":1,"Resources":[]}`), "Resources has 0 elements"},
		{"T-062 atMost", atMost(1), answerOf(200, nil, `{"itemsPerPage":2,"Resources":[{}]}`), "itemsPerPage is 2 on a page of 1"},
		{"atMost, too many", atMost(1), answerOf(200, nil, `{"Resources":[{},{}]}`), "want 1 or fewer"},
		{"members", members("{{id}}", "b"), answerOf(200, nil, group), ""},
		{"members, one more", members("b"), answerOf(200, nil, group), "members has 2 elements, want 1"},
		{"T-093 member, twice", member("b"), answerOf(200, nil, `{"members":[{"value":"b"},{"value":"b"}]}`), "2 times"},
		{"manager", manager("m1"), answerOf(200, nil, user), ""},
		{"noManager", noManager(), answerOf(200, nil, user), "want none"},
		{"noManager, a key is left", noManager(), answerOf(200, nil, `{"manager":"m1"}`), "outside the enterprise extension"},
		{"scimError, status a number", scimError(), answerOf(404, nil, `{"schemas":["`+errorURN+`"],"detail":"no","status":404}`), `want "404"`},
		{"scimError, no detail", scimError(), answerOf(404, nil, `{"schemas":["`+errorURN+`"],"status":"404"}`), "detail is missing"},
		{"T-135 typed, null", typed(), answerOf(200, nil, `{"name":{"givenName":null}}`), "name/givenName is null"},
		{"T-024 typed, nested boolean", typed(), answerOf(200, nil, `{"roles":[{"primary":"True"}]}`), `roles/0/primary is "True", want a boolean`},
		{"typed, attribute as object", typed(), answerOf(200, nil, `{"emails":{}}`), "want an array"},
		{"count", count("emails", 2), answerOf(200, nil, user), "has 1 elements, want 2"},
		{"save, nothing there", save("x", "nope"), answerOf(200, nil, user), "nope is missing"},
		{"faster", faster(time.Microsecond), answerOf(200, nil, user), "want less than"},
		{"ifBody, none", ifBody(is("active", false)), answerOf(204, nil, ""), ""},
		{"ifBody", ifBody(is("active", false)), answerOf(200, nil, user), "active is true"},
		{"arrayIfAny", arrayIfAny(), answerOf(200, nil, `{"totalResults":1,"Resources":{}}`), "want an array"},
		{"arrayIfAny, none", arrayIfAny(), answerOf(200, nil, `{"totalResults":0}`), ""},
		{"echo", echo(`{"active":"True","emails":[{"value":"a@b"}],"nickName":null,"roles":[],"password":"x"}`), answerOf(200, nil, user), ""},
		{"T-045 echo, reformatted", echo(`{"emails":[{"value":"A@B"}]}`), answerOf(200, nil, user), "emails lacks"},
		{"echo, one more element", echo(`{"emails":[]}`), answerOf(200, nil, user), "emails has 1 elements, sent 0"},
		{"echo, lost", echo(`{"name":{"givenName":"Ada"}}`), answerOf(200, nil, user), `name/givenName is null, sent "Ada"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.check.miss(tt.a)
			if (tt.miss == "") != (got == "") || !strings.Contains(got, tt.miss) {
				t.Errorf("got %q, want %q", got, tt.miss)
			}
		})
	}
}

func TestVars_AreEncodedForTheirPlace(t *testing.T) {
	t.Parallel()
	v := vars{"who": `a+b "c"@x/ü`}
	for name, tt := range map[string]struct {
		encode func(string) string
		want   string
	}{
		"T-052 in a URL": {asURL, `<a%2Bb%20%22c%22%40x%2F%C3%BC>`},
		"in JSON":        {asJSON, `<a+b \"c\"@x/ü>`},
		"as text":        {asText, `<a+b "c"@x/ü>`},
	} {
		if got, err := v.expand("<{{who}}>", tt.encode); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, tt.want)
		}
	}
	if _, err := v.expand("{{nobody}}", asText); err == nil {
		t.Error("an unknown variable was taken")
	}
	if _, err := v.expand("{{who", asText); err == nil {
		t.Error("an unclosed variable was taken")
	}
}
