package saml_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/sso/ssotest"
)

// listed is one attack of the list that is known of service providers, and what mounts it here.
type listed struct {
	attack string
	// rows are those of ssotest.SAMLAttacks, each of which has a test TestACS_<row>.
	rows []string
	// needs are attacks by name, of these rows, or on logouts where there is none: without one the attack is not mounted whole.
	needs []string
	flows []flow
}

// flow is a test elsewhere, or the table of one.
type flow struct {
	file, test string
	mounts     []string // what its source has to have: the attack as it is written there, and how it ends
}

// list are the attacks in the order in which they are counted.
var list = []listed{
	{"the signed response in the signature of an evil one (XSW1)", []string{"XSW1"}, nil, nil},
	{"the signed response before the signature of an evil one (XSW2)", []string{"XSW2"}, nil, nil},
	{"an evil assertion before the signed one (XSW3)", []string{"XSW3"}, nil, nil},
	{"an evil assertion around the signed one (XSW4)", []string{"XSW4"}, nil, nil},
	{"the signature kept by an evil assertion (XSW5)", []string{"XSW5"}, nil, nil},
	{"the signed assertion in the signature of an evil one (XSW6)", []string{"XSW6"}, nil, nil},
	{"an evil assertion in Extensions (XSW7)", []string{"XSW7"}, nil, nil},
	{"the signed assertion in an Object (XSW8)", []string{"XSW8"}, nil, nil},
	{"a second assertion", []string{"DuplicateAssertion"}, []string{"an unsigned copy behind the signed one"}, nil},
	{"the signature of another element", []string{"MovedSignature"}, []string{
		"the assertion's signature at the response", "a reference to another element", "two references", "an empty reference", "a reference to nothing",
	}, nil},
	{"a name that readers split", []string{"SplitName"}, []string{"a comment in the name", "an instruction in the name", "CDATA in the name"}, nil},
	{"a text that two readers read differently", []string{"ParserDifferential"}, []string{"a comment begun in a document type"}, nil},
	{"confused namespaces", []string{"NamespaceConfusion"}, []string{
		"a prefix that is not declared", "the prefix ds for something else", "a namespace of more than ASCII",
	}, nil},
	{"an ID made of an entity", []string{"EntityID"}, []string{"an ID made of an entity"}, nil},
	{"canonical XML of nothing, attributes that are there twice", []string{"VoidCanonicalization"}, []string{
		"a relative namespace in what is signed", "an ID with and without a prefix", "an attribute twice",
	}, nil},
	{"texts that change when Go writes them", []string{"RoundTrip"}, []string{
		"an element with two colons", "an attribute with nothing before its colon", "a directive with a comment in it",
	}, nil},
	{"no signature, or half of one", []string{"Stripped"}, []string{"no signature", "no value", "an empty value", "two values"}, nil},
	{"a stranger's key", []string{"ForeignKey"}, []string{
		"a stranger's key and certificate", "a stranger's key, our certificate", "a key without certificate", "a key from elsewhere",
	}, nil},
	{"weak algorithms", []string{"Downgrade"}, []string{
		"RSA with SHA-1", "a digest with SHA-1", "a digest with MD5", "HMAC with the certificate", "no algorithm",
	}, nil},
	{"a connection that can verify nothing", []string{"FailOpen"}, []string{"a connection without certificates"}, []flow{
		{"directory/signin_saml_test.go", "TestCheckSignIn_SAML", []string{`"there are 0 certificates"`}},
	}},
	{"another audience", []string{"Audience"}, []string{"another audience", "no restriction", "a second restriction, to somebody else"}, nil},
	{"wrong and missing values", []string{"WrongValue"}, []string{
		"another recipient", "another destination", "another issuer", "a status of failure", "another version of the response", "no subject",
		"no conditions", "no confirmation", "a confirmation without data", "no name", "no authentication",
	}, nil},
	{"another time", []string{"Time"}, []string{
		"a second too late for the assertion", "a second too early", "a session that is over", "the year one", "no time zone",
		"a login a second too old, where a fresh one was asked for",
	}, []flow{{"sso/acs_test.go", "TestACS_FreshLogin", []string{"?fresh=1", "sso.CodeNotFresh"}}}},
	{"replay", nil, nil, []flow{
		{"sso/acs_test.go", "TestACS_Replay", []string{"make([]int, 50)", "won != 1", "w.open()", "wantRefused", "saml.CodeInResponseTo"}},
		{"sso/acs_test.go", "TestACS_ReplayAtAnotherServer", []string{"servers[i%2]", "won != 1"}},
		{"sso/slo_test.go", "TestSLO_EndsSessions", []string{"wantRefused", "directory.LoginReplayed"}},
	}},
	{"the answer to another login", []string{"InResponseTo"}, []string{
		"an answer to another login", "a response that says nothing of a login", "an assertion that was confirmed for an empty login",
	}, []flow{
		{"sso/acs_test.go", "TestACS_LoginForgery", []string{"attacker", "victim", "wantRefused", "directory.LoginOtherBrowser", "directory.LoginUnknownState"}},
		{"sso/acs_test.go", "TestACS_RelayState", []string{"10*time.Minute + time.Second", "directory.LoginUnknownState"}},
	}},
	{"what is for another tenant", []string{"CrossTenant"}, []string{"the response for another tenant of the same URL"}, []flow{
		{"sso/acs_test.go", "TestACS_OfAnotherTenant", []string{"w.theirsToo", "wantRefused", "sso.CodeWrongConnection"}},
	}},
	{"entities", []string{"Entities"}, []string{"an entity of a file", "an external document type", "entities of entities"}, nil},
	{"size", []string{"Size"}, []string{
		"an attribute of a mebibyte", "300,000 siblings", "9,000 levels", "10,000 attributes", "5,000 prefixes", "50 signatures",
	}, []flow{{"sso/saml/bounds_test.go", "TestVerify_IsBounded", []string{`"Size"`, "bounded("}}}},
	{"a text that inflates", nil, []string{"64 mebibytes, deflated"}, nil},
	{"encrypted assertions that were changed", []string{"Encrypted"}, []string{
		"four bytes", "the key by RSA 1.5", "by triple DES", "by AES-CBC in an unsigned response", "by AES-CBC, with half a block",
		"the first byte changed", "a byte in the middle changed", "the last byte changed",
	}, []flow{{"sso/acs_same_test.go", "TestACS_RefusalsLookTheSame", []string{"w.attacks()", "p.text != refused"}}}},
	{"a relay state that leads elsewhere", nil, []string{"a relay state of 81 bytes"}, []flow{
		{"sso/acs_test.go", "TestACS_RelayState", []string{
			`"https://evil.example"`, `"//evil.example"`, "`/\\evil.example`", `"javascript:alert(1)"`, `\r\n`, "&SAMLResponse=", "10<<10", "wantRefused",
		}},
	}},
	{"a login that somebody else has begun", nil, nil, []flow{
		{"sso/acs_test.go", "TestACS_LoginForgery", []string{"deliver(victim", "wantRefused", "directory.LoginOtherBrowser"}},
	}},
	{"a response that nobody has asked for", []string{"Unsolicited"}, []string{
		"a response that nobody has asked for", "an answer, where nobody has asked", "an answer to an empty request, where nobody has asked",
	}, []flow{
		{"sso/acs_test.go", "TestACS_Unsolicited", []string{"unasked()", "wantRefused", "rules.Unsolicited = true"}},
		{"signin_test.go", "TestSignIn_WhatNobodyAskedForBeginsOneLogin", []string{"Unsolicited: true", "http.StatusTooManyRequests"}},
	}},
	{"a name that looks like another, or an address of somebody else's", []string{"IdentityConfusion"}, []string{
		"space around the name", "a name with a space that nobody sees", "a name of another identity provider", "two names",
	}, []flow{
		{"sso/acs_person_test.go", "TestACS_NamesAreToTheLetter", []string{`"ADA"`, `"ａda"`, `"ada\u0301"`, "left.people != len(names)"}},
		{"sso/acs_person_test.go", "TestACS_AddressOfAnAdmin", []string{`Role: "Owner"`, "wantRefused", "directory.LoginNeedsConsent"}},
		{"sso/acs_person_test.go", "TestACS_AddressInADomainOfNobodys", []string{`"the domain is not proved"`, "s.Subject == invited.Subject"}},
	}},
	{"roles that nobody has granted", []string{"RoleInjection"}, []string{"ten thousand roles"}, []flow{
		{"sso/acs_person_test.go", "TestACS_Roles", []string{`"two"`, `"unknown"`, `"admin"`, `"a privileged one"`, "people.People[0].Role != row.want"}},
		{"sso/acs_person_test.go", "TestACS_WhatIsSaidIsText", []string{"<script>alert(1)</script>", `"&lt;script&gt;alert(1)"`, "wantRefused"}},
	}},
	{"OpenID Connect", nil, nil, []flow{
		{"sso/callback_test.go", "TestCallback_TokenAttacks", []string{
			`"wrong nonce"`, `"no nonce"`, `"wrong audience"`, `"wrong issuer"`, `"wrong party"`, `"unsigned"`, `"signed by the secret"`,
			`"key id is a path"`, `"10,000 keys"`, `"mixed up"`, `"a logout token"`, "wantRefused",
		}},
		{"sso/oidc/attack_test.go", "TestFinish_Refuses", []string{"range attacks", "wantRefused"}},
		{"sso/oidc/attack_test.go", "attacks", []string{`"HS256 by the client secret"`, `"HS256 by the public key"`, `"alg none"`}},
		{"sso/callback_test.go", "TestCallback_StateOfAnotherBrowser", []string{"wantRefused", "directory.LoginOtherBrowser"}},
		{"sso/callback_test.go", "TestCallback_Replay", []string{"wantRefused", "directory.LoginUnknownState"}},
		{"sso/oidc/logout_test.go", "TestLogout_RefusesAnIDToken", []string{"stolen", "wantRefused"}},
		{"sso/backchannel_test.go", "TestBackchannelLogout_Attacks", []string{`"replayed"`, "directory.LoginReplayed"}},
	}},
	{"a text that fells the reader", nil, nil, []flow{
		{"sso/saml/panic_test.go", "TestACS_PanicsAtNothing", []string{
			"ssotest.SAMLAttacks", "saml.Verify(", "saml.VerifyLogoutRequest(", "saml.ReadMetadata(", "Explain(", "ssotest.Encryption",
		}},
		{"sso/saml/fuzz_test.go", "FuzzScan", []string{"ssotest.SAMLAttacks", "saml.Verify("}},
		{"sso/saml/fuzz_test.go", "FuzzVerify", []string{"saml.Verify("}},
		{"sso/saml/fuzz_test.go", "FuzzDecrypt", []string{"ssotest.SAMLAttacks", "ssotest.Encryption"}},
		{"sso/saml/fuzz_test.go", "FuzzMetadata", []string{"saml.ReadMetadata("}},
		{"sso/saml/fuzz_test.go", "FuzzLogout", []string{"logoutAttacks", "logOut("}},
		{"sso/saml/explain_test.go", "FuzzExplain", []string{"ssotest.SAMLAttacks", "Explain("}},
	}},
}

// tests are the names of those that mount it.
func (l listed) tests() string {
	var names []string
	for _, row := range l.rows {
		names = append(names, "`TestACS_"+row+"`")
	}
	if len(l.rows) == 0 && len(l.needs) > 0 {
		names = append(names, "`TestSLO_RefusesAttacks`")
	}
	for _, f := range l.flows {
		if name := "`" + f.test + "`"; ast.IsExported(f.test) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Every attack of the list is mounted, whole: a test of that name is not enough.
func TestAttackList_IsMounted(t *testing.T) {
	t.Parallel()
	if len(list) != 37 {
		t.Errorf("the list has %d attacks, not 37", len(list))
	}
	rows := map[string][]string{}
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		rows[a.Row] = append(rows[a.Row], a.Name)
	}
	for i, l := range list {
		for _, gap := range l.gaps(rows) {
			t.Errorf("%d, %s: %s", i+1, l.attack, gap)
		}
		for _, row := range l.rows {
			delete(rows, row)
		}
	}
	for row := range rows {
		t.Errorf("%s is on no list", row)
	}
}

// gaps says what of an attack is not mounted; rows are the names of the attacks that there are.
func (l listed) gaps(rows map[string][]string) (gaps []string) {
	var names []string
	for _, row := range l.rows {
		names = append(names, rows[row]...)
		if len(rows[row]) == 0 {
			gaps = append(gaps, "there is no "+row)
		}
	}
	for _, name := range l.needs {
		if _, ofLogouts := logoutAttacks[name]; !slices.Contains(names, name) && (len(l.rows) > 0 || !ofLogouts) {
			gaps = append(gaps, fmt.Sprintf("nobody mounts %q", name))
		}
	}
	for _, f := range l.flows {
		gaps = append(gaps, f.gaps()...)
	}
	if len(l.rows)+len(l.needs)+len(l.flows) == 0 {
		gaps = append(gaps, "it has no test")
	}
	return gaps
}

func (f flow) gaps() (gaps []string) {
	source, err := f.source()
	if err != nil {
		return []string{err.Error()}
	}
	for _, part := range f.mounts {
		if !strings.Contains(source, part) {
			gaps = append(gaps, fmt.Sprintf("%s has no %s", f.test, part))
		}
	}
	if len(f.mounts) == 0 || strings.Contains(source, ".Skip") {
		gaps = append(gaps, f.test+" shows nothing, or is skipped")
	}
	return gaps
}

// source is the text of the test.
func (f flow) source() (string, error) {
	file := filepath.Join("..", "..", f.file)
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, text, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	for _, declared := range parsed.Decls {
		name := ""
		switch declared := declared.(type) {
		case *ast.FuncDecl:
			name = declared.Name.Name
		case *ast.GenDecl:
			if value, ok := declared.Specs[0].(*ast.ValueSpec); ok {
				name = value.Names[0].Name
			}
		}
		if name == f.test {
			return string(text[positions.Position(declared.Pos()).Offset:positions.Position(declared.End()).Offset]), nil
		}
	}
	return "", fmt.Errorf("%s has no %s", f.file, f.test)
}

// What is not mounted is noticed: a test that is gone, one that lacks a part, a row without an attack.
func TestAttackList_NoticesGaps(t *testing.T) {
	t.Parallel()
	rows := map[string][]string{"XSW1": {"x"}}
	for name, l := range map[string]listed{
		"nothing":                 {},
		"a row without an attack": {rows: []string{"XSW2"}},
		"an attack that is gone":  {rows: []string{"XSW1"}, needs: []string{"y"}},
		"an attack of no row":     {needs: []string{"x"}},
		"a test that is gone":     {flows: []flow{{"sso/acs_test.go", "TestACS_Nothing", []string{"x"}}}},
		"a test that lacks a part": {flows: []flow{
			{"sso/acs_test.go", "TestACS_Replay", []string{"wantRefused", "https://evil.example"}},
		}},
		"a test of which nothing is said": {flows: []flow{{"sso/acs_test.go", "TestACS_Replay", nil}}},
	} {
		if l.gaps(rows) == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
	if gaps := (listed{rows: []string{"XSW1"}, needs: []string{"x"}}).gaps(rows); gaps != nil {
		t.Errorf("what is mounted has gaps: %q", gaps)
	}
}
