package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const referencePage = "../docs/api.md"

// testReference holds docs/api.md to the table.
func testReference(t *testing.T, answers map[string]json.RawMessage) {
	t.Helper()
	want := reference(routes(), answers)
	if *update {
		if err := os.WriteFile(referencePage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(referencePage); err != nil || string(got) != want {
		t.Errorf("docs/api.md is stale (%v): run make generate", err)
	}
}

// reference makes the page: a contents table, then each operation with its example.
func reference(table []route, answers map[string]json.RawMessage) string {
	var b strings.Builder
	b.WriteString("# The admin API\n\n<!-- Made by `make generate` from the table of routes in admin/. Do not edit. -->\n\n")
	b.WriteString(referenceIntroduction)
	b.WriteString("\n| operation | scope | what |\n|---|---|---|\n")
	for _, r := range table {
		fmt.Fprintf(&b, "| [`%s %s`](#%s) | %s | %s |\n", r.method, r.pattern, strings.ToLower(r.name), orNone(r.scope), r.summary)
	}
	for _, r := range table {
		r.write(&b, answers[r.name])
	}
	return b.String()
}

const referenceIntroduction = `Every path is below ` + "`/api/v1`" + `. The OpenAPI 3.1 document is at ` + "`/api/v1/openapi.json`" + ` and needs no key.

- **Key.** ` + "`Authorization: Bearer usher_api_…`" + `, with the scope that the operation names, or ` + "`*`" + `. The first one is made by
  ` + "`usher apikey create`" + `. A key reaches its workspace and those below it; all else is 404 to it, known or unknown.
- **Networks.** A workspace may name the networks from which the API reaches it (` + "`settings.security.ip_rules.admin`" + `). From
  elsewhere every request about it, and every one with a key of it, is 403 and in its audit log.
- **Security.** What decides how people come in takes a key with ` + "`security.write`" + `: ` + "`settings.method`, `settings.security`" + ` and
  ` + "`settings.require_sso`" + ` of a workspace and ` + "`settings.sign_in`" + ` of a connection beside the scope of the operation.
- **Errors** are problem details (RFC 9457): ` + "`type`, `title`, `status`, `detail`, `hint`, `request_id`" + `.
- **Bodies** are JSON objects of at most 1 MiB; members and parameters that do not exist are refused by name. ` + "`PATCH`" + ` changes
  what it names; in ` + "`settings`" + ` objects are merged, arrays replaced, and ` + "`null`" + ` is the default (RFC 7396).
- **Lists** take ` + "`limit`" + ` (50; at most 200) and ` + "`cursor`" + `, and say ` + "`next`" + ` when there is more.
- **Once.** A ` + "`POST`" + ` that makes something takes an ` + "`Idempotency-Key`" + `: for a day, the same request is answered alike and done once;
  another request with the same key is 409.
- **Versions.** What can be changed has an ` + "`ETag`" + `; with ` + "`If-Match`" + ` a change is refused by 412 when it is another version by now.
`

func orNone(scope string) string {
	if scope == "" {
		return "none"
	}
	return "`" + scope + "`"
}

func (r route) write(b *strings.Builder, answered json.RawMessage) {
	fmt.Fprintf(b, "\n## %s\n\n`%s %s`: %s. %s\n", r.name, r.method, r.pattern, r.summary, r.description())
	if r.query != nil {
		b.WriteString("\n| parameter | |\n|---|---|\n")
		for _, p := range r.query {
			fmt.Fprintf(b, "| `%s` | %s |\n", p.name, p.doc)
		}
	}
	if r.request != nil && r.request.Kind() == reflect.Struct {
		b.WriteString("\n| member | |\n|---|---|\n")
		for _, f := range reflect.VisibleFields(r.request) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				fmt.Fprintf(b, "| `%s` | %s |\n", name, f.Tag.Get("doc"))
			}
		}
	}
	path := r.pattern
	for name, value := range map[string]string{"workspace": "ACC123", "connection": "okta", "role": "viewer", "team": "sales", "domain": "acme.example"} {
		if other, ok := r.example.path[name]; ok {
			value = other
		}
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	if r.example.query != "" {
		path += "?" + r.example.query
	}
	fmt.Fprintf(b, "\n```http\n%s /api/v1%s\n", r.method, path)
	if r.example.body != "" {
		b.WriteString("\n")
		var body bytes.Buffer
		_ = json.Indent(&body, []byte(r.example.body), "", "  ") // sent by a test
		b.WriteString(body.String() + "\n")
	}
	fmt.Fprintf(b, "```\n\n```http\n%d\n", r.status)
	if answered != nil {
		b.WriteString("\n" + string(answered) + "\n")
	}
	b.WriteString("```\n")
}

// TestTable holds the rows to what every row must have.
func TestTable(t *testing.T) {
	t.Parallel()
	var names, patterns []string
	for _, r := range routes() {
		names, patterns = append(names, r.name), append(patterns, r.method+" "+r.pattern)
		for _, p := range r.parameters() {
			if pathParameters[p] == "" {
				t.Errorf("%s: nothing is said of {%s}", r.name, p)
			}
		}
		if r.summary == "" || strings.HasSuffix(r.summary, ".") {
			t.Errorf("%s: summary %q", r.name, r.summary)
		}
		if r.request != nil && r.example.body == "" {
			t.Errorf("%s: no example of a body", r.name)
		}
		if change := r.method == "PATCH" || r.method == "DELETE"; change && !r.matches && !strings.HasPrefix(r.name, "revoke") {
			t.Errorf("%s: takes no If-Match", r.name)
		}
		undocumented(t, r.name, r.request)
		undocumented(t, r.name, r.response)
	}
	for _, all := range [][]string{names, patterns} {
		slices.Sort(all)
		if n := len(slices.Compact(slices.Clone(all))); n != len(all) {
			t.Errorf("%d of %d rows have a name or place of their own", n, len(all))
		}
	}
}

// undocumented wants a doc tag on each member of this package's types.
func undocumented(t *testing.T, name string, body reflect.Type) {
	t.Helper()
	if body == nil || body.Kind() != reflect.Struct || !strings.HasSuffix(body.PkgPath(), "/admin") {
		return
	}
	for _, f := range reflect.VisibleFields(body) {
		if f.Tag.Get("json") != "" && f.Tag.Get("doc") == "" {
			t.Errorf("%s: %s.%s has no doc", name, body.Name(), f.Name)
		}
	}
}
