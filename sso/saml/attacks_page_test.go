package saml_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/sso/ssotest"
)

var update = flag.Bool("update", false, "write docs/attacks.md anew")

const attacksPage = "../../docs/attacks.md"

const attacksHead = `# Attacks on SAML

What somebody may try who has a response of an identity provider, or none, and what Usher refuses it with. Each row is a
test: ` + "`go test ./sso/saml -run TestACS`" + ` mounts them all. Another test switches off one check after the other, and fails if
no attack gets through then: none is there for show. ` + "`make generate`" + ` writes this page.

What is known of attacks on service providers is on the list, with the tests that mount it; one more test fails where a part of it
is not mounted. Below are the attacks one by one.

To the browser all refusals look the same. The code stands in the audit log, the provisioning log and the log of the
service, with what was wrong.

`

var codeComments = regexp.MustCompile(`LoginCode = "(\w+)"\s+// (.*)`)

var flowComments = regexp.MustCompile(`(?m)^// (?:Attacks? [0-9, and]+: )?((?:.*\n// )*.*)\nfunc (Test(?:ACS|SLO)_\w+)`)

// TestAttacksPage holds docs/attacks.md to the attacks that are mounted, and to what they are refused with.
func TestAttacksPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(attacksHead + "## The list\n\n| | attack | tests |\n|---|---|---|\n")
	for i, l := range list {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", i+1, l.attack, l.tests())
	}
	b.WriteString("\n## Responses\n\n| test | attack | refused with |\n|---|---|---|\n")
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		fmt.Fprintf(&b, "| TestACS_%s | %s | `%s` |\n", a.Row, a.Name, refusals[a.Name])
	}
	b.WriteString("\n## Logins\n\n`go test ./sso -run 'TestACS|TestSLO'` mounts these, through browsers.\n\n| test | what it shows |\n|---|---|\n")
	for _, file := range []string{"../acs_test.go", "../acs_same_test.go", "../acs_person_test.go", "../slo_test.go"} {
		flows, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range flowComments.FindAllStringSubmatch(string(flows), -1) {
			fmt.Fprintf(&b, "| %s | %s |\n", test[2], strings.ReplaceAll(strings.TrimSpace(test[1]), "\n// ", " "))
		}
	}
	b.WriteString("\n## Logouts\n\n| attack | refused with |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(logoutAttacks)) {
		fmt.Fprintf(&b, "| %s | `%s` |\n", name, logoutAttacks[name].want)
	}
	b.WriteString("\n## What the codes mean\n\nThose without `saml_` are in [sign-in.md](sign-in.md#when-a-login-is-refused).\n\n| code | what it means |\n|---|---|\n")
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := codeComments.FindAllStringSubmatch(string(source), -1)
	for _, code := range codes {
		fmt.Fprintf(&b, "| `%s` | %s |\n", code[1], code[2])
	}
	if n := strings.Count(string(source), "directory.LoginCode ="); n != len(codes) {
		t.Errorf("%d of %d codes say what they mean", len(codes), n)
	}
	if *update {
		if err := os.WriteFile(attacksPage, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(attacksPage)
	if err != nil || string(page) != b.String() {
		t.Errorf("docs/attacks.md is out of date: make generate (%v)", err)
	}
}
