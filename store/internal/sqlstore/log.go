package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

// Audit implements directory.Store.
func (s *Store) Audit(ctx context.Context, root, workspace string, after int64, limit int) ([]directory.AuditEntry, error) {
	return inRoot(s, s.scan(ctx), "audit", root, func(tx *Tx, no int64) ([]directory.AuditEntry, error) {
		if err := s.settleLog(ctx, "audit", no); err != nil {
			return nil, err
		}
		return all(tx, auditScanner(root), `SELECT `+s.order+`, id, time, workspace, connection, actor, action, target_type,
			target, subject, request_id, address, detail, salt, digest FROM audit
			WHERE root = $1 AND `+s.order+` > $2 AND ($3 = '' OR workspace = $3) ORDER BY `+s.order+` LIMIT $4`,
			no, after, workspace, atMost(limit))
	})
}

func auditScanner(root string) func(scanner) (directory.AuditEntry, error) {
	return func(r scanner) (directory.AuditEntry, error) {
		a := directory.AuditEntry{Root: root}
		var at int64
		var salt, digest []byte
		err := r.Scan(&a.Seq, &a.ID, &at, &a.Workspace, &a.Connection, &a.Actor, &a.Action, &a.TargetType,
			&a.Target, &a.Subject, &a.RequestID, &a.Address, &a.Detail, &salt, &digest)
		a.Time = timeOf(at)
		copy(a.Salt[:], salt)
		copy(a.Digest[:], digest)
		return a, err
	}
}

var insertAudit = newInsert("audit", `root BIGINT, id, time BIGINT, workspace, connection, actor, action, target_type, target,
	subject, request_id, address, detail, salt BYTEA, digest BYTEA`)

func (w *writer) audit(a *directory.AuditEntry) error {
	return w.tx.insert(insertAudit, w.root, a.ID, nanos(a.Time), a.Workspace, a.Connection, a.Actor, a.Action, a.TargetType,
		a.Target, a.Subject, a.RequestID, a.Address, text(a.Detail), a.Salt[:], a.Digest[:])
}

// Events implements directory.Store.
func (s *Store) Events(ctx context.Context, root string, after int64, limit int) ([]directory.Event, error) {
	return inRoot(s, s.scan(ctx), "events", root, func(tx *Tx, no int64) ([]directory.Event, error) {
		if err := s.settleLog(ctx, "event", no); err != nil {
			return nil, err
		}
		return all(tx, func(r scanner) (directory.Event, error) {
			e := directory.Event{Root: root}
			var at int64
			err := r.Scan(&e.Seq, &e.ID, &at, &e.Type, &e.Workspace, &e.Connection, &e.Subject, &e.Data)
			e.Time = timeOf(at)
			return e, err
		}, `SELECT `+s.order+`, id, time, type, workspace, connection, subject, data FROM event
			WHERE root = $1 AND `+s.order+` > $2 ORDER BY `+s.order+` LIMIT $3`, no, after, atMost(limit))
	})
}

var insertEvent = newInsert("event", `root BIGINT, id, time BIGINT, type, workspace, connection, subject, data`)

func (w *writer) event(e *directory.Event) error {
	return w.tx.insert(insertEvent,
		w.root, e.ID, nanos(e.Time), e.Type, e.Workspace, e.Connection, e.Subject, string(e.Data))
}
