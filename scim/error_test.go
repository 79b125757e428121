package scim

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/errors.golden anew")

// sample is one refusal of a kind, as a caller would cause it.
type sample struct {
	kind                  Kind
	where, value, allowed string
}

// samples has one row for every kind, in the order of the declarations.
var samples = []sample{
	{KindMalformedJSON, "byte 15", "", "one complete JSON object"},
	{KindDuplicateName, "byte 23", "ACTIVE", "each name once, whatever its case"},
	{KindTooDeep, "byte 161", "", "32 levels"},
	{KindNotUTF8, "byte 6", "", "UTF-8 text"},
	{KindNotAnObject, "byte 0", "[…]", "one JSON object"},
	{KindBadSchemas, "schemas", "urn:ietf:params:scim:schemas:core:2.0:Group", "a list with " + URNUser},
	{KindBadOperation, "Operations[0].op", "upsert", "add, remove, replace"},
	{KindNoOperations, "Operations", "", "at least one operation"},
	{KindTooManyOps, "Operations", "1001", "1000 operations"},
	{KindUnknownAttribute, "", "prefferedLanguage", "declared attributes (nearest: preferredLanguage)"},
	{KindBadSearch, "count", "ten", "an integer"},
	{KindBadBulk, "Operations[0].method", "GET", "POST, PUT, PATCH, DELETE"},
	{KindWrongType, "phoneNumbers[0].primary", "+1 555", "true or false"},
	{KindMissing, "userName", "", "text, not empty"},
	{KindTwoPrimaries, "emails[1]", "", `one element with "primary": true`},
	{KindNotCanonical, "members.type", "Robot", "User, Group"},
	{KindUnknownMember, "Operations[0].value[0].value", "89bb1940-b905-4575-9e7f-6f887cfb368e", "ids of users and groups of this connection"},
	{KindOwnMember, "members of group Sales (g1)", "g1", "users, and other groups"},
	{KindUnknownInExtension, "urn:ietf:params:scim:schemas:extension:example:2.0:User", "rol", "role (nearest: role)"},
	{KindBadParameter, "startIndex", "one", "an integer"},
	{KindBothProjections, "excludedAttributes", "members", "one of the two"},
	{KindValueTooLong, "nickName", strings.Repeat("x", maxValue+1), "65536 bytes"},
	{KindTooManyValues, "emails", "1001", "1000 values"},
	{KindUnknownBulkID, "data", "qwerty", "the bulkId of a POST in this request"},
	{KindNotAnEmail, "userName", "jane", "jane@example.com"},
	{KindBadAccounts, "accounts[0]", "position 18: invalid character '}'", `a JSON object such as {"accountId":"ACC123"}, or an account id`},
	{KindUnknownAccount, "accounts[1].accountId", "ACC9", "ACC1, ACC2"},
	{KindUnknownRole, "urn:ietf:params:scim:schemas:extension:acme:2.0:User:role", "admin", "Admin, Manager, User"},
	{KindUnknownTeam, "accounts[0].teams", "Growth", "Marketing, Sales"},
	{KindBadMapping, "employeeNumber", "x", "a number"},
	{KindBadPath, "Operations[0].path at byte 7", "emails[type eq", `"]"`},
	{KindUnknownPath, "Operations[0].path", "address.streetAddress", "declared attributes (nearest: addresses)"},
	{KindNoTarget, "Operations[0].path", `emails[type eq "work"].value`, "a filter that matches an element"},
	{KindReadOnly, "Operations[0].path", "groups", "attributes that a client may write"},
	{KindImmutable, "urn:ietf:params:scim:schemas:extension:example:2.0:User:country", "DE", "the present value CH"},
	{KindNotRemovable, "Operations[0].path", "userName", "replace with another value"},
	{KindBadFilter, "filter at byte 9", `userName regex "a"`, "eq, ne, co, sw, ew, gt, ge, lt, le, pr"},
	{KindUnknownInFilter, "filter at byte 0", "usrName", "declared attributes (nearest: userName)"},
	{KindFilterNotAllowed, "filter at byte 0", "active gt", "eq, ne, pr"},
	{KindFilterTooComplex, "filter", "", "at most 8192 bytes"},
	{KindTooMany, "filter", `nickName co "a"`, "filters that read at most 10000 resources"},
	{KindDiscoveryFiltered, "filter", `id eq "User"`, "discovery without filter"},
	{KindBadCursor, "cursor", "", "the nextCursor of the page before, with the same query"},
	{KindExpiredCursor, "cursor", "2026-01-02T03:04:05Z", "a cursor of the last 3600 seconds"},
	{KindBadCount, "count", "50", "100, as on the first page"},
	{KindNoToken, "Authorization", "", "Bearer and a token"},
	{KindMalformedToken, "Authorization", "", "one token of the form usher_scim_…"},
	{KindUnknownToken, "Authorization", "", "a token of this connection"},
	{KindExpiredToken, "Authorization", "2026-01-02T03:04:05Z", "a token that is still valid"},
	{KindRevokedToken, "Authorization", "2026-01-02T03:04:05Z", "a token that is still valid"},
	{KindForeignToken, "Authorization", "", "a token of the connection in the address"},
	{KindAmbiguousToken, "Authorization", "", "the connection's own base URL"},
	{KindInactiveUser, "Authorization", "2819c223", "a token of an active user"},
	{KindPaused, "", "Okta", ""},
	{KindDisabled, "", "Okta", ""},
	{KindNoCreate, "", "jane@example.com", ""},
	{KindRoleNotGranted, "roles", "Owner", "Manager, User"},
	{KindLastOwner, "active", "jane@example.com", ""},
	{KindHeld, "connection Okta", "51 leavers within an hour", ""},
	{KindNotEnabled, "workspace ACC1", "", ""},
	{KindNotEntitled, "workspace ACC1", "", ""},
	{KindHookRefused, "", "no seat is left", ""},
	{KindInsecureTransport, "", "http://scim.example.com", "https"},
	{KindAddress, "the IP rules of the workspace", "192.0.2.1", ""},
	{KindUnknownResource, "", "/Users/010101001010101011001010101011", ""},
	{KindUnknownEndpoint, "", "/serviceConfiguration", "/Users, /Groups, /ServiceProviderConfig, /Schemas, /ResourceTypes"},
	{KindMethod, "", "POST /Users/23a35c27", "GET, PUT, PATCH, DELETE"},
	{KindTaken, "userName", "test.user@okta.local", ""},
	{KindConflict, "", "/Groups/abf4dd94", ""},
	{KindFailedDependency, "bulkId", "qwerty", ""},
	{KindCircular, "", "members: a group cannot be a member of itself", ""},
	{KindVersion, "If-Match", `W/"3"`, `W/"4"`},
	{KindTooLarge, "", "10485760 bytes", "5242880 bytes"},
	{KindTooManyBulk, "Operations", "1001", "at most 1000 (maxOperations)"},
	{KindMediaType, "Content-Type", "text/xml", "application/scim+json, application/json"},
	{KindRateLimited, "", "", "100 requests per second, 200 at once"},
	{KindNotImplemented, "", "/Bulk", ""},
	{KindNoMe, "", "/Me", ""},
	{KindBusy, "", "", ""},
	{KindHookFailed, "", "", ""},
	{KindForeignUser, "userName", "jane@example.com", "users of connection Entra are written by that connection alone"},
	{KindInternal, "", "", ""},
}

func TestErrors_Golden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, s := range samples {
		e := NewError(s.kind, s.where, s.value, s.allowed)
		fmt.Fprintf(&b, "# %s\n%d %s\n%s\n\n", s.kind, e.Status(), e.ScimType(), e.Detail())
	}
	const file = "testdata/errors.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs; run go test ./scim/ -run Golden -update and read the change", file)
	}
}

// Every declared kind has a row in the table and a sample in the golden file.
func TestErrors_EveryKindHasARow(t *testing.T) {
	t.Parallel()
	declared := declaredKinds(t)
	if len(declared) != len(samples) || len(declared) != len(kinds) {
		t.Errorf("%d kinds are declared, %d have a row, %d a sample", len(declared), len(kinds), len(samples))
	}
	for i, k := range declared {
		row, ok := kinds[k]
		if !ok || row.status == 0 || row.problem == "" || row.fix == "" {
			t.Errorf("kind %q has no complete row: %+v", k, row)
		}
		if i < len(samples) && samples[i].kind != k {
			t.Errorf("sample %d is of kind %q, want %q", i, samples[i].kind, k)
		}
	}
}

// declaredKinds reads the constants of type Kind out of the source, so that none can be forgotten.
func declaredKinds(t *testing.T) []Kind {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), "error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []Kind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Kind" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, Kind(text))
		return true
	})
	return found
}

func TestErrors_R163_R164_Keywords(t *testing.T) {
	t.Parallel()
	status := map[string]int{
		"invalidFilter": 400, "tooMany": 400, "uniqueness": 409, "mutability": 400, "invalidSyntax": 400,
		"invalidPath": 400, "noTarget": 400, "invalidValue": 400, "invalidVers": 400, "sensitive": 403,
		"invalidCursor": 400, "expiredCursor": 400, "invalidCount": 400,
	}
	for k, row := range kinds {
		if want, ok := status[row.scimType]; row.scimType != "" && (!ok || want != row.status) {
			t.Errorf("%q: %d %s", k, row.status, row.scimType)
		}
		if row.scimType == "" && row.status == 400 {
			t.Errorf("%q: 400 without a keyword", k)
		}
	}
}

func TestErrors_R161_R162_Body(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  *Error
		want string
	}{
		{NewError(KindTaken, "userName", `b"ob`, ""), `{"schemas":["` + URNError + `"],"scimType":"uniqueness","detail":"userName: the value is taken by another resource: \"b\\\"ob\". `},
		{NewError(KindNoToken, "", "", ""), `{"schemas":["` + URNError + `"],"detail":"the request carries no token. `},
	}
	for _, tt := range tests {
		got := string(tt.err.AppendJSON(nil))
		if !strings.HasPrefix(got, tt.want) || !strings.HasSuffix(got, `,"status":"`+strconv.Itoa(tt.err.Status())+`"}`) {
			t.Errorf("got %s", got)
		}
		if tt.err.Error() != "scim: "+tt.err.Detail() {
			t.Errorf("Error is %q", tt.err.Error())
		}
	}
}

func TestErrors_UnknownKindIsInternal(t *testing.T) {
	t.Parallel()
	e := &Error{Kind: "nothing of the kind"}
	if e.Status() != 500 || e.ScimType() != "" || strings.Contains(e.Detail(), "nothing") {
		t.Errorf("%d %q %q", e.Status(), e.ScimType(), e.Detail())
	}
}

func TestErrors_ValuesArePrintable(t *testing.T) {
	t.Parallel()
	if got := printable("a\xffb"); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
	if got := []rune(printable(strings.Repeat("é", 500))); len(got) != maxShown+1 {
		t.Errorf("%d characters", len(got))
	}
	cause := os.ErrNotExist
	if e := (&Error{Kind: KindInternal, Cause: cause}); e.Unwrap() != cause || strings.Contains(e.Detail(), cause.Error()) {
		t.Errorf("the cause is told: %s", e.Detail())
	}
}
