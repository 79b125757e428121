package sqlstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/usher-scim/usher/directory"
)

const selectSeq = `SELECT seq FROM resource WHERE root = $1 AND id = $2`

// groupSeq finds a group's sequence number, by which its member rows know it.
func groupSeq(tx *Tx, root int64, id string) (int64, error) {
	var seq int64
	err := tx.row([]any{&seq}, selectSeq, root, id)
	return seq, noneIsNotFound(err)
}

// Members implements directory.Store. A group or an after that is not there is ErrNotFound.
func (s *Store) Members(ctx context.Context, root, group, after string, limit int) ([]directory.Member, error) {
	no, err := s.number(s.point(), root)
	if err != nil {
		return nil, s.fault("members", err)
	}
	seq, err := groupSeq(s.keyed, no, group)
	if err != nil {
		return nil, s.fault("members", err)
	}
	var from int64
	if after != "" {
		err = s.keyed.row([]any{&from}, `SELECT ord FROM member WHERE root = $1 AND id = $2 AND grp = $3`, no, after, seq)
		if err != nil {
			return nil, s.fault("members", err)
		}
	}
	list, err := all(s.scan(ctx), func(r scanner) (directory.Member, error) {
		m := directory.Member{Root: root, Group: group}
		err := r.Scan(&m.ID, &m.Type, &m.Display)
		return m, err
	}, `SELECT id, type, display FROM member WHERE root = $1 AND grp = $2 AND ord > $3 ORDER BY ord LIMIT $4`,
		no, seq, from, atMost(limit))
	return list, s.fault("members", err)
}

// HasMembers implements directory.Store.
func (s *Store) HasMembers(_ context.Context, root, group string, ids []string) (map[string]bool, error) {
	has := make(map[string]bool, len(ids))
	no, err := s.number(s.point(), root)
	if err != nil {
		return nil, s.fault("has members", err)
	}
	err = inLots(ids, []any{no, group}, func(list string, args []any) error {
		return s.keyed.each(func(r scanner) error {
			var id string
			err := r.Scan(&id)
			has[id] = true
			return err
		}, `SELECT id FROM member WHERE root = $1 AND grp = (`+selectSeq+`) AND id IN (`+list+`)`, args...)
	})
	return has, s.fault("has members", err)
}

func (w *writer) members(i int, e *directory.MembersEdit) error {
	return w.editMembers(e, &w.done.membersVersion[i])
}

// editMembers applies an edit of a group's members. Which rows really change decides whether the version moves; it
// moves once in a change, so not here when the group itself is edited beside. It sets the version that was reached, at the
// latest when the change is written.
func (w *writer) editMembers(e *directory.MembersEdit, version *int64) error {
	add, remove, err := e.Add, e.Remove, error(nil)
	if e.Reset {
		if add, remove, err = w.reset(e); err != nil {
			return err
		}
	}
	if len(add)+len(remove) == 0 {
		return nil
	}
	step := int64(1)
	if w.done.moved[e.Group] {
		step = 0
	}
	w.done.moved[e.Group] = true
	args := []any{w.root, e.Group, len(add) - len(remove), len(add), step, nanos(e.Modified)}
	if len(remove) == 0 && w.s.engine.Dialect.Concurrent {
		return w.addMembersAtOnce(add, args, version)
	}
	var seq, ord int64
	if err = w.tx.row([]any{&seq, &ord, version}, updateList, args...); err != nil {
		return conflictIfNone(err)
	}
	if err := w.removeMembers(seq, remove); err != nil {
		return err
	}
	return w.addMembers(seq, ord-int64(len(add)), add)
}

// The change of a group whose list of members changes, and that with new members in one statement: it divides by zero
// when there is no such group; see Queued. Who has to wait for the answer in between keeps the group's row locked so long.
const (
	updateList = `UPDATE resource SET links = links + $3, ord = ord + $4, version = version + $5,
		modified = CASE WHEN modified > $6 THEN modified ELSE $6 END WHERE root = $1 AND id = $2 RETURNING seq, ord, version`
	extendList = `WITH grp AS (` + updateList + `), added AS (
			INSERT INTO member(root, grp, ord, id, type, display)
			SELECT $1, grp.seq, grp.ord - $4 + m.n, m.id, m.type, m.display
			FROM grp, unnest($7::TEXT[], $8::TEXT[], $9::TEXT[]) WITH ORDINALITY AS m(id, type, display, n)
		) SELECT CAST(coalesce(max(version), 0) / count(*) AS BIGINT) FROM grp`
)

func (w *writer) addMembersAtOnce(add []directory.Member, args []any, version *int64) error {
	ids, types, displays := make([]string, len(add)), make([]string, len(add)), make([]string, len(add))
	for i, m := range add {
		ids[i], types[i], displays[i] = m.ID, m.Type, m.Display
	}
	if err := every(add, func(m *directory.Member) error { return w.linkMember(*m) }); err != nil {
		return err
	}
	return w.tx.mustRow([]any{version}, extendList, append(args, ids, types, displays)...)
}

// reset compares the members that a group shall have with those that it has, so that only the difference is
// written.
func (w *writer) reset(e *directory.MembersEdit) (add []directory.Member, remove []string, err error) {
	seq, err := groupSeq(w.tx, w.root, e.Group)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil, directory.ErrConflict
	}
	if err != nil {
		return nil, nil, err
	}
	want := make(map[string]bool, len(e.Add))
	for _, m := range e.Add {
		want[m.ID] = true
	}
	err = w.tx.each(func(r scanner) error {
		var id string
		err := r.Scan(&id)
		if !want[id] {
			remove = append(remove, id)
		}
		delete(want, id)
		return err
	}, `SELECT id FROM member WHERE root = $1 AND grp = $2 ORDER BY ord`, w.root, seq)
	for _, m := range e.Add {
		if want[m.ID] {
			add = append(add, m)
			delete(want, m.ID)
		}
	}
	return add, remove, err
}

func (w *writer) addMembers(grp, ord int64, add []directory.Member) error {
	for i, m := range add {
		err := w.tx.put(`INSERT INTO member(root, grp, ord, id, type, display) VALUES($1, $2, $3, $4, $5, $6)`,
			w.root, grp, ord+int64(i)+1, m.ID, m.Type, m.Display)
		if err != nil {
			return err
		}
		if err := w.linkMember(m); err != nil {
			return err
		}
	}
	return nil
}

// linkMember counts the group at its new member, which has to exist.
func (w *writer) linkMember(m directory.Member) error {
	if m.Type == typeUser {
		return w.tx.must(`UPDATE resource SET links = links + 1 WHERE root = $1 AND id = $2`, w.root, m.ID)
	}
	return w.tx.holds(w.s.engine.Dialect.locked(selectSeq, forKeyShare), w.root, m.ID)
}

func (w *writer) removeMembers(grp int64, ids []string) error {
	for _, id := range ids {
		var typ string
		err := w.tx.row([]any{&typ}, `DELETE FROM member WHERE root = $1 AND id = $2 AND grp = $3 RETURNING type`,
			w.root, id, grp)
		if err != nil {
			return conflictIfNone(err)
		}
		if typ != typeUser {
			continue
		}
		if err := w.tx.put(`UPDATE resource SET links = links - 1 WHERE root = $1 AND id = $2`, w.root, id); err != nil {
			return err
		}
	}
	return nil
}

// dropMembers forgets the members of a group that is gone. Row by row: what one statement over all of them would be
// undone by is kept in memory.
func (w *writer) dropMembers(grp int64) error {
	ids, err := all(w.tx, scanText, `SELECT id FROM member WHERE root = $1 AND grp = $2 ORDER BY ord`, w.root, grp)
	if err != nil {
		return err
	}
	return w.removeMembers(grp, ids)
}

// leaveGroups takes a resource that is gone out of its groups, whose lists and versions change with it.
func (w *writer) leaveGroups(id string) error {
	groups, err := all(w.tx, scanText, `SELECT r.id FROM member m JOIN resource r ON r.seq = m.grp WHERE m.root = $1 AND m.id = $2 AND r.root = $1
		ORDER BY r.seq`, w.root, id)
	if err != nil {
		return err
	}
	now := w.s.opt.Now()
	for _, g := range groups {
		if err := w.editMembers(&directory.MembersEdit{Group: g, Remove: []string{id}, Modified: now}, new(int64)); err != nil {
			return err
		}
	}
	return nil
}

// lots are the lengths of the lists in statements: there are few, so that the statements can be prepared.
var lots = [...]int{1, 8, 100}

// inLots calls fn for each lot of ids with its placeholders and with all arguments: those given, then the ids. A
// short lot repeats its last id.
func inLots[T any](ids []T, args []any, fn func(list string, args []any) error) error {
	for len(ids) > 0 {
		size := lots[len(lots)-1]
		for _, s := range lots {
			if s >= len(ids) {
				size = s
				break
			}
		}
		n := min(len(ids), size)
		all := append(make([]any, 0, len(args)+size), args...)
		for i := range size {
			all = append(all, ids[min(i, n-1)])
		}
		if err := fn(placeholders(len(args)+1, size), all); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// placeholders is a list of n, numbered from the given one.
func placeholders(from, n int) string {
	b := make([]byte, 0, 5*n)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '$'), int64(from+i), 10)
	}
	return string(b)
}
