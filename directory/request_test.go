package directory_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// note makes the note of a request.
func note(method, path, query, body string) *directory.RequestNote {
	n := &directory.RequestNote{Method: method, Path: path, Query: query, RequestID: "r1", Address: "192.0.2.1"}
	_, _ = n.Write([]byte(body))
	return n
}

const someID = "0p2k0000000000000000000a"

func TestRequestNote_SaysWhatWasAsked(t *testing.T) {
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
		asked, _ := directory.Worded(note(at.method, at.path, at.query, at.body), true)
		equal(t, at.method+" "+at.path+" "+at.body, asked, at.want)
	}
}

func TestRequestNote_ShowsListedAttributesOnly(t *testing.T) {
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
		_, body := directory.Worded(note("POST", at.path, "", at.body), true)
		equal(t, at.body, body, at.want)
	}
	_, body := directory.Worded(note("POST", "/Users", "", `{"userName":"jane","externalId":"7","displayName":"Jane","active":true}`), false)
	equal(t, "a record that is nobody's", body, `{"userName":"•••","externalId":"•••","displayName":"•••","active":true}`)
}

func TestRequestNote_BodiesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 3000)
	_, body := directory.Worded(note("POST", "/Groups", "", `{"displayName":"`+long+`"}`), true)
	equal(t, "a long value", body, `{"displayName":"`+strings.Repeat("é", 200)+`…"}`)
	_, body = directory.Worded(note("POST", "/Groups", "", `{"roles":["`+strings.Repeat(`é","`, 3000)+`"]}`), true)
	if len(body) > 4096 || !strings.HasSuffix(body, "…") || strings.Contains(body, "\uFFFD") {
		t.Errorf("a body of many values has %d bytes and ends with %q", len(body), body[len(body)-8:])
	}
	_, body = directory.Worded(note("POST", "/Groups", "", `{"displayName":"`+strings.Repeat("a", 20_000)+`"}`), true)
	equal(t, "a body that is not kept", body, "(20018 bytes, too many to be kept)")
}

// Whatever the attribute is called and wherever it stands, a value is shown only when the attribute is listed.
func TestRequestNote_NoOtherValueIsEverShown(t *testing.T) {
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
		asked, shown := directory.Worded(n, rapid.Bool().Draw(rt, "personal"))
		if strings.Contains(asked+shown, secret) {
			rt.Fatalf("%s\nis told as\n%s\n%s", body, asked, shown)
		}
	})
}

// Whatever is sent, the words are bounded.
func FuzzRequestNote(f *testing.F) {
	f.Add("POST", "/Users", "", `{"userName":"a","password":"topsecret"}`)
	f.Add("PATCH", "/Users/x", "", `{"Operations":[{"op":"add","path":"password","value":"topsecret"}]}`)
	f.Add("GET", "/Users", "filter=password+eq+%22topsecret%22", "")
	f.Add("POST", "/Users/.search", "", `{"filter":"password eq \"topsecret\""}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		for _, personal := range []bool{true, false} {
			asked, shown := directory.Worded(note(method, path, query, body), personal)
			if len(shown) > 4096 || len(asked) > 8192 {
				t.Errorf("%d bytes asked, %d bytes shown", len(asked), len(shown))
			}
		}
	})
}

func TestRequestNote_RecordOfAChange(t *testing.T) {
	t.Parallel()
	r := directory.CommittedRequest(note("POST", "/Users", "", `{"userName":"jane"}`), "create user jane", "u1", "s1")
	equal(t, "record", r, directory.Request{
		Method: "POST", Path: "/Users", Status: 201, Target: "u1", Subject: "s1",
		Asked: `create user "jane"`, Did: "create user jane", Body: `{"userName":"jane"}`,
	})
	r = directory.CommittedRequest(note("POST", "/Bulk", "", `{"Operations":[{"data":{"userName":"jane"}}]}`), "create user jane", "u1", "s1")
	equal(t, "operation of a bulk request", r.Asked+"|"+r.Body, "an operation of a bulk request|")
}

// answerTo hands in a request that was answered, as the front door does.
func (w *world) answerTo(n *directory.RequestNote, status int, refused *scim.Error) {
	n.Authenticated(w.Client)
	w.directory.RecordRequest(n, directory.RequestOutcome{Method: n.Method, Path: n.Path, Status: status, Refused: refused})
}

func (w *world) requestLog(q directory.RequestQuery) []directory.Request {
	w.t.Helper()
	check(w.t, w.directory.WriteRequests(w.ctx))
	found, err := w.directory.RequestLog(w.ctx, w.workspace, q)
	check(w.t, err)
	return found
}

// said is a record as one line.
func said(r directory.Request) string {
	return fmt.Sprintf("%d %s | %s | %s", r.Status, r.Asked, r.Did, r.Cause)
}

func saidAll(log []directory.Request) []string {
	lines := []string{}
	for _, r := range log {
		lines = append(lines, said(r))
	}
	return lines
}

func TestRequestLog_ReadsAndRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.user(`{"userName":"jane@example.com"}`)
	subject := w.subject(jane.ID)
	taken := scim.NewError(scim.KindTaken, "userName", "JANE@example.com", "another one")
	w.answerTo(note("POST", "/Users", "", `{"userName":"JANE@example.com"}`), 409, taken)
	for range 3 {
		w.answerTo(note("GET", "/Users/"+jane.ID, "", ""), 200, nil)
	}
	w.answerTo(note("PATCH", "/Users/"+jane.ID, "", `{"Operations":[{"op":"replace","value":{"active":true}}]}`), 200, nil)
	w.answerTo(note("POST", "/Users", "", `{"userName":"eve@example.com"}`), 400, scim.NewError(scim.KindUnknownRole, "roles", "Boss", "Admin"))
	log := w.requestLog(directory.RequestQuery{})
	for i := range log {
		log[i].Asked = w.names.Replace(log[i].Asked)
	}
	equal(t, "log", saidAll(log), []string{
		`400 create user "eve@example.com" | nothing: it was refused | roles: the workspace has no such role: "Boss". Allowed: Admin.`,
		`200 change user <jane@example.com>: activate | nothing: it was so already | `,
		`200 read user <jane@example.com> | 2 more requests like it in the same second | `,
		`409 create user "JANE@example.com" | nothing: it was refused | userName: the value is taken by another resource: "JANE@example.com". Allowed: another one.`,
	})
	refused := log[3]
	if refused.ScimType != "uniqueness" || refused.Fix == "" || refused.Subject != subject || refused.Actor != "token:t" ||
		refused.Connection != w.connection.ID || refused.RequestID != "r1" || refused.Address != "192.0.2.1" {
		t.Errorf("the record of the refusal is %+v", refused)
	}
	equal(t, "the subject of somebody who is not there", log[0].Subject, "")
	for _, q := range []struct {
		name  string
		query directory.RequestQuery
		want  int
	}{
		{"by subject", directory.RequestQuery{Subject: subject}, 3},
		{"by name", directory.RequestQuery{Text: "eve@"}, 1},
		{"failures", directory.RequestQuery{Failed: true}, 2},
		{"by connection", directory.RequestQuery{Connection: w.connection.ID}, 4},
		{"of another connection", directory.RequestQuery{Connection: "other"}, 0},
		{"a page", directory.RequestQuery{Limit: 2}, 2},
		{"the next page", directory.RequestQuery{Limit: 2, Before: log[1].Seq}, 2},
	} {
		if got := w.requestLog(q.query); len(got) != q.want {
			t.Errorf("%s found %d records, want %d: %q", q.name, len(got), q.want, saidAll(got))
		}
	}
}

// The record is one person's and goes with that person, so it must not hold another one's name.
func TestRequestLog_X3_OneAsksForTheNameOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.user(`{"userName":"jane@example.com"}`)
	eve := w.user(`{"userName":"eve@example.com"}`)
	for _, name := range []string{"jane@example.com", "nobody@example.com"} {
		w.answerTo(note("PUT", "/Users/"+eve.ID, "", `{"userName":"`+name+`"}`), 409, scim.NewError(scim.KindTaken, "userName", name, ""))
	}
	log := w.requestLog(directory.RequestQuery{Subject: w.subject(eve.ID)})
	equal(t, "log", []string{log[0].Asked, log[0].Cause, w.names.Replace(log[1].Asked), log[1].Cause}, []string{
		`replace user "nobody@example.com"`, `userName: the value is taken by another resource: "nobody@example.com".`,
		`replace user <eve@example.com>`, `userName: the value is taken by another resource.`,
	})
}

// A workspace below sees what its own connections were asked, and nothing else.
func TestRequestLog_OfABranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	child := w.branch("child", w.workspace.ID)
	own, err := w.directory.CreateConnection(w.ctx, operator, child, directory.NewConnection{Name: "own", Profile: "okta"})
	check(t, err)
	w.answerTo(note("GET", "/Users", "", ""), 200, nil)
	w.Client = w.directory.ClientFor(child, own, operator)
	w.answerTo(note("GET", "/Groups", "", ""), 200, nil)
	check(t, w.directory.WriteRequests(w.ctx))
	found, err := w.directory.RequestLog(w.ctx, child, directory.RequestQuery{})
	check(t, err)
	equal(t, "log of the child", saidAll(found), []string{"200 list groups |  | "})
	found, err = w.directory.RequestLog(w.ctx, child, directory.RequestQuery{Connection: w.connection.ID})
	check(t, err)
	equal(t, "records of a connection above", len(found), 0)
	equal(t, "records of the root", len(w.requestLog(directory.RequestQuery{})), 2)
}

// A token that opens nothing still leaves a record with the connection in whose URL it was shown (E5, C8); an unknown
// connection leaves none.
func TestRequestLog_E5_WrongTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for range 50 {
		for _, connection := range []string{w.connection.ID, "nobody", ""} {
			n := note("GET", "/Users", "", "")
			n.Connection = connection
			w.directory.RecordRequest(n, directory.RequestOutcome{
				Method: "GET", Path: "/Users", Status: http.StatusUnauthorized,
				Refused: scim.NewError(scim.KindExpiredToken, "Authorization", "2029-01-01T00:00:00Z", ""),
			})
		}
	}
	log := w.requestLog(directory.RequestQuery{})
	equal(t, "log", saidAll(log), []string{
		`401 list users | nothing: it was refused; 49 more requests like it in the same second | Authorization: the token has expired.`,
	})
}

// X3: what was recorded of a person before there was a user is erased with the person as well.
func TestRequestLog_X3_IsErasedWithThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.set(directory.ConnectionSettings{HardDelete: true})
	const mail = "jane@example.com"
	w.answerTo(note("GET", "/Users", "filter=userName+eq+%22"+mail+"%22", ""), 200, nil)
	w.answerTo(note("POST", "/Users", "", `{"userName":"Jane@example.com"}`), 400, scim.NewError(scim.KindMissing, "emails", mail, ""))
	w.answerTo(note("POST", "/Users", "", `{"emails":[{"value":"`+mail+`"}]}`), 400, scim.NewError(scim.KindNotCanonical, "emails", mail, ""))
	check(t, w.directory.WriteRequests(w.ctx))
	jane := w.user(`{"userName":"` + mail + `"}`)
	w.answerTo(note("PUT", "/Users/"+jane.ID, "", `{"userName":"`+mail+`"}`), 200, nil)
	equal(t, "records with the address", len(w.requestLog(directory.RequestQuery{Text: mail})), 3)
	w.answerTo(note("GET", "/Users", "filter=userName+eq+%22"+mail+"%22", ""), 200, nil) // waits to be written
	check(t, w.Delete(w.ctx, w.userType(), jane.ID, scim.Write{}))
	log := w.requestLog(directory.RequestQuery{})
	equal(t, "records", len(log), 5)
	for _, r := range log {
		if strings.Contains(strings.ToLower(fmt.Sprintf("%+v", r)), mail) {
			t.Errorf("the record still has the address: %+v", r)
		}
	}
}

func TestRequestLog_DropsWhatFindsNoRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	const more = 5
	for range directory.RequestQueue + more {
		w.answerTo(note("DELETE", "/Users/x", "", ""), 404, scim.NewError(scim.KindUnknownResource, "User", "x", ""))
	}
	equal(t, "dropped", w.directory.DroppedRequests(), int64(more))
	equal(t, "recorded", len(w.requestLog(directory.RequestQuery{Limit: 1000})), 1000)
}

func TestRequestLog_IsPruned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.directory = w.openWith(directory.Config{Retention: directory.RequestRetention{Age: 24 * time.Hour, Records: 3}})
	ask := func(n int) {
		for range n {
			w.answerTo(note("DELETE", "/Users/x", "", ""), 404, nil)
		}
		check(t, w.directory.WriteRequests(w.ctx))
	}
	ask(2)
	w.clock.add(25 * time.Hour)
	ask(1)
	check(t, w.directory.PruneRequests(w.ctx))
	equal(t, "records after a day", len(w.requestLog(directory.RequestQuery{})), 1)
	ask(5)
	check(t, w.directory.PruneRequests(w.ctx))
	equal(t, "records", len(w.requestLog(directory.RequestQuery{})), 3)
}

func TestCause_NobodysRecordHasNoValue(t *testing.T) {
	t.Parallel()
	e := scim.NewError(scim.KindTaken, "userName", "jane@example.com", "")
	if got := directory.CauseOf(e, false); strings.Contains(got, "jane") {
		t.Errorf("the cause is %q", got)
	}
	if got := directory.CauseOf(e, true); !strings.Contains(got, "jane") {
		t.Errorf("the cause is %q", got)
	}
}
