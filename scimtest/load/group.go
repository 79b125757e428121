package load

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
)

// batchOfMembers is how many members one request brings into a group that is set up.
const batchOfMembers = 1000

// makeGroup makes the operation's group, with the first users as members, unless there is one. Groups of up to 1,000
// members are made anew for each slice, so that they keep their size; see [dropGroup].
func makeGroup(ctx context.Context, r *run) error {
	s, n := r.server, r.operation.members
	if s.groups[n] != nil {
		return nil
	}
	var buffer bytes.Buffer
	g := &group{}
	first := min(n, batchOfMembers)
	name := fmt.Sprintf("%sGroup %d of %d", s.prefix, len(s.made), n)
	c := call{"POST", "/Groups", groupBody(name, s.ids(0, first)), func(a answer) (err error) {
		g.id, err = idOf(a)
		return err
	}}
	if err := s.do(ctx, "set up "+r.operation.Name, c, &buffer); err != nil {
		return err
	}
	s.noteGroup(g.id)
	for from := first; from < n; from += batchOfMembers {
		c := call{"PATCH", groupPath(g.id), memberBody(s.ids(from, min(n, from+batchOfMembers))...), memberPatched}
		if err := s.do(ctx, "set up "+r.operation.Name, c, &buffer); err != nil {
			return err
		}
	}
	g.next.Store(int64(n))
	s.groups[n] = g
	return nil
}

func (s *Server) ids(from, to int) []string {
	ids := make([]string, 0, to-from)
	for _, u := range s.users[from:to] {
		ids = append(ids, u.id)
	}
	return ids
}

// dropGroup checks a small group and deletes it. If it stayed, the first users would be in more and more groups, and
// a list of them would be more work in the next round. Large groups stay, and are checked by [Server.countMembers].
func dropGroup(ctx context.Context, r *run) error {
	s, n := r.server, r.operation.members
	if n > batchOfMembers {
		return nil
	}
	g := s.groups[n]
	if err := s.countMembersOf(ctx, g); err != nil {
		return err
	}
	delete(s.groups, n)
	c := call{"DELETE", groupPath(g.id), nil, func(a answer) error { return wantStatus(a, http.StatusNoContent) }}
	return s.do(ctx, "delete a group", c, new(bytes.Buffer))
}

// countMembers reads the groups that are kept.
func (s *Server) countMembers(ctx context.Context) error {
	for _, g := range s.groups {
		if err := s.countMembersOf(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// countMembersOf reads a group back: an addition that was answered but lost fails the run.
func (s *Server) countMembersOf(ctx context.Context, g *group) error {
	if s.Constant {
		return nil
	}
	return s.do(ctx, "count members", s.readMembers(g.id, int(g.next.Load())), new(bytes.Buffer))
}

func (s *Server) readMembers(id string, members int) call {
	return call{"GET", groupPath(id), nil, func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		d, err := decode(a.body)
		if err != nil {
			return err
		}
		return want(len(d.Members) == members, "%d members, want %d", len(d.Members), members)
	}}
}
