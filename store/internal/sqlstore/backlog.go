package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

// Backlog implements directory.Store. Every part of it is a look into an index.
func (s *Store) Backlog(ctx context.Context, most int) (directory.Backlog, error) {
	tx := s.scan(ctx)
	var b directory.Backlog
	for _, part := range []func(*Tx, int, *directory.Backlog) error{openJobs, s.untakenEvents, s.unsealedEntries, waitingMessages} {
		if err := part(tx, most, &b); err != nil {
			return directory.Backlog{}, s.fault("backlog", err)
		}
	}
	return b, nil
}

func openJobs(tx *Tx, _ int, b *directory.Backlog) error {
	var oldest int64
	err := tx.row([]any{&b.Jobs.Count, &oldest}, `SELECT count(*), coalesce(min(created), 0) FROM job WHERE finished = 0`)
	b.Jobs.Oldest = timeOf(oldest)
	return err
}

// untakenEvents counts what is behind the position of each webhook: whether it wants to hear of an event is found out
// when it is its turn.
func (s *Store) untakenEvents(tx *Tx, most int, b *directory.Backlog) error {
	return tx.each(func(r scanner) error {
		var failures, disabled, oldest int64
		var w directory.Waiting
		if err := r.Scan(&failures, &disabled, &w.Count, &oldest); err != nil {
			return err
		}
		if disabled != 0 {
			b.Disabled++
			return nil
		}
		if failures > 0 {
			b.Failing++
		}
		w.Oldest = timeOf(oldest)
		b.Events.Add(w)
		return nil
	}, `SELECT h.failures, h.disabled, (SELECT count(*) FROM (`+s.behind("1", "event", "h.root", "h.position")+` LIMIT $1) few),
		`+s.oldest("event", "h.root", "h.position")+` FROM webhook h`, most)
}

func (s *Store) unsealedEntries(tx *Tx, most int, b *directory.Backlog) error {
	return tx.each(func(r scanner) error {
		var w directory.Waiting
		var oldest int64
		if err := r.Scan(&w.Count, &oldest); err != nil {
			return err
		}
		w.Oldest = timeOf(oldest)
		b.Audit.Add(w)
		return nil
	}, `SELECT (SELECT count(*) FROM (`+s.behind("1", "audit", "t.root", "t.sealed")+` LIMIT $1) few),
		`+s.oldest("audit", "t.root", "t.sealed")+` FROM (SELECT w.root, coalesce((SELECT g.last FROM audit_segment g WHERE g.root = w.root ORDER BY g.no DESC LIMIT 1), 0) AS sealed
			FROM workspace w WHERE w.parent = '') t`, most)
}

// waitingMessages counts those of each kind up to the bound, by the index of what is due, and finds the oldest
// of those: ids rise with the time.
func waitingMessages(tx *Tx, most int, b *directory.Backlog) error {
	for _, kind := range []directory.MessageKind{directory.MessageLogout, directory.MessageMail} {
		var o directory.Outbox
		err := tx.row([]any{&o.Waiting, &o.Abandoned}, `SELECT
			(SELECT count(*) FROM (SELECT 1 FROM message WHERE kind = $1 AND abandoned = 0 LIMIT $2) few),
			(SELECT count(*) FROM (SELECT kind FROM message WHERE abandoned <> 0 LIMIT $2) few WHERE few.kind = $1)`, string(kind), most)
		if err != nil {
			return err
		}
		if o == (directory.Outbox{}) {
			continue
		}
		oldest, err := all(tx, scanKept[directory.Message], `SELECT body FROM message WHERE (root, id) =
			(SELECT root, id FROM (SELECT root, id FROM message WHERE kind = $1 AND abandoned = 0 LIMIT $2) few ORDER BY id LIMIT 1)`, string(kind), most)
		if err != nil {
			return err
		}
		for i := range oldest {
			o.Oldest = oldest[i].Created
		}
		if b.Messages == nil {
			b.Messages = map[directory.MessageKind]directory.Outbox{}
		}
		b.Messages[kind] = o
	}
	return nil
}
