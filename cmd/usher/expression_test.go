package main

import (
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// result computes an expression for a user, as a mapping does.
func result(t *testing.T, source string, p mapping.Person) (string, error) {
	t.Helper()
	m, err := mapping.Compile(mapping.Rules{Attributes: []mapping.Attribute{{Target: "out", Expression: source, Type: "list"}}}, compileExpression)
	if err != nil {
		return "", err
	}
	d, err := m.Decide(p, mapping.Tree{})
	if err != nil || d.Profile[0].Target != "out" {
		return "none", err
	}
	return d.Profile[0].Reason.Value, nil
}

func ada(t *testing.T) mapping.Person {
	t.Helper()
	doc, err := scim.ParseJSON([]byte(`{"userName":"ada@acme.example","name":{"givenName":"Ada","familyName":"Byron"},"level":2,
		"emails":[{"value":"ada@acme.example","type":"work"},{"value":"ada@home.example","type":"home"}]}`), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return mapping.Person{Attributes: doc, ExternalID: "00u1", Active: true, Groups: []mapping.Group{{Name: "Sales"}}}
}

func TestExpression_Results(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`user.name.givenName + " " + user.name.familyName`: "Ada Byron",
		`user.nope`:                                "none",
		`user.nope.deeper`:                         "none",
		`user.emails[7].value`:                     "none",
		`null`:                                     "none",
		`external_id`:                              "00u1",
		`active ? "in" : "out"`:                    "in",
		`"Sales" in groups`:                        "true",
		`user.level + 1`:                           "3",
		`double(user.level) * 1.5`:                 "3",
		`size(groups) == 1 ? 1u : 0u`:              "1",
		`timestamp("2026-01-31T09:00:00Z")`:        "2026-01-31T09:00:00Z",
		`user.emails.map(e, e.value)`:              `["ada@acme.example","ada@home.example"]`,
		`user.userName.split("@")[0].upperAscii()`: "ADA",
		`" A b ".trim().lowerAscii()`:              "a b",
		`"a-b-c".replace("-", "")`:                 "abc",
		`"Zürich".indexOf("r")`:                    "2",
		`"Zürich".indexOf("x")`:                    "-1",
		`"Zürich".substring(1)`:                    "ürich",
		`"Zürich".substring(1, 3)`:                 "ür",
		`"Zürich".substring(5, 99)`:                "h",
		`"Zürich".substring(7) + "."`:              ".",
		`["", "a"].join() + ["", "b"].join("/")`:   "a/b",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			if got, err := result(t, source, ada(t)); err != nil || got != want {
				t.Errorf("got %q, want %q, %v", got, want, err)
			}
		})
	}
}

func TestExpression_Errors(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"1 +":                               "line 1, column 4: mismatched input '<EOF>'",
		"1 +\n usr.name":                    "line 2, column 2: undeclared reference to 'usr'",
		`{"a": 1}`:                          "line 1, column 1: the result is a map",
		`user`:                              "line 1, column 1: the result is a map",
		`b"x"`:                              "line 1, column 1: the result is a bytes",
		`user.userName.matches("(")`:        "line 1, column 23: invalid matches argument",
		`matches("a", "(abcdefghij){101}")`: "a pattern of more than 1000 steps",
		strings.Repeat(" ", 4097):           "longer than 4096 bytes",
		strings.Repeat("(", 999) + "1" + strings.Repeat(")", 999): "line 1, column 1: expression recursion limit exceeded",
		`user.level + "x"`:         "an operator or a function has a value of the wrong type",
		`user.name`:                "the result is a map",
		`[user.name]`:              "the result is a map",
		`1 / 0`:                    "division by zero",
		`["a", user.level].join()`: "no text",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if got, err := result(t, source, ada(t)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %q %v\nwant %s", got, err, want)
			}
		})
	}
}

// crowd is a user as large as a document may be.
func crowd() mapping.Person {
	emails := make(scim.Array, 200)
	for i := range emails {
		emails[i] = &scim.Object{Members: []scim.Member{{Name: "value", Value: "x"}}}
	}
	return mapping.Person{Active: true, Attributes: &scim.Object{Members: []scim.Member{
		{Name: "title", Value: strings.Repeat("a", 64<<10)}, {Name: "emails", Value: emails},
	}}}
}

// TestExpression_HostileOnesEndSoon proves the bounds in work, time and memory: one tenant's expression never holds up
// the server.
func TestExpression_HostileOnesEndSoon(t *testing.T) {
	for name, source := range map[string]string{
		"nested loops":      `user.emails.exists(a, user.emails.exists(b, user.emails.exists(c, user.emails.exists(d, a.value + b.value + c.value + d.value == "y"))))`,
		"a bomb of text":    `user.title.replace("a", "` + strings.Repeat("b", 3000) + `")`,
		"text that doubles": `"a"` + strings.Repeat(`.replace("a", "aaaa")`, 40),
		"a long join":       `user.emails.map(a, user.title).join(user.title)`,
		"nested lists":      `user.emails.map(a, user.emails.map(b, user.emails.map(c, user.title + a.value)))`,
		"many texts":        `user.emails.map(a, user.emails.map(b, user.title.upperAscii()).join("")).join("")`,
		"a long list":       `user.title.split("")`,
		"a slow pattern":    `user.emails.all(a, user.title.matches("(a|aa)+b|a.*"))`,
		"a large pattern":   `user.title.matches("(.*a){999}$")`,
		"a made pattern":    `user.title.matches(user.title)`,
		"patterns in a row": `user.emails.all(a, user.title.substring(0, 9000).matches("(.*a){10}"))`,
		"sums":              strings.TrimSuffix(strings.Repeat("user.title + ", 40), " + "),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if got, err := result(t, source, crowd()); err == nil {
				t.Errorf("computed %d bytes", len(got))
			}
			runtime.ReadMemStats(&after)
			if took := time.Since(start); took > 500*time.Millisecond { // under 100 ms on a quiet machine
				t.Errorf("took %v", took)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 50 {
				t.Errorf("allocated %d MB", used)
			}
		})
	}
}

// TestExpression_ThePageIsTrue computes what docs/mapping.md says.
func TestExpression_ThePageIsTrue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(name string) string {
		m := regexp.MustCompile("(?s)```" + name + "\n(.*?)```").FindSubmatch(page)
		if m == nil {
			t.Fatalf("the page has no block %q", name)
		}
		return string(m[1])
	}
	user, err := scim.ParseJSON([]byte(block("json user")), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p := mapping.Person{Attributes: user, ExternalID: "00u1", Active: true, Groups: []mapping.Group{{Name: "Sales"}, {Name: "Leads"}}}
	n := 0
	for line := range strings.Lines(block("cel")) {
		source, want, ok := strings.Cut(line, " // ")
		if !ok {
			t.Fatalf("no result: %q", line)
		}
		n++
		got, err := result(t, strings.TrimSpace(source), p)
		if diff := cmp.Diff(strings.TrimSpace(want), got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", source, err, diff)
		}
	}
	if n < 5 {
		t.Errorf("%d examples", n)
	}
	var rules mapping.Rules
	if err := json.Unmarshal([]byte(block("json rules")), &rules, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if _, err := mapping.Compile(rules, compileExpression); err != nil {
		t.Error(err)
	}
}

func BenchmarkExpression(b *testing.B) {
	f, err := compileExpression(`user.name.givenName + " " + user.name.familyName`)
	if err != nil {
		b.Fatal(err)
	}
	variables := map[string]any{"user": map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": "Byron"}}, "external_id": "", "active": true, "groups": []any{}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f(variables); err != nil {
			b.Fatal(err)
		}
	}
}
