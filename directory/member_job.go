package directory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/scim"
)

// One transaction at a time writes, so an edit of many members is cut into slices that others get in between. The
// whole edit is accepted in the first transaction, with its audit entry, as jobs; the request works on them itself
// and answers after the last. Whoever finds them open after a crash goes on where the last slice ended.
const (
	// jobMembers is the kind of these jobs.
	jobMembers = "members"
	// maxMemberRows is how many members one transaction changes; more are cut.
	maxMemberRows = 1000
	// memberSlice is how many a slice is about at most; see pace.
	memberSlice    = 250
	minMemberSlice = 50
	// membersOfJob is how many one job is about: its state is written with each slice.
	membersOfJob = 4000
)

// memberState is the state of such a job.
type memberState struct {
	By     Actor         `json:"by"`
	Remove []string      `json:"remove,omitempty"`
	Add    []addedMember `json:"add,omitempty"`
}

type addedMember struct {
	ID      string `json:"id"`
	Display string `json:"display,omitempty"`
}

// part is the edit between two numbers of rows: first those that are removed, then those that are added.
func (s *memberState) part(from, to int) scim.MemberDelta {
	cut := func(i, n int) int { return max(0, min(i, n)) }
	out, in := len(s.Remove), len(s.Add)
	delta := scim.MemberDelta{Remove: s.Remove[cut(from, out):cut(to, out)]}
	for _, m := range s.Add[cut(from-out, in):cut(to-out, in)] {
		delta.Add = append(delta.Add, scim.MemberRef{Value: m.ID, Display: m.Display})
	}
	return delta
}

// ids are those of everybody whom the edit is about.
func (s *memberState) ids() []string {
	ids := slices.Clone(s.Remove)
	for _, m := range s.Add {
		ids = append(ids, m.ID)
	}
	return ids
}

// memberJobs leave the rows of a large edit to jobs, which the caller has leased: the removals first.
func (p *plan) memberJobs(c *Client, rows MembersEdit) error {
	for some := range slices.Chunk(rows.Remove, membersOfJob) {
		if err := p.memberJob(c, rows.Group, memberState{By: p.by, Remove: some}); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(rows.Add, membersOfJob) {
		s := memberState{By: p.by, Add: make([]addedMember, len(some))}
		for i, m := range some {
			s.Add[i] = addedMember{ID: m.ID, Display: m.Display}
		}
		if err := p.memberJob(c, rows.Group, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) memberJob(c *Client, group string, s memberState) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	j := p.newJob(jobMembers, c.Connection.ID, group)
	j.State, j.Total = text, len(s.Remove)+len(s.Add)
	j.LeaseOwner, j.LeaseUntil = j.ID, p.now.Add(jobLease)
	p.Jobs = append(p.Jobs, insert(j))
	p.leased = append(p.leased, j)
	return nil
}

// checkSettled refuses an edit that would rest on a list of members which jobs are still changing.
func (c *Client) checkSettled(ctx context.Context, g Group) error {
	open, err := c.directory.store.Jobs(ctx, g.Root, true, 0)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(open, func(j Job) bool { return j.Kind == jobMembers && j.Target == g.ID }) {
		return ErrBusy
	}
	return nil
}

// finishMembers works on jobs that a request has leased.
func (c *Client) finishMembers(ctx context.Context, jobs []Job) error {
	for _, j := range jobs {
		if err := c.runMembers(ctx, j); err != nil {
			if errors.Is(err, ErrConflict) { // somebody else works on it
				err = ErrBusy
			}
			return scimError(err)
		}
	}
	return nil
}

// runMembers works on one job until it is done.
func (c *Client) runMembers(ctx context.Context, j Job) error {
	var s memberState
	if err := json.Unmarshal(j.State, &s); err != nil {
		return err
	}
	speed := pace{size: memberSlice, least: minMemberSlice, most: memberSlice}
	for j.Finished.IsZero() {
		var after Job
		start := time.Now()
		err := c.directory.write(ctx, s.By, c.Workspace, c.Connection.ID, func(ctx context.Context, p *plan) (err error) {
			p.unaudited = true // the entry of the whole edit is there already
			after, err = c.planSlice(ctx, p, j, &s, speed.size)
			return err
		})
		if err != nil {
			return err
		}
		j = after
		speed.worked(time.Since(start))
	}
	return nil
}

// planSlice plans the next n rows of a job together with its progress, and at its end what the group means for them.
func (c *Client) planSlice(ctx context.Context, p *plan, j Job, s *memberState, n int) (Job, error) {
	after := j
	after.Version++
	after.LeaseUntil = p.now.Add(jobLease)
	after.Done = min(j.Done+n, j.Total)
	g, err := c.directory.store.Group(ctx, j.Root, j.Connection, j.Target)
	there, err := found(err)
	if err != nil {
		return after, err
	}
	if there {
		err = c.planRows(ctx, p, g, s.part(j.Done, after.Done))
	}
	if there && err == nil && after.Done == j.Total {
		err = c.regroupLater(ctx, p, g, s.ids())
	}
	if !there || after.Done == j.Total {
		after.Finished, after.State, after.LeaseOwner, after.LeaseUntil = p.now, []byte("{}"), "", time.Time{}
	}
	p.Jobs = append(p.Jobs, update(j, after))
	return after, err
}

// planRows plans rows that were checked when the edit was accepted. Who is gone since is passed by.
func (c *Client) planRows(ctx context.Context, p *plan, g Group, delta scim.MemberDelta) error {
	ids := slices.Concat(memberValues(delta.Add), delta.Remove)
	present, err := c.directory.store.HasMembers(ctx, g.Root, g.ID, ids)
	if err != nil {
		return err
	}
	types, err := c.directory.store.Resolve(ctx, g.Root, g.Connection, memberValues(delta.Add))
	if err != nil {
		return err
	}
	delta.Add = slices.DeleteFunc(slices.Clone(delta.Add), func(m scim.MemberRef) bool { return types[m.Value] == "" })
	rows := MembersEdit{Group: g.ID, Modified: p.now, Remove: effectiveRemoves(delta, present)}
	rows.Add = newMembers(g, delta.Add, present, types)
	if len(rows.Remove)+len(rows.Add) == 0 {
		return nil
	}
	p.Members = append(p.Members, rows)
	return p.event(EventGroupUpdated, "", groupEvent{Group: g.ID, DisplayName: g.DisplayName, memberChange: rows.change()})
}

// newMembers are the rows of those who are not there yet.
func newMembers(g Group, add []scim.MemberRef, present map[string]bool, types map[string]string) (rows []Member) {
	for _, m := range add {
		if !present[m.Value] {
			rows = append(rows, Member{Root: g.Root, Group: g.ID, ID: m.Value, Type: types[m.Value], Display: m.Display})
		}
	}
	return rows
}

// regroupLater leaves to jobs what a group, if it grants anything, means for people who came or went.
func (c *Client) regroupLater(ctx context.Context, p *plan, g Group, ids []string) error {
	pol, err := c.directory.policy(ctx, p, c.Connection)
	if err != nil || !pol.grantsBy(&g) && !pol.nested() {
		return err
	}
	return p.regroupJobs(c, regrouping{before: &g, after: &g}, ids, nil)
}
