package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
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

// Sessions implements directory.Store: by id. An index finds those of a subject, a connection or workspaces.
func (s *Store) Sessions(ctx context.Context, q directory.SessionQuery, now time.Time) ([]directory.Session, error) {
	return inRoot(s, s.scan(ctx), "sessions", q.Root, func(tx *Tx, no int64) (list []directory.Session, err error) {
		c := s.live(no, now, "x.")
		c.and("subject", q.Subject)
		c.and("connection", q.Connection)
		if q.Workspaces != nil {
			c.in([]string{"workspace", "home"}, q.Workspaces)
		}
		query := selectSession + c.text() + ` AND ` + c.column("id") + ` > ` + c.value(q.After) +
			` ORDER BY x.id LIMIT ` + c.value(atMost(q.Limit))
		return all(tx, scanSession, query, c.args...)
	})
}

// live is the condition for sessions that are live.
func (s *Store) live(root int64, now time.Time, prefix string) *sessionCondition {
	c := &sessionCondition{dialect: s.engine.Dialect, prefix: prefix, root: root}
	c.also = prefix + `state <> 'ended' AND ` + s.engine.Dialect.beside(prefix+"ends") + ` > ` + c.value(nanos(now))
	return c
}

// sessionCondition finds sessions by the first column that it is given, which has an index of its own. SQLite, which knows
// nothing of how many there are, is kept from any other.
type sessionCondition struct {
	dialect Dialect
	prefix  string
	root    int64
	also    string
	parts   []string
	found   bool // there is a column that finds the rows
	args    []any
}

// value adds an argument, and returns its place.
func (c *sessionCondition) value(v any) string {
	c.args = append(c.args, v)
	return parameter(len(c.args))
}

// column names one that is not to find the rows where another one does.
func (c *sessionCondition) column(name string) string {
	if c.found {
		return c.dialect.beside(c.prefix + name)
	}
	return c.prefix + name
}

// and asks for a value; empty: for any.
func (c *sessionCondition) and(column, value string) {
	if value == "" {
		return
	}
	c.parts = append(c.parts, c.column(column)+` = `+c.value(value))
	c.found = true
}

// in asks for rows of which one of the columns has one of the values.
func (c *sessionCondition) in(columns, values []string) {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = c.value(v)
	}
	list := ` IN (` + strings.Join(places, ", ") + `)`
	either := make([]string, len(columns))
	for i, column := range columns {
		either[i] = c.column(column) + list
	}
	c.parts = append(c.parts, `(`+strings.Join(either, " OR ")+`)`)
	c.found = true
}

// text is the whole condition. The root finds the rows where nothing else does.
func (c *sessionCondition) text() string {
	return `WHERE ` + strings.Join(append([]string{c.column("root") + ` = ` + c.value(c.root), c.also}, c.parts...), " AND ")
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

// end ends sessions that are live. Those of a subject are few: one statement looks through them. Others are looked for by
// workspace, as entered and as home, each by its index.
func (w *writer) end(e *directory.SessionEnd) error {
	if e.Workspaces == nil {
		return w.endWhere(e, nil, nil)
	}
	places := []string{"workspace", "home"}
	if e.Subject != "" {
		return w.endWhere(e, places, e.Workspaces)
	}
	for i := range e.Workspaces {
		for j := range places {
			if err := w.endWhere(e, places[j:j+1], e.Workspaces[i:i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) endWhere(e *directory.SessionEnd, columns, workspaces []string) error {
	c := w.s.live(w.root, e.At, "")
	if e.ID != "" { // the key finds it, with the root
		c.parts = append(c.parts, `id = `+c.value(e.ID))
	}
	c.and("subject", e.Subject)
	if len(workspaces) > 0 {
		c.in(columns, workspaces)
	}
	c.and("connection", e.Connection)
	if e.IDPSessions != nil {
		c.in([]string{"idp_session"}, e.IDPSessions)
	}
	if e.Identity != [32]byte{} {
		c.parts = append(c.parts, `identity = `+c.value(e.Identity[:]))
	}
	query := `UPDATE session SET state = 'ended', ends = ` + c.value(nanos(e.At)) + `, reason = ` + c.value(e.Reason) + `, version = version + 1 `
	query += c.text()
	return w.tx.put(query, c.args...)
}
