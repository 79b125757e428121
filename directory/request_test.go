package directory_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// note makes the note of a request.
func note(method, path, query, body string) *directory.RequestNote {
	n := &directory.RequestNote{Method: method, Path: path, Query: query, RequestID: "r1", Address: "192.0.2.1"}
	_, _ = n.Write([]byte(body))
	return n
}

// answerTo hands in a request that was answered, as the front door does.
func (w *world) answerTo(n *directory.RequestNote, status int, refused *scim.Error) {
	w.Client.TakeNote(n)
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
	w.directory = w.openWith(directory.Config{Retention: directory.Retention{Requests: 24 * time.Hour, RequestRecords: 3}})
	ask := func(n int) {
		for range n {
			w.answerTo(note("DELETE", "/Users/x", "", ""), 404, nil)
		}
		check(t, w.directory.WriteRequests(w.ctx))
	}
	ask(2)
	w.clock.add(25 * time.Hour)
	ask(1)
	check(t, w.directory.PruneLogs(w.ctx))
	equal(t, "records after a day", len(w.requestLog(directory.RequestQuery{})), 1)
	ask(5)
	check(t, w.directory.PruneLogs(w.ctx))
	equal(t, "records", len(w.requestLog(directory.RequestQuery{})), 3)
}
