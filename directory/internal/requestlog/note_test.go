package requestlog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory/internal/requestlog"
	"github.com/usher-scim/usher/scim"
)

// equal fails unless got is want.
func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s\n got %q\nwant %q", what, got, want)
	}
}

// note makes the note of a request.
func note(method, path, query, body string) *requestlog.Note {
	n := &requestlog.Note{Method: method, Path: path, Query: query, RequestID: "r1", Address: "192.0.2.1"}
	_, _ = n.Write([]byte(body))
	return n
}

const someID = "0p2k0000000000000000000a"

func TestNote_SaysWhatWasAsked(t *testing.T) {
	t.Parallel()
	for _, at := range []struct{ method, path, query, body, want string }{
		{"POST", "/Users", "", `{"userName":"jane@example.com"}`, `create user "jane@example.com"`},
		{"POST", "/Users", "", `not JSON`, `create user`},
		{"POST", "/Groups", "", `{"displayName":"Sales","members":[{"value":"a"},{"value":"b"}]}`, `create group "Sales" with 2 members`},
		{"POST", "/Groups", "", `{"displayName":"Sales","members":[]}`, `create group "Sales"`},
		{"POST", "/Devices", "", `{"displayName":"Laptop"}`, `create resource of Devices "Laptop"`},
		{"POST", "/Bulk", "", `{"Operations":[{"method":"POST"},{"method":"PUT"}]}`, `a bulk request of 2 operations`},
		{"POST", "/Users/.search", "", `{"filter":"userName eq \"jane@example.com\""}`, `find users with userName eq "jane@example.com"`},
		{"GET", "/Users", "", "", `list users`},
		{"GET", "/Users", "filter=userName+eq+%22jane%22", "", `find users with userName eq "jane"`},
		{"GET", "/Users", "filter=password+eq+%22jane%22", "", `find users with password eq "•••"`},
		{"GET", "/Users", "filter=password+eq%22jane%22+and+%22x", "", `find users with password eq"•••" and "•••"`},
		{"GET", "/Users", "filter=userName+eq+%22jane%22+or+userName+eq+%22eve%22", "", `find users with userName eq "jane" or userName eq "•••"`},
		{"GET", "/Groups", "filter=displayName+eq+%22Sales%22&excludedAttributes=members", "", `find groups with displayName eq "Sales"`},
		{"GET", "/Groups", `filter=members[value+eq+"` + someID + `"]`, "", `find groups with members[value eq "` + someID + `"]`},
		{"GET", "/Users/" + someID, "", "", `read user ` + someID},
		{"GET", "/Users/jane@example.com", "", "", `read user`},
		{"GET", "/Me", "", "", `read the user of the token`},
		{"GET", "/ServiceProviderConfig", "", "", `read ServiceProviderConfig`},
		{"PUT", "/Users/" + someID, "", `{"userName":"jane"}`, `replace user "jane"`},
		{"PUT", "/Users/" + someID, "", `{}`, `replace user ` + someID},
		{"DELETE", "/Users/" + someID, "", "", `delete user ` + someID},
		{"PATCH", "/Users/" + someID, "", `{"Operations":[{"op":"replace","path":"active","value":"False"}]}`, `change user ` + someID + `: deactivate`},
		{"PATCH", "/Users/" + someID, "", `{"Operations":[{"op":"Replace","value":{"active":true}}]}`, `change user ` + someID + `: activate`},
		{
			"PATCH", "/Users/" + someID, "", `{"Operations":[{"op":"Add","path":"emails[type eq \"work\"].value","value":"x"},{"op":"replace","value":{"title":"y","nickName":"z"}}]}`,
			`change user ` + someID + `: add emails[type eq "work"].value, replace title, nickName`,
		},
		{
			"PATCH", "/Groups/" + someID, "", `{"Operations":[{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"},{"value":"c"}]}]}`,
			`change group ` + someID + `: add 3 members`,
		},
		{"PATCH", "/Groups/" + someID, "", `{"Operations":[{"op":"remove","path":"members[value eq \"` + someID + `\"]"}]}`, `change group ` + someID + `: remove members`},
		{"PATCH", "/Groups/" + someID, "", ``, `change group ` + someID},
		{"BREW", "/Users", "", "", `BREW user`},
	} {
		asked, _ := requestlog.Worded(note(at.method, at.path, at.query, at.body), true)
		equal(t, at.method+" "+at.path+" "+at.body, asked, at.want)
	}
}

func TestNote_ShowsListedAttributesOnly(t *testing.T) {
	t.Parallel()
	const user = "/Users/" + someID
	for _, at := range []struct{ path, body, want string }{
		{
			"/Users", `{"schemas":["urn:x"],"userName":"jane","password":"s3cret","name":{"givenName":"Jane"},"active":true}`,
			`{"schemas":["urn:x"],"userName":"jane","password":"•••","name":{"givenName":"•••"},"active":true}`,
		},
		{
			"/Users", `{"emails":[{"type":"work","primary":true,"value":"jane@example.com"}],"roles":[{"value":"Admin","primary":"True"}]}`,
			`{"emails":[{"type":"work","primary":true,"value":"•••"}],"roles":[{"value":"Admin","primary":"True"}]}`,
		},
		{
			"/Users", `{"urn:ietf:params:scim:schemas:extension:app:2.0:User":{"role":"Admin","costCenter":7,"note":null}}`,
			`{"urn:ietf:params:scim:schemas:extension:app:2.0:User":{"role":"Admin","costCenter":"•••","note":null}}`,
		},
		{
			"/Users", `{"urn:x:User:password":"s3cret","PASSWORD":"s3cret","userName":{"password":"s3cret"}}`,
			`{"urn:x:User:password":"•••","PASSWORD":"•••","userName":{"password":"•••"}}`,
		},
		{
			user, `{"Operations":[{"op":"replace","path":"password","value":"s3cret"},{"op":"replace","path":"active","value":"False"}]}`,
			`{"Operations":[{"op":"replace","path":"password","value":"•••"},{"op":"replace","path":"active","value":"False"}]}`,
		},
		{
			user, `{"Operations":[{"op":"add","value":{"password":"s3cret","userName":"jane","urn:x:User:phone":"1"}}]}`,
			`{"Operations":[{"op":"add","value":{"password":"•••","userName":"jane","urn:x:User:phone":"•••"}}]}`,
		},
		{
			user, `{"Operations":[{"op":"add","path":"emails[value eq \"jane@example.com\"].type","value":"work"}]}`,
			`{"Operations":[{"op":"add","path":"emails[value eq \"•••\"].type","value":"work"}]}`,
		},
		{
			"/Groups", `{"displayName":"Sales","members":[{"value":"` + someID + `","display":"Jane"},{"value":"jane"}],"userName":"jane"}`,
			`{"displayName":"Sales","members":[{"value":"` + someID + `","display":"•••"},{"value":"•••"}],"userName":"•••"}`,
		},
		{
			"/Bulk", `{"Operations":[{"method":"POST","path":"/Users/jane@example.com","bulkId":"q","data":{"userName":"jane","active":true}}]}`,
			`{"Operations":[{"method":"POST","path":"/Users/{id}","bulkId":"q","data":{"userName":"•••","active":"•••"}}]}`,
		},
		{"/Users", `{"userName":`, ``},
		{"/Users", `"s3cret"`, ``},
	} {
		_, body := requestlog.Worded(note("POST", at.path, "", at.body), true)
		equal(t, at.body, body, at.want)
	}
	_, body := requestlog.Worded(note("POST", "/Users", "", `{"userName":"jane","externalId":"7","displayName":"Jane","active":true}`), false)
	equal(t, "a record that is nobody's", body, `{"userName":"•••","externalId":"•••","displayName":"•••","active":true}`)
}

func TestNote_BodiesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 3000)
	_, body := requestlog.Worded(note("POST", "/Groups", "", `{"displayName":"`+long+`"}`), true)
	equal(t, "a long value", body, `{"displayName":"`+strings.Repeat("é", 200)+`…"}`)
	_, body = requestlog.Worded(note("POST", "/Groups", "", `{"roles":["`+strings.Repeat(`é","`, 3000)+`"]}`), true)
	if len(body) > 4096 || !strings.HasSuffix(body, "…") || strings.Contains(body, "\uFFFD") {
		t.Errorf("a body of many values has %d bytes and ends with %q", len(body), body[len(body)-8:])
	}
	_, body = requestlog.Worded(note("POST", "/Groups", "", `{"displayName":"`+strings.Repeat("a", 20_000)+`"}`), true)
	equal(t, "a body that is not kept", body, "(20018 bytes, too many to be kept)")
}

// A body that was parsed by who serves the request is worded like one that is parsed for the log.
func TestNote_Parsed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"userName":"jane","title":"x"}`, `{"userName":"jane","title":"` + strings.Repeat("a", 20_000) + `"}`} {
		want, wantBody := requestlog.Worded(note("POST", "/Users", "", text), true)
		n := note("POST", "/Users", "", text)
		body, err := scim.ParseJSON([]byte(text), scim.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		n.Parsed(body)
		asked, shown := requestlog.Worded(n, true)
		equal(t, "asked", asked, want)
		equal(t, "the body", shown, wantBody)
	}
}

// A note that waits keeps what was parsed of a small body alone: of a large one it may take twenty times the place.
func TestNote_WaitsWithTheTextOfALargeBody(t *testing.T) {
	t.Parallel()
	for size, kept := range map[int]bool{500: true, 3000: false} {
		text := `{"displayName":"Sales","members":[` + strings.Repeat(`1,`, size/2) + `1]}`
		want, wantBody := requestlog.Worded(note("POST", "/Groups", "", text), true)
		body, err := scim.ParseJSON([]byte(text), scim.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		n := note("POST", "/Groups", "", text)
		n.Parsed(body)
		requestlog.New(requestlog.Config{Now: time.Now}).Add(n, requestlog.Outcome{Method: "POST", Path: "/Groups", Status: 409})
		if requestlog.KeepsParsed(n) != kept {
			t.Errorf("a body of %d bytes is kept parsed: %v", len(text), !kept)
		}
		asked, shown := requestlog.Worded(n, true)
		equal(t, "asked", asked, want)
		equal(t, "the body", shown, wantBody)
	}
}

// Whatever the attribute is called and wherever it stands, a value is shown only when the attribute is listed.
func TestNote_NoOtherValueIsEverShown(t *testing.T) {
	t.Parallel()
	const secret = "topsecret"
	listed := []string{"active", "schemas", "role", "userName", "externalId", "displayName"}
	other := rapid.SampledFrom([]string{
		"password", "PassWord", "title", "name", "emails", "phoneNumbers", "members", "meta", "urn:x:2.0:User",
		"urn:x:2.0:User:pin", "Operations", "value", "display", "accounts", "path.", "op ", "",
	})
	var content func(rt *rapid.T, depth int) string
	content = func(rt *rapid.T, depth int) string {
		kinds := 4
		if depth == 0 {
			kinds = 2
		}
		switch rapid.IntRange(0, kinds-1).Draw(rt, "kind") {
		case 2:
			return "[" + content(rt, depth-1) + "," + content(rt, depth-1) + "]"
		case 3:
			return fmt.Sprintf("{%q:%s,%q:%s}", other.Draw(rt, "name"), content(rt, depth-1),
				"x"+other.Draw(rt, "name"), content(rt, depth-1))
		}
		return `"` + secret + `"`
	}
	rapid.Check(t, func(rt *rapid.T) {
		var members []string
		for _, name := range listed {
			members = append(members, fmt.Sprintf("%q:%q", name, "plain"))
		}
		for i, name := range rapid.SliceOfNDistinct(other, 1, 6, strings.ToLower).Draw(rt, "names") {
			if name == "Operations" {
				continue
			}
			members = append(members, fmt.Sprintf("%q:%s", name, content(rt, i%3)))
		}
		document := "{" + strings.Join(members, ",") + "}"
		path := rapid.SampledFrom([]string{
			"password", "name.givenName", `emails[type eq "work"].value`, `emails[value eq "topsecret"].type `,
			"urn:x:2.0:User:pin", "members.display", `addresses["topsecret"]`,
		}).Draw(rt, "path")
		body := rapid.SampledFrom([]string{
			document,
			fmt.Sprintf(`{"Operations":[{"op":"add","value":%s},{"op":"replace","path":%q,"value":%s}]}`, document, path, content(rt, 2)),
			fmt.Sprintf(`{"Operations":[{"method":"POST","path":"/Users/topsecret","bulkId":"a","data":%s}]}`, document),
			fmt.Sprintf(`{"filter":"title eq \"topsecret\" and %s pr","x":%s}`, "title", document),
		}).Draw(rt, "body")
		n := note(rapid.SampledFrom([]string{"POST", "PUT", "PATCH"}).Draw(rt, "method"),
			rapid.SampledFrom([]string{"/Users", "/Users/topsecret", "/Groups", "/Bulk", "/Devices", "/Users/.search"}).Draw(rt, "path"), "", body)
		asked, shown := requestlog.Worded(n, rapid.Bool().Draw(rt, "personal"))
		if strings.Contains(asked+shown, secret) {
			rt.Fatalf("%s\nis told as\n%s\n%s", body, asked, shown)
		}
	})
}

// Whatever is sent, the words are bounded.
func FuzzNote(f *testing.F) {
	f.Add("POST", "/Users", "", `{"userName":"a","password":"topsecret"}`)
	f.Add("PATCH", "/Users/x", "", `{"Operations":[{"op":"add","path":"password","value":"topsecret"}]}`)
	f.Add("GET", "/Users", "filter=password+eq+%22topsecret%22", "")
	f.Add("POST", "/Users/.search", "", `{"filter":"password eq \"topsecret\""}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		for _, personal := range []bool{true, false} {
			asked, shown := requestlog.Worded(note(method, path, query, body), personal)
			if len(shown) > 4096 || len(asked) > 8192 {
				t.Errorf("%d bytes asked, %d bytes shown", len(asked), len(shown))
			}
		}
	})
}

func TestNote_RecordOfAChange(t *testing.T) {
	t.Parallel()
	r := note("POST", "/Users", "", `{"userName":"jane"}`).Change(requestlog.Record{Did: "user created", Target: "u1", Subject: "s1"})
	want := requestlog.Record{
		Method: "POST", Path: "/Users", Status: 201, Target: "u1", Subject: "s1",
		Asked: `create user "jane"`, Did: "user created", Body: `{"userName":"jane"}`,
	}
	if r != want {
		t.Errorf("the record is %+v, want %+v", r, want)
	}
	r = note("POST", "/Bulk", "", `{"Operations":[{"data":{"userName":"jane"}}]}`).Change(requestlog.Record{Subject: "s1"})
	equal(t, "operation of a bulk request", r.Asked+"|"+r.Body, "an operation of a bulk request|")
}

func TestCause_NobodysRecordHasNoValue(t *testing.T) {
	t.Parallel()
	e := scim.NewError(scim.KindTaken, "userName", "jane@example.com", "")
	if got := requestlog.CauseOf(e, false); strings.Contains(got, "jane") {
		t.Errorf("the cause is %q", got)
	}
	if got := requestlog.CauseOf(e, true); !strings.Contains(got, "jane") {
		t.Errorf("the cause is %q", got)
	}
}
