package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/background"
	"github.com/usher-scim/usher/directory/internal/ident"
)

// A job is leased to one worker. Whoever holds the lease renews it with each slice; one that dies loses it, and the
// next goes on where the last slice ended, since the progress commits with the work.
const (
	jobLease = 20 * time.Second
	// jobPause is how often a worker looks for jobs that nobody told it of.
	jobPause = time.Second
	// jobSlice is how many people the first commit of a job is about; see pace for the others.
	jobSlice = 25
	minSlice = 10
	maxSlice = 50
	// maxLost is how often in a row a slice is tried again, busyRest later, before the job begins anew: from the start.
	maxLost  = 10
	busyRest = 250 * time.Millisecond
)

// Jobs lists the jobs of the workspace's tree, the newest first: all that are open, and the last ones that ended.
func (d *Directory) Jobs(ctx context.Context, w Workspace, limit int) ([]Job, error) {
	return d.store.Jobs(ctx, w.Root, false, limit)
}

// wakeJobs makes the worker look at once.
func (d *Directory) wakeJobs() {
	select {
	case d.jobs <- struct{}{}:
	default:
	}
}

// keepJobs works on jobs until ctx ends.
func (d *Directory) keepJobs(ctx context.Context) {
	owner := ident.New(tokenIDLength)
	for {
		worked := false
		err := background.Guard(ctx, func(ctx context.Context) (err error) {
			worked, err = d.workJob(ctx, owner)
			return err
		})
		if err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "job failed; it will be tried again", "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-time.After(jobPause):
		case <-d.jobs:
		case <-ctx.Done():
			return
		}
	}
}

// workJob takes one job and works on it until it is done. It reports whether there was one.
func (d *Directory) workJob(ctx context.Context, owner string) (bool, error) {
	now := d.now()
	job, err := d.store.ClaimJob(ctx, owner, now, now.Add(jobLease))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := d.runJob(ctx, job); err != nil {
		return true, fmt.Errorf("%s job %s: %w", job.Kind, job.ID, err)
	}
	return true, nil
}

func (d *Directory) runJob(ctx context.Context, job Job) error {
	w, err := d.store.Workspace(ctx, job.Root, job.Workspace)
	if errors.Is(err, ErrNotFound) {
		return d.endJob(ctx, job)
	}
	if err != nil {
		return err
	}
	conn, err := d.store.Connection(ctx, job.Root, job.Connection)
	if errors.Is(err, ErrNotFound) { // deleted meanwhile, and its grants with it
		return d.endJob(ctx, job)
	}
	if err != nil {
		return err
	}
	switch job.Kind {
	case jobRegroup:
		return (&regrouper{d: d, client: d.ClientFor(w, conn, system), job: job}).run(ctx)
	case jobMembers:
		return d.ClientFor(w, conn, system).runMembers(ctx, job)
	case jobMove:
		return d.runMove(ctx, conn, job)
	}
	return fmt.Errorf("directory: unknown kind of job %q", job.Kind)
}

// newJob is a job of the plan's workspace. Those of one plan are one millisecond apart: they are taken in this order.
func (p *plan) newJob(kind, connection, target string) Job {
	return Job{
		Root: p.Root, ID: ident.NewRow(p.now), Kind: kind, Workspace: p.workspace, Connection: connection, Target: target,
		Created: p.now.Add(time.Duration(len(p.Jobs)) * time.Millisecond), Version: 1,
	}
}

// endJob closes a job for which there is nothing left to do.
func (d *Directory) endJob(ctx context.Context, job Job) error { return d.closeJob(ctx, job, job) }

func (d *Directory) closeJob(ctx context.Context, job, after Job) error {
	after.Finished, after.LeaseOwner, after.LeaseUntil = d.now(), "", time.Time{}
	after.Version++
	return d.store.Commit(ctx, &Change{Root: job.Root, Jobs: []Edit[Job]{update(job, after)}})
}

// regrouper works on a job of kind regroup.
type regrouper struct {
	d      *Directory
	client *Client
	job    Job
	state  regroupState
}

func (g *regrouper) run(ctx context.Context) error {
	if err := json.Unmarshal(g.job.State, &g.state); err != nil {
		return err
	}
	removed, err := g.people(ctx, g.state.Removed)
	if err != nil {
		return err
	}
	present, err := g.present(ctx)
	if err != nil {
		return err
	}
	// From the start, also after a restart: the list may be another now, and who has been worked on already costs reads
	// alone.
	all := slices.Concat(removed, present)
	g.job.Total = len(all)
	speed := pace{size: jobSlice, least: minSlice, most: maxSlice}
	lost := 0
	for done := 0; done < len(all); {
		start := time.Now()
		next := min(done+speed.size, len(all))
		err := g.slice(ctx, all[done:next], next)
		took := time.Since(start)
		switch {
		case err == nil:
			done, lost = next, 0
			speed.worked(took)
		case isBusy(err) && lost < maxLost: // others were first again and again, or the store has too much to do
			lost++
			speed.size, took = speed.least, max(took, busyRest)
		default:
			return err
		}
		if err := rest(ctx, took); err != nil {
			return err
		}
	}
	return g.d.endJob(ctx, g.job)
}

// present lists who is in the group now, when the job is about them.
func (g *regrouper) present(ctx context.Context) ([]string, error) {
	if !g.state.Present {
		return nil, nil
	}
	return g.people(ctx, []string{g.job.Target})
}

// people replaces groups by who is in them, at any depth; the order is the same each time as long as nothing changes.
func (g *regrouper) people(ctx context.Context, ids []string) ([]string, error) {
	types, err := g.d.store.Resolve(ctx, g.job.Root, g.job.Connection, ids)
	if err != nil {
		return nil, err
	}
	var people []string
	seen := map[string]bool{}
	for queue := slices.Clone(ids); len(queue) > 0; {
		id := queue[0]
		queue = queue[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		if types[id] != typeGroup {
			people = append(people, id)
			continue
		}
		members, err := g.d.store.Members(ctx, g.job.Root, id, "", 0)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			types[m.ID] = m.Type
			queue = append(queue, m.ID)
		}
	}
	return people, nil
}

// slice works on some people and notes the progress in the same transaction. Somebody who joins or leaves the group
// meanwhile is a change of its own, with a job of its own.
func (g *regrouper) slice(ctx context.Context, ids []string, done int) error {
	var after Job
	err := g.client.write(ctx, func(ctx context.Context, p *plan) error {
		pol, err := g.d.policy(ctx, p, g.client.Connection)
		if err != nil {
			return err
		}
		after = g.job
		after.Done = done
		after.LeaseUntil = p.now.Add(jobLease)
		after.Version++
		p.Jobs = append(p.Jobs, update(g.job, after))
		p.unaudited = true
		return g.client.reprovision(ctx, p, pol, ids, nil)
	})
	if err == nil {
		g.job = after
	}
	return err
}
