package sqlstore

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory"
)

const (
	jobColumns = `id, kind, workspace, connection, target, state, done, total, failure, created, finished, lease_owner,
	lease_until, version`
	selectJob = `SELECT ` + jobColumns + ` FROM job `
)

// jobRow takes the columns of one job.
type jobRow struct {
	directory.Job
	created, finished, until int64
}

func (r *jobRow) dest() []any {
	return []any{
		&r.ID, &r.Kind, &r.Workspace, &r.Connection, &r.Target, &r.State, &r.Done, &r.Total, &r.Failure, &r.created,
		&r.finished, &r.LeaseOwner, &r.until, &r.Version,
	}
}

func (r *jobRow) value(root string) directory.Job {
	j := r.Job
	j.Root, j.Created, j.Finished, j.LeaseUntil = root, timeOf(r.created), timeOf(r.finished), timeOf(r.until)
	return j
}

// Jobs implements directory.Store.
func (s *Store) Jobs(ctx context.Context, root string, open bool, limit int) ([]directory.Job, error) {
	where := `WHERE root = $1 `
	if open {
		where += `AND finished = 0 `
	}
	return inRoot(s, s.scan(ctx), "jobs", root, func(tx *Tx, no int64) ([]directory.Job, error) {
		return all(tx, func(r scanner) (directory.Job, error) {
			var row jobRow
			err := r.Scan(row.dest()...)
			return row.value(root), err
		}, selectJob+where+`ORDER BY created DESC, id DESC LIMIT $2`, no, atMost(limit))
	})
}

// freeJob finds the oldest open job whose lease has ended.
const freeJob = `SELECT root, id FROM job WHERE finished = 0 AND lease_until <= $1 ORDER BY created, id LIMIT 1`

// ClaimJob implements directory.Store. The lease moves the version, so that an earlier owner who has overslept its own
// can write no more. While there is nothing to do it only reads.
func (s *Store) ClaimJob(ctx context.Context, owner string, now, until time.Time) (directory.Job, error) {
	var root int64
	var id string
	if err := s.point().row([]any{&root, &id}, freeJob, nanos(now)); err != nil {
		return directory.Job{}, s.fault("claim job", err)
	}
	var job directory.Job
	err := s.write(ctx, "claim job", 1, func(tx *Tx) error {
		if err := tx.row([]any{&root, &id}, s.engine.Dialect.locked(freeJob, skipLocked), nanos(now)); err != nil {
			return err
		}
		var row jobRow
		var text string
		err := tx.row(append(row.dest(), &text), `UPDATE job SET lease_owner = $3, lease_until = $4, version = version + 1
			WHERE root = $1 AND id = $2 RETURNING `+jobColumns+`, (SELECT text FROM symbol WHERE no = job.root)`,
			root, id, owner, nanos(until))
		job = row.value(text)
		return err
	})
	if err != nil {
		return directory.Job{}, err
	}
	return job, nil
}

func (w *writer) job(e *directory.Edit[directory.Job]) error {
	return edit(e,
		func(a *directory.Job) error {
			err := w.tx.put(`INSERT INTO job(root, id, kind, workspace, connection, target, state, done, total, failure,
				created, finished, lease_owner, lease_until, version)
				VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
				w.root, a.ID, a.Kind, a.Workspace, a.Connection, a.Target, string(a.State), a.Done, a.Total, a.Failure,
				nanos(a.Created), nanos(a.Finished), a.LeaseOwner, nanos(a.LeaseUntil), a.Version)
			return err
		},
		func(b *directory.Job) error {
			return w.tx.must(`DELETE FROM job WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.Job) error {
			return w.tx.must(`UPDATE job SET state = $4, done = $5, total = $6, failure = $7, finished = $8,
				lease_owner = $9, lease_until = $10, version = $11 WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, string(a.State), a.Done, a.Total, a.Failure, nanos(a.Finished),
				a.LeaseOwner, nanos(a.LeaseUntil), a.Version)
		})
}
