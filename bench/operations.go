package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
)

// operation is one line of the table.
type operation struct {
	name    string
	about   string
	write   bool
	members int                             // size of the group that it works on
	budget  func(users int) int             // requests per slice; nil: as many as its time allows
	call    func(t *target, w *worker) call // the next request of a worker
	before  func(ctx context.Context, t *target, o *operation) error
	after   func(ctx context.Context, t *target, o *operation) error
}

// operations are listed in the order in which they run: those that make the directory grow come last.
var operations = []*operation{
	{name: "get", about: "GET a user by id", call: getUser},
	{name: "eq", about: `GET filter=userName eq "…"`, call: findUser},
	{name: "list", about: "GET the first 100", call: firstPage},
	{name: "deep", about: "GET the last 100 by startIndex", call: lastPage},
	{name: "patch", about: "PATCH active, Entra's form", write: true, call: toggleUser},
	{name: "create", about: "POST a user", write: true, call: createUser, budget: func(users int) int { return max(500, users/20) }},
	// The largest group is first: the others are then measured with a members table of the same size.
	memberOperation("member100k", 100_000),
	memberOperation("member1k", 1_000),
	memberOperation("member0", 0),
}

func memberOperation(name string, members int) *operation {
	return &operation{
		name: name, about: fmt.Sprintf("PATCH one member into a group of %d", members), write: true, members: members,
		budget: func(int) int { return membersPerSlice }, call: addMember, before: makeGroup, after: dropGroup,
	}
}

const membersPerSlice = 600

func operationNames() []string {
	all := make([]string, len(operations))
	for i, o := range operations {
		all[i] = o.name
	}
	return all
}

func getUser(t *target, w *worker) call {
	u := t.users[rand.IntN(w.users)]
	return call{"GET", "/Users/" + u.id, nil, func(status int, body []byte) error {
		return t.sameUser(status, body, http.StatusOK, u)
	}}
}

func findUser(t *target, w *worker) call {
	u := t.users[rand.IntN(w.users)]
	path := "/Users?filter=" + url.QueryEscape(`userName eq "`+u.name+`"`)
	return call{"GET", path, nil, func(status int, body []byte) error {
		return errors.Join(t.sameUser(status, body, http.StatusOK, u), t.pageOf(body, 1, 1))
	}}
}

func firstPage(t *target, w *worker) call { return t.listFrom(1, w.total) }
func lastPage(t *target, w *worker) call  { return t.listFrom(w.total-pageSize+1, w.total) }

func (t *target) listFrom(start, total int) call {
	path := "/Users?startIndex=" + strconv.Itoa(start) + "&count=" + strconv.Itoa(pageSize)
	return call{"GET", path, nil, func(status int, body []byte) error {
		return errors.Join(want(status == http.StatusOK, "want 200"), t.pageOf(body, total, pageSize))
	}}
}

// toggleUser takes a user of the worker's own share, so that each request changes something.
func toggleUser(t *target, w *worker) call {
	i := w.number + rand.IntN(max(1, w.users/w.workers))*w.workers
	u := &t.users[i%w.users]
	next := *u
	next.active = !u.active
	return call{"PATCH", "/Users/" + u.id, activeBody(next.active), func(status int, body []byte) error {
		if err := t.sameUser(status, body, http.StatusOK, next); err != nil {
			return err
		}
		u.active = next.active
		return nil
	}}
}

func createUser(t *target, _ *worker) call {
	n := int(t.next.Add(1))
	u := user{name: userName(n), active: true}
	return call{"POST", "/Users", userBody(n), func(status int, body []byte) error {
		u.id = textOf(body, "id")
		t.added(u)
		return t.sameUser(status, body, http.StatusCreated, u)
	}}
}

func addMember(t *target, w *worker) call {
	g := t.groups[w.operation.members]
	u := t.users[g.next.Add(1)-1]
	return call{"PATCH", "/Groups/" + g.id, memberBody(u.id), memberAdded}
}

func makeGroup(ctx context.Context, t *target, o *operation) error {
	_, err := t.group(ctx, o.members)
	return err
}

// dropGroup checks a small group and deletes it. If it stayed, the first users would be in more and more groups, and
// a list of them would be more work in the next round. Large groups stay: see [target.group].
func dropGroup(ctx context.Context, t *target, o *operation) error {
	if o.members > batchOfMembers {
		return nil
	}
	g := t.groups[o.members]
	delete(t.groups, o.members)
	if err := t.countMembers(ctx, g); err != nil {
		return err
	}
	return t.do(ctx, call{"DELETE", "/Groups/" + g.id, nil, func(status int, _ []byte) error {
		return want(status == http.StatusNoContent, "status %d, want 204", status)
	}}, new(bytes.Buffer))
}

// countMembers reads the group back: an addition that was answered but lost fails the run.
func (t *target) countMembers(ctx context.Context, g *group) error {
	if !t.exact {
		return nil
	}
	return t.do(ctx, call{"GET", "/Groups/" + g.id, nil, func(_ int, body []byte) error {
		got := bytes.Count(body, []byte(`"value":"`))
		return want(int64(got) == g.next.Load(), "%d members, want %d", got, g.next.Load())
	}}, new(bytes.Buffer))
}

// sameUser checks the answer about one user.
func (t *target) sameUser(status int, body []byte, wanted int, u user) error {
	if status != wanted {
		return fmt.Errorf("status %d, want %d", status, wanted)
	}
	if !t.exact {
		return want(bytes.Contains(body, []byte(`"userName":"`)), "no user in the answer")
	}
	return want(u.id != "" && bytes.Contains(body, []byte(`"id":"`+u.id+`"`)) &&
		bytes.Contains(body, []byte(`"userName":"`+u.name+`"`)) &&
		bytes.Contains(body, []byte(`"active":`+strconv.FormatBool(u.active))),
		"want user %s %s, active %t", u.id, u.name, u.active)
}

// pageOf checks a list's total and the number of users in it.
func (t *target) pageOf(body []byte, total, users int) error {
	if !t.exact {
		total = numberOf(body, "totalResults")
	}
	gotTotal, got := numberOf(body, "totalResults"), bytes.Count(body, []byte(`"userName":"`))
	return want(gotTotal == total && got == users, "%d users of %d, want %d of %d", got, gotTotal, users, total)
}

func memberAdded(status int, _ []byte) error {
	return want(status == http.StatusNoContent || status == http.StatusOK, "status %d, want 204 or 200", status)
}

func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// numberOf is the number after the first "name":, -1 if there is none.
func numberOf(body []byte, name string) int {
	_, rest, _ := bytes.Cut(body, []byte(`"`+name+`":`))
	end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.Atoi(string(rest[:max(end, 0)]))
	if err != nil {
		return -1
	}
	return n
}
