package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

// place is where an entry of a log stands.
type place struct{ order, time int64 }

// PruneEvents implements directory.Store. Events are about as old as their places tell, so only the oldest slice is looked
// at: what is older than the one that stays for the dropped ones goes with them.
func (s *Store) PruneEvents(ctx context.Context, root string, olderThan time.Time) (int, error) {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return 0, nil
	}
	if err == nil {
		err = s.settleLog(ctx, "event", no)
	}
	if err != nil {
		return 0, s.fault("prune events", err)
	}
	upTo, some, err := s.expired(ctx, no, olderThan)
	if err != nil || some == 0 {
		return 0, s.fault("prune events", err)
	}
	err = s.write(ctx, "prune events", sweepRows, func(tx *Tx) error {
		if _, err := tx.exec(`DELETE FROM event WHERE `+s.engine.Dialect.beside("root")+` = $1 AND seq IN (
			SELECT seq FROM event WHERE root = $1 AND `+s.order+` < $2)`, no, upTo); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE event SET type = $3, workspace = '', connection = '', subject = '', data = '{}'
			WHERE root = $1 AND `+s.order+` = $2`, no, upTo, directory.EventsPruned)
		return err
	})
	return some, err
}

// expired counts the oldest events of a root, up to a slice, that are too old, and says where the last of them stands. One
// that stands for others alone is none.
func (s *Store) expired(ctx context.Context, root int64, olderThan time.Time) (upTo int64, some int, err error) {
	oldest, err := all(s.scan(ctx), func(r scanner) (p place, err error) {
		return p, r.Scan(&p.order, &p.time)
	}, `SELECT `+s.order+`, time FROM event WHERE root = $1 AND `+s.order+` > 0 ORDER BY `+s.order+` LIMIT $2`, root, sweepRows)
	for _, p := range oldest {
		if p.time >= nanos(olderThan) {
			break
		}
		upTo = p.order
		some++
	}
	if err != nil || some != 1 {
		return upTo, some, err
	}
	err = s.scan(ctx).row([]any{&some}, `SELECT count(*) FROM event WHERE root = $1 AND `+s.order+` = $2 AND type <> $3`,
		root, upTo, directory.EventsPruned)
	return upTo, some, err
}

// PruneAudit implements directory.Store.
func (s *Store) PruneAudit(ctx context.Context, root string, upTo directory.Segment) (int, error) {
	no, err := s.number(s.point(), root)
	if err != nil {
		return 0, s.fault("prune audit", err)
	}
	var n int64
	err = s.write(ctx, "prune audit", sweepRows, func(tx *Tx) error {
		if _, err := tx.exec(`DELETE FROM audit_segment WHERE root = $1 AND no < $2`, no, upTo.No); err != nil {
			return err
		}
		marked, err := tx.exec(`UPDATE audit_segment SET first = $3, entries = $4, signature = $5 WHERE root = $1 AND no = $2`,
			no, upTo.No, upTo.First, upTo.Entries, document(upTo.Signature).value())
		if err == nil && marked == 0 {
			err = directory.ErrConflict
		}
		if err != nil {
			return err
		}
		n, err = tx.exec(`DELETE FROM audit WHERE `+s.engine.Dialect.beside("root")+` = $1 AND seq IN (
			SELECT seq FROM audit WHERE root = $1 AND `+s.order+` <= $2 ORDER BY `+s.order+` LIMIT $3)`, no, upTo.Last, sweepRows)
		return err
	})
	return int(n), err
}
