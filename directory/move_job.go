package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// jobMove is the kind of job that moves the users of its connection to the one that is its target. Begun again, it goes
// through all who are left: who has moved is there no more.
const jobMove = "move"

// moveState is such a job's.
type moveState struct {
	By string `json:"by"` // who asked for it
}

// moveJob adds a job to the plan.
func (p *plan) moveJob(m *mover) (Job, error) {
	text, err := json.Marshal(moveState{By: m.by.Name})
	j := Job{
		Root: p.Root, ID: ident.NewRow(p.now), Kind: jobMove, Workspace: p.workspace, Connection: m.from.Connection.ID,
		Target: m.to.Connection.ID, State: text, Total: m.report.Users, Created: p.now, Version: 1,
	}
	p.Jobs = append(p.Jobs, insert(j))
	return j, err
}

// advance adds the progress of a job to the plan, and keeps the lease.
func (p *plan) advance(j Job, done int) *Job {
	after := j
	after.Done = done
	after.LeaseUntil = p.now.Add(jobLease)
	after.Version++
	p.Jobs = append(p.Jobs, update(j, after))
	return &after
}

// runMove works on such a job. from is the connection that the users leave.
func (d *Directory) runMove(ctx context.Context, from Connection, j Job) error {
	var state moveState
	if err := json.Unmarshal(j.State, &state); err != nil {
		return err
	}
	to, err := d.store.Connection(ctx, j.Root, j.Target)
	if there, err := found(err); err != nil {
		return err
	} else if !there {
		return d.failJob(ctx, j, "the connection that they were to go to is gone")
	}
	m, err := d.newMover(ctx, Actor{Name: state.By}, from, to)
	if err != nil {
		return err
	}
	if m.from.Connection.State == StateEnabled {
		return d.failJob(ctx, j, resumedMeanwhile)
	}
	m.job = &j
	m.report.Merged = j.Done // before this run; which of them were merged counts no more
	if err := m.all(ctx); err != nil {
		return err
	}
	switch {
	case m.from.Connection.State == StateEnabled:
		return d.failJob(ctx, *m.job, resumedMeanwhile)
	case m.report.Conflicts > 0:
		return d.failJob(ctx, *m.job, fmt.Sprintf("%d users could not be moved: preview the move to see why", m.report.Conflicts))
	}
	return d.endJob(ctx, *m.job)
}

const resumedMeanwhile = "the connection was resumed meanwhile: pause it and move the others again"

// failJob closes a job that has not come to its end.
func (d *Directory) failJob(ctx context.Context, j Job, why string) error {
	after := j
	after.Failure = why
	return d.closeJob(ctx, j, after)
}

// rest ends a slice of a job: others get their turn, and what both connections declare is read again. It reports
// whether to go on.
func (m *mover) rest(ctx context.Context, worked time.Duration) (bool, error) {
	if m.job == nil {
		return true, ctx.Err()
	}
	if err := rest(ctx, worked); err != nil {
		return false, err
	}
	if err := m.refresh(ctx, m.from.Connection, m.to.Connection); err != nil || m.from.Connection.State == StateEnabled {
		return false, err
	}
	p := m.d.newPlan(m.by, m.from.Workspace, "")
	job := p.advance(*m.job, m.job.Done) // also when nobody could be moved
	err := m.d.store.Commit(ctx, &p.Change)
	m.job = job
	return err == nil, err
}

// all moves everybody, by cursor: who goes does not move the others' places.
func (m *mover) all(ctx context.Context) error {
	var after *scim.Position
	for {
		start := time.Now()
		page, err := m.d.store.Users(ctx, m.query(after, jobSlice))
		if err != nil {
			return err
		}
		for _, u := range page.Users {
			if err := m.one(ctx, u); err != nil {
				return err
			}
			after = &scim.Position{Seq: u.Seq}
		}
		if !page.More {
			return nil
		}
		if more, err := m.rest(ctx, time.Since(start)); err != nil || !more {
			return err
		}
	}
}
