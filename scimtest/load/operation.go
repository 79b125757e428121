package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Operation is one line of a report: a kind of request, made again and again.
type Operation struct {
	Name  string
	About string
	// Write tells that it changes the directory.
	Write bool
	// Extra tells that a run makes it only where it is asked for by name.
	Extra bool

	joins   bool                            // it adds members
	members int                             // size of the group that it adds them to
	units   int                             // what one request counts for; 0: one
	budget  func(users int) int             // requests per slice; nil: as many as its time allows
	call    func(s *Server, w *worker) call // the next request of a worker
	before  func(context.Context, *run) error
	after   func(context.Context, *run) error
}

const pageSize = 100

// operations are listed in the order in which they run: those that make the directory grow come last.
var operations = []*Operation{
	{Name: "get", About: "GET a user by id", call: getUser},
	{Name: "eq", About: `GET filter=userName eq "…"`, call: findUser},
	{Name: "sw", About: `GET filter=userName sw "…", 100 users`, Extra: true, call: findPrefix},
	{Name: "co", About: `GET filter=emails.value co "…", one user`, Extra: true, call: findPart},
	{Name: "list", About: "GET the first 100", call: firstPage, before: lookAtFirst},
	{Name: "deep", About: "GET the last 100 by startIndex", call: lastPage, before: lookAtLast},
	{Name: "patch", About: "PATCH active, as RFC 7644 writes it", Write: true, call: toggleUser(activeBody), after: readAgain},
	{Name: "patch-entra", About: "PATCH active, as Entra writes it", Write: true, Extra: true, call: toggleUser(entraActiveBody), after: readAgain},
	{Name: "create", About: "POST a user", Write: true, call: createUser, budget: growth(1), after: readAgain},
	{
		Name: "bulk", About: "POST /Bulk of 100 users; the rate is of users", Write: true, Extra: true, units: bulkUnits,
		call: createMany, budget: growth(bulkUnits), after: readAgain,
	},
	// The largest group is first: the others are then measured with a members table of the same size.
	memberOperation("member100k", 100_000),
	memberOperation("member1k", 1_000),
	memberOperation("member0", 0),
}

func memberOperation(name string, members int) *Operation {
	return &Operation{
		Name: name, About: fmt.Sprintf("PATCH one member into a group of %d", members), Write: true, joins: true, members: members,
		budget: func(int) int { return membersPerSlice }, call: addMember, before: makeGroup, after: dropGroup,
	}
}

const (
	membersPerSlice = 600
	bulkUnits       = 100
)

// growth bounds by how much a slice makes the directory grow.
func growth(units int) func(users int) int {
	return func(users int) int { return max(500, users/20) / units }
}

// Operations are all there are, in the order in which they run.
func Operations() []Operation {
	all := make([]Operation, len(operations))
	for i, o := range operations {
		all[i] = *o
	}
	return all
}

// choose finds operations by name. No names mean all but the extra ones.
func choose(names []string) ([]*Operation, error) {
	var known []string
	for _, o := range operations {
		known = append(known, o.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no operation %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	chosen := func(o *Operation) bool {
		return slices.Contains(names, o.Name) || len(names) == 0 && !o.Extra
	}
	return slices.DeleteFunc(slices.Clone(operations), func(o *Operation) bool { return !chosen(o) }), nil
}

// CheckOperations returns an error for a name that no operation has.
func CheckOperations(names []string) error {
	_, err := choose(names)
	return err
}

func getUser(s *Server, w *worker) call { return s.readUser(s.users[rand.IntN(w.users)]) }

func (s *Server) readUser(u user) call {
	return call{"GET", userPath(u.id), nil, func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		return s.sameUser(a.body, u)
	}}
}

func findUser(s *Server, w *worker) call {
	u := s.users[rand.IntN(w.users)]
	return s.find(`userName eq "`+s.userName(u.number)+`"`, 1, u)
}

// findPart looks for the middle of an address.
func findPart(s *Server, w *worker) call {
	u := s.users[rand.IntN(w.users)]
	return s.find(fmt.Sprintf(`emails.value co "%s%07d@ex"`, s.prefix[2:], u.number), 1, u)
}

// find asks by a filter for the only user that it fits.
func (s *Server) find(filter string, total int, u user) call {
	return call{"GET", "/Users?filter=" + url.QueryEscape(filter), nil, func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		return errors.Join(s.sameUser(a.body, u), s.pageOf(a.body, total, 1))
	}}
}

// findPrefix looks for the users whose names differ in the last two digits alone.
func findPrefix(s *Server, w *worker) call {
	block := s.users[rand.IntN(w.users)].number / blockSize
	total := s.blocks[block]
	filter := fmt.Sprintf(`userName sw "%s%05d"`, s.prefix, block)
	return call{"GET", fmt.Sprintf("/Users?filter=%s&count=%d", url.QueryEscape(filter), pageSize), nil, func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		if s.Constant {
			return nil
		}
		return s.pageOf(a.body, total, min(total, s.page))
	}}
}

func firstPage(s *Server, _ *worker) call { return s.listFrom(1) }
func lastPage(s *Server, _ *worker) call  { return s.listFrom(s.lastPage(s.page)) }

// lastPage is the start of the last page of a size.
func (s *Server) lastPage(size int) int { return max(s.total()-size+1, 1) }

func (s *Server) listFrom(start int) call {
	total := s.total()
	return call{"GET", listPath(start), nil, func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		return s.pageOf(a.body, total, min(s.page, total))
	}}
}

func lookAtFirst(ctx context.Context, r *run) error {
	return r.server.lookThrough(ctx, func(int) int { return 1 })
}

func lookAtLast(ctx context.Context, r *run) error {
	return r.server.lookThrough(ctx, r.server.lastPage)
}

// toggleUser takes a user of the worker's own share, so that each request changes something.
func toggleUser(body func(active bool) []byte) func(*Server, *worker) call {
	return func(s *Server, w *worker) call {
		i := w.number + rand.IntN(max(1, w.users/w.workers))*w.workers
		u := &s.users[i%w.users]
		next := *u
		next.active = !u.active
		w.touch(i % w.users)
		return call{"PATCH", userPath(u.id), body(next.active), func(a answer) error {
			if err := s.patched(a, next); err != nil {
				return err
			}
			u.active = next.active
			return nil
		}}
	}
}

func createUser(s *Server, _ *worker) call {
	u := user{number: int(s.next.Add(1)), active: true}
	return call{"POST", "/Users", s.userBody(u.number), func(a answer) error {
		id, err := idOf(a)
		if err != nil {
			return err
		}
		u.id = id
		s.add(u)
		return s.sameUser(a.body, u)
	}}
}

func createMany(s *Server, _ *worker) call { return s.bulkCreate(bulkUnits) }

func addMember(s *Server, w *worker) call {
	g := s.groups[w.operation.members]
	u := s.users[g.next.Add(1)-1]
	return call{"PATCH", groupPath(g.id), memberBody(u.id), memberPatched}
}

// readAgain reads users back that a slice has written: an answer that shows a change which was not kept fails the run.
func readAgain(ctx context.Context, r *run) error {
	s := r.server
	if s.Constant {
		return nil
	}
	written := s.users[max(len(s.users)-someTouched, 0):]
	if len(r.touched) > 0 {
		written = nil
		for _, i := range r.touched {
			written = append(written, s.users[i])
		}
	}
	var buffer bytes.Buffer
	for _, u := range written {
		if err := s.do(ctx, r.operation.Name+", read again", s.readUser(u), &buffer); err != nil {
			return err
		}
	}
	return nil
}
