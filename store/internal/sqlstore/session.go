package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

// What moves of a session without its version, or is asked for, stands in columns; they count before the body.
const sessionColumns = `x.hash, x.state, x.closing, x.seen, x.ends, x.reason, x.version, x.body`

const selectSession = `SELECT ` + sessionColumns + ` FROM session x `

func scanSession(r scanner) (s directory.Session, err error) {
	var hash, body []byte
	var state, reason string
	var closing, version, seen, ends int64
	if err := r.Scan(&hash, &state, &closing, &seen, &ends, &reason, &version, &body); err != nil {
		return s, err
	}
	err = json.Unmarshal(body, &s)
	copy(s.Hash[:], hash)
	s.State, s.Closing, s.Reason, s.Version = directory.SessionState(state), closing == 1, reason, version
	s.Seen, s.Ends = timeOf(seen), timeOf(ends)
	return s, err
}

// Session implements directory.Store.
func (s *Store) Session(_ context.Context, root, id string) (directory.Session, error) {
	return oneInRoot(s, "session", root, func(tx *Tx, no int64) (directory.Session, error) {
		return one(tx, scanSession, selectSession+`WHERE x.root = $1 AND x.id = $2`, no, id)
	})
}

// SessionByHash implements directory.Store.
func (s *Store) SessionByHash(_ context.Context, root string, hash [32]byte) (directory.Session, error) {
	return oneInRoot(s, "session", root, func(tx *Tx, no int64) (directory.Session, error) {
		return one(tx, scanSession, selectSession+`WHERE x.root = $1 AND x.hash = $2`, no, hash[:])
	})
}

// Sessions implements directory.Store: by id. An index finds those of a subject, a connection or a workspace.
func (s *Store) Sessions(ctx context.Context, q directory.SessionQuery, now time.Time) ([]directory.Session, error) {
	return inRoot(s, s.scan(ctx), "sessions", q.Root, func(tx *Tx, no int64) (list []directory.Session, err error) {
		where := `WHERE x.root = $1 AND x.id > $2 AND x.state <> 'ended' AND x.ends > $3`
		args := []any{no, q.After, nanos(now)}
		for _, c := range []struct{ column, value string }{{"subject", q.Subject}, {"connection", q.Connection}} {
			if c.value != "" {
				args = append(args, c.value)
				where += ` AND x.` + c.column + ` = ` + parameter(len(args))
			}
		}
		if q.Workspaces != nil {
			list := ""
			for i, id := range q.Workspaces {
				args = append(args, id)
				if i > 0 {
					list += `, `
				}
				list += parameter(len(args))
			}
			where += ` AND (x.workspace IN (` + list + `) OR x.home IN (` + list + `))`
		}
		args = append(args, atMost(q.Limit))
		return all(tx, scanSession, selectSession+where+` ORDER BY x.id LIMIT `+parameter(len(args)), args...)
	})
}

// TouchSession implements directory.Store.
func (s *Store) TouchSession(ctx context.Context, root, id string, seen, ends time.Time) error {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return s.fault("touch session", err)
	}
	return s.write(ctx, "touch session", 1, func(tx *Tx) error {
		return tx.put(`UPDATE session SET seen = $3, ends = $4 WHERE root = $1 AND id = $2 AND state <> 'ended' AND seen < $3`,
			no, id, nanos(seen), nanos(ends))
	})
}

// DueSessions implements directory.Store: the longest over first.
func (s *Store) DueSessions(ctx context.Context, now time.Time, limit int) ([]directory.Session, error) {
	list, err := all(s.scan(ctx), scanSession, selectSession+`WHERE x.closing = 1 AND x.ends <= $1 ORDER BY x.ends LIMIT $2`,
		nanos(now), atMost(limit))
	return list, s.fault("due sessions", err)
}

// DueMemberships implements directory.Store: the longest due first.
func (s *Store) DueMemberships(ctx context.Context, now time.Time, limit int) ([]directory.Membership, error) {
	list, err := all(s.scan(ctx), func(r scanner) (directory.Membership, error) {
		var row membershipRow
		var root string
		if err := r.Scan(append(row.dest(), &root)...); err != nil {
			return row.Membership, err
		}
		return row.value(root)
	}, `SELECT `+membershipColumns+`, s.text FROM membership m JOIN symbol s ON s.no = m.root
		WHERE m.delete_after <> 0 AND m.delete_after <= $1 ORDER BY m.delete_after LIMIT $2`, nanos(now), atMost(limit))
	return list, s.fault("due memberships", err)
}

var sessions = kept[directory.Session]{
	table: "session", key: []string{"id"},
	columns: []string{
		"hash", "subject", "workspace", "home", "connection", "identity", "idp_session", "state", "closing", "seen", "ends", "reason",
	},
	values: func(s *directory.Session) (key, columns []any) {
		return []any{s.ID}, []any{
			s.Hash[:], s.Subject, s.Workspace, s.Home, s.Connection, s.Identity[:], s.IDPSession, string(s.State),
			flag(s.Closing), nanos(s.Seen), nanos(s.Ends), s.Reason,
		}
	},
	version: func(s *directory.Session) int64 { return s.Version },
}

// end ends sessions that are live. Workspaces are looked for as entered and as home, each by its index.
func (w *writer) end(e *directory.SessionEnd) error {
	if e.Workspaces == nil {
		return w.endWhere(e, "", "")
	}
	for _, id := range e.Workspaces {
		for _, column := range []string{"workspace", "home"} {
			if err := w.endWhere(e, column, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) endWhere(e *directory.SessionEnd, column, workspace string) error {
	query := `UPDATE session SET state = 'ended', ends = $2, reason = $3, version = version + 1
		WHERE root = $1 AND state <> 'ended' AND ends > $2`
	args := []any{w.root, nanos(e.At), e.Reason}
	for _, c := range []struct{ column, value string }{
		{"id", e.ID}, {"subject", e.Subject}, {"connection", e.Connection}, {"idp_session", e.IDPSession}, {column, workspace},
	} {
		if c.value != "" {
			args = append(args, c.value)
			query += ` AND ` + c.column + ` = ` + parameter(len(args))
		}
	}
	if e.Identity != [32]byte{} {
		args = append(args, e.Identity[:])
		query += ` AND identity = ` + parameter(len(args))
	}
	return w.tx.put(query, args...)
}
