package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
)

// scimCall sends one request with the token and returns status and body.
func scimCall(t *testing.T, token, method, target, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func wantCall(t *testing.T, token, method, target, body string, status int, texts ...string) string {
	t.Helper()
	got, answer := scimCall(t, token, method, target, body)
	if got != status {
		t.Fatalf("%s %s: %d %s", method, target, got, answer)
	}
	for _, text := range texts {
		if !strings.Contains(answer, text) {
			t.Errorf("%s %s: no %s in %s", method, target, text, answer)
		}
	}
	return answer
}

// awaitCall asks until the answer has the text: what another process declares holds within a second.
func awaitCall(t *testing.T, token, target, text string) {
	t.Helper()
	deadline := time.After(time.Second + patience/10) // a loaded machine is no reason to fail
	for {
		_, answer := scimCall(t, token, http.MethodGet, target, "")
		if strings.Contains(answer, text) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("no %s in %s", text, answer)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *served) must(t *testing.T, args ...string) string {
	t.Helper()
	out, status := s.usher(t, args...)
	if status != exitOK {
		t.Fatalf("usher %s: %d\n%s", strings.Join(args, " "), status, out)
	}
	return out
}

const acmeURN = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"

func (s *served) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(s.data), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A schema that is declared beside a running server works through discovery, create, filter, sort, PATCH and PUT, a
// changed characteristic holds, and a declared resource type is served: all without a restart.
func TestServe_SchemaBesideARunningServer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	base, token := s.token(t)
	users := base + "/Users"
	filtered := func(filter string) string { return users + "?filter=" + url.QueryEscape(filter) }
	wantCall(t, token, http.MethodPost, users, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob"}`, 201)

	acme := s.file(t, "acme.json", `{"id":"`+acmeURN+`","name":"Acme","attributes":[
		{"name":"role","indexed":true},{"name":"level","indexed":true},{"name":"badge","uniqueness":"server"},
		{"name":"tags","multiValued":true},{"name":"salary","type":"integer"}]}`)
	s.must(t, "schema", "create", acme, "-w", "ACC123")
	awaitCall(t, token, base+"/Schemas", acmeURN)
	wantCall(t, token, http.MethodGet, base+"/Schemas/"+acmeURN, "", 200, `"name":"badge"`, `"uniqueness":"server"`)
	wantCall(t, token, http.MethodGet, base+"/ResourceTypes/User", "", 200, `{"schema":"`+acmeURN+`","required":false}`)

	const ada = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","` + acmeURN + `"],"userName":"ada","` + acmeURN + `":{"role":"Admin","level":"20","badge":"X1","tags":["a"],"salary":90000}}`
	var created struct{ ID string }
	if err := json.Unmarshal([]byte(wantCall(t, token, http.MethodPost, users, ada, 201, `"role":"Admin"`)), &created); err != nil {
		t.Fatal(err)
	}
	wantCall(t, token, http.MethodPost, users, strings.Replace(ada, `"ada"`, `"cy"`, 1), 409, `"scimType":"uniqueness"`, "badge", "X1")
	wantCall(t, token, http.MethodPost, users, strings.NewReplacer(`"ada"`, `"cy"`, `"X1"`, `"X2"`, `"20"`, `"3"`).Replace(ada), 201)
	wantCall(t, token, http.MethodGet, filtered(acmeURN+`:role eq "admin"`), "", 200, `"totalResults":2`)
	wantCall(t, token, http.MethodGet, filtered(acmeURN+`:tags eq "a" and userName eq "ada"`), "", 200, `"totalResults":1`)
	wantCall(t, token, http.MethodPatch, users+"/"+created.ID, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"`+acmeURN+`:tags","value":["b"]}]}`, 200, `"tags":["a","b"]`)
	wantCall(t, token, http.MethodPost, users, strings.NewReplacer(`"ada"`, `"dee"`, `"Admin"`, `7.5`, `"X1"`, `{}`).Replace(ada), 400, `"scimType":"invalidValue"`)

	// level becomes a number and salary is never shown again.
	s.file(t, "acme.json", `{"id":"`+acmeURN+`","name":"Acme","attributes":[
		{"name":"role","indexed":true},{"name":"level","type":"integer","indexed":true},{"name":"badge","uniqueness":"server"},
		{"name":"tags","multiValued":true},{"name":"salary","type":"integer","returned":"never"}]}`)
	out, status := s.usher(t, "schema", "update", acme, "-w", "ACC123")
	if status != exitFailed || !strings.Contains(out, "what cannot be converted of level; 2 resources") || !strings.Contains(out, "--yes") {
		t.Errorf("conversion without consent: %d %s", status, out)
	}
	out = s.must(t, "schema", "update", acme, "-w", "ACC123", "--yes")
	if !strings.Contains(out, "3 brought into the declared form, 2 changed, 0 values lost") {
		t.Errorf("update: %s", out)
	}
	awaitCall(t, token, filtered(acmeURN+`:level gt 3`), `"totalResults":1`)
	if answer := wantCall(t, token, http.MethodGet, users, "", 200, `"level":20`, `"level":3`); strings.Contains(answer, "90000") {
		t.Errorf("what is never returned: %s", answer)
	}
	wantCall(t, token, http.MethodGet, users+"?sortBy="+acmeURN+":level&sortOrder=descending", "", 200)

	// A resource type of the workspace's own.
	device := s.file(t, "device.json", `{"id":"urn:example:Device","name":"Device","resourceType":"Device","attributes":[{"name":"displayName","required":true,"indexed":true}]}`)
	s.must(t, "schema", "create", device, "-w", "ACC123")
	typ := s.file(t, "type.json", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"name":"Device","endpoint":"/Devices","schema":"urn:example:Device"}`)
	s.must(t, "resource-type", "create", typ, "-w", "ACC123")
	awaitCall(t, token, base+"/ResourceTypes", "/Devices")
	wantCall(t, token, http.MethodPost, base+"/Devices", `{"schemas":["urn:example:Device"],"displayName":"Laptop"}`, 201, base+"/Devices/")
	wantCall(t, token, http.MethodGet, base+"/Devices?filter="+url.QueryEscape(`displayName sw "lap"`), "", 200, `"totalResults":1`)

	out, status = s.usher(t, "resource-type", "delete", "Device", "-w", "ACC123")
	if status != exitFailed || !strings.Contains(out, "its 1 resources") || !strings.Contains(out, "--yes") {
		t.Errorf("deletion without consent: %d %s", status, out)
	}
	s.must(t, "resource-type", "delete", "Device", "-w", "ACC123", "--yes")
	s.must(t, "schema", "delete", acmeURN, "-w", "ACC123", "--yes")
	awaitCall(t, token, base+"/Devices", "there is no such endpoint")
	if answer := wantCall(t, token, http.MethodGet, users, "", 200); strings.Contains(answer, "Admin") || strings.Contains(answer, acmeURN) {
		t.Errorf("what is not declared any more: %s", answer)
	}
}

// What an update may take away is named before it happens; what has a place in the new form is not.
func TestLosses(t *testing.T) {
	t.Parallel()
	parse := func(text string) *scim.Declaration {
		doc, err := (declarationFile{File: "a.json"}).parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	const head = `{"id":"` + acmeURN + `","name":"Acme"`
	before := parse(head + `,"attributes":[{"name":"level","type":"integer"},{"name":"tags","multiValued":true},
		{"name":"desk","type":"complex","subAttributes":[{"name":"building"},{"name":"floor","type":"integer"}]}]}`)
	for _, row := range []struct{ name, after, want string }{
		{"more of it", `,"attributes":[{"name":"LEVEL","type":"string","multiValued":true,"indexed":true},{"name":"tags","multiValued":true},{"name":"new"},
			{"name":"desk","type":"complex","multiValued":true,"subAttributes":[{"name":"building"},{"name":"floor","type":"string"}]}]}`, ""},
		{
			"gone, converted, single", `,"attributes":[{"name":"level","type":"boolean"},{"name":"tags"},
			{"name":"desk","type":"complex","subAttributes":[{"name":"floor","type":"boolean"}]}]}`,
			"the values of desk.building, and what cannot be converted of level, tags, desk.floor",
		},
		{
			"complex no more", `,"attributes":[{"name":"level","type":"integer"},{"name":"tags","multiValued":true},{"name":"desk"}]}`,
			"what cannot be converted of desk",
		},
		{"another resource type", `,"resourceType":"Group","attributes":[{"name":"level","type":"integer"}]}`, "all values that a User has"},
	} {
		if got := strings.Join(losses(before, parse(head+row.after)), ", and "); got != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}

// The declarations of docs/schemas.md are taken as they stand there.
func TestSchema_DocumentedDeclarations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "schemas.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := bytes.Split(text, []byte("```json\n"))
	if len(parts) < 4 {
		t.Fatalf("%d declarations", len(parts)-1)
	}
	for i, part := range parts[1:] {
		body, _, _ := bytes.Cut(part, []byte("```"))
		if _, err := (declarationFile{File: fmt.Sprint("block ", i)}).parse(body); err != nil {
			t.Errorf("%v\n%s", err, body)
		}
	}
}
