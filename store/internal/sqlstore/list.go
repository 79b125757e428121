package sqlstore

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Users implements directory.Store.
func (s *Store) Users(ctx context.Context, q directory.ListQuery) (directory.UserPage, error) {
	total, rows, err := s.list(ctx, q, scim.UserType())
	page := directory.UserPage{Total: total, Users: make([]directory.User, len(rows))}
	for i := range rows {
		page.Users[i] = rows[i].user(q.Root, q.Connection)
	}
	return page, err
}

// Groups implements directory.Store.
func (s *Store) Groups(ctx context.Context, q directory.ListQuery) (directory.GroupPage, error) {
	total, rows, err := s.list(ctx, q, scim.GroupType())
	page := directory.GroupPage{Total: total, Groups: make([]directory.Group, len(rows))}
	for i := range rows {
		page.Groups[i] = rows[i].group(q.Root, q.Connection)
	}
	return page, err
}

// lister answers one list query on one snapshot.
type lister struct {
	compiler
	query  directory.ListQuery
	place  int // 0-based
	limit  int
	filter *scim.Filter
}

func (s *Store) list(ctx context.Context, q directory.ListQuery, typ *scim.ResourceType) (total int, rows []resource, err error) {
	if q.Type == nil {
		q.Type = typ
	}
	nos, err := s.numbers(s.point(), scope{q.Root, q.Connection, typ.ID})
	if errors.Is(err, directory.ErrNotFound) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, s.fault("list", err)
	}
	l := lister{
		compiler: compiler{s: s, root: nos.root, scope: nos.scope, typ: q.Type},
		query:    q, place: max(q.StartIndex, 1) - 1, limit: max(q.Limit, 0), filter: q.Filter,
	}
	if n, ok := l.lookUp(); ok {
		l.tx = s.point()
		total, rows, ok, err = l.few(n)
		if ok || err != nil {
			return total, rows, s.fault("list", err)
		}
	}
	err = s.view(ctx, func(tx *Tx) error {
		l.tx = tx
		total, rows, err = l.page()
		return err
	})
	return total, rows, s.fault("list", err)
}

// lookUp recognises what clients send before every write: equality with an identifier.
func (l *lister) lookUp() (*scim.Compare, bool) {
	if l.filter == nil {
		return nil, false
	}
	n, ok := l.filter.Root.(*scim.Compare)
	if !ok || n.Op != scim.Equal {
		return nil, false
	}
	switch n.Path.String() {
	case "userName", "externalId", "id", "displayName", "emails.value", "emails":
		return n, true
	}
	return nil, false
}

// few answers such a query without counting: when no more rows come than the page takes, they are all. ok is false
// when more do.
func (l *lister) few(n *scim.Compare) (total int, rows []resource, ok bool, err error) {
	cond, err := l.compare(n)
	end := max(l.place+l.limit, 1)
	if err != nil || !cond.exact || end > maxFew {
		return 0, nil, false, err
	}
	rows, err = l.rows(cond, 0, end+1)
	if err != nil || len(rows) > end {
		return 0, nil, false, err
	}
	total = len(rows)
	return total, rows[min(l.place, total):min(l.place+l.limit, total)], true, nil
}

// maxFew is where counting is cheaper than reading on.
const maxFew = 1000

// page answers any query.
func (l *lister) page() (int, []resource, error) {
	if l.filter == nil {
		return l.unfiltered()
	}
	cond, err := l.node(l.filter.Root)
	if err != nil {
		return 0, nil, err
	}
	if !cond.exact {
		return l.scan(cond)
	}
	total, err := l.count(cond)
	if err != nil || l.limit == 0 || l.place >= total {
		return total, nil, err
	}
	rows, err := l.rowsAt(cond)
	return total, rows, err
}

// unfiltered is one page of all: the total from the counters, the first row by their blocks.
func (l *lister) unfiltered() (int, []resource, error) {
	total, err := l.s.total(l.tx, l.root, l.scope)
	if err != nil || l.limit == 0 || l.place >= total {
		return total, nil, err
	}
	var from int64
	if l.place > 0 {
		if from, err = l.s.seqAt(l.tx, l.root, l.scope, l.place); err != nil {
			return total, nil, err
		}
	}
	rows, err := l.rows(unknown, from, l.limit)
	return total, rows, err
}

const inScope = `r.root = ? AND r.scope = ?`

// count is the exact number of matches.
func (l *lister) count(cond condition) (int, error) {
	var n int
	err := l.tx.row([]any{&n}, number(`SELECT count(*) FROM resource r WHERE `+inScope+` AND (`+cond.sql+`)`),
		append([]any{l.root, l.scope}, cond.args...)...)
	return n, err
}

// rowsAt is the page of an exact condition. The sequence numbers are found first, so that what lies before the page
// is skipped without reading a document.
func (l *lister) rowsAt(cond condition) ([]resource, error) {
	args := append([]any{l.root, l.scope}, cond.args...)
	return all(l.tx, resourceScanner(), number(selectResource+`WHERE r.seq IN (SELECT r.seq FROM resource r
		WHERE `+inScope+` AND (`+cond.sql+`) ORDER BY r.seq LIMIT ? OFFSET ?) ORDER BY r.seq`),
		append(args, l.limit, l.place)...)
}

// rows reads up to limit rows that meet the condition, from a sequence number on.
func (l *lister) rows(cond condition, from int64, limit int) ([]resource, error) {
	where, args := inScope, []any{l.root, l.scope}
	if cond.known() {
		where, args = where+` AND (`+cond.sql+`)`, append(args, cond.args...)
	}
	if from > 0 {
		where, args = where+` AND r.seq >= ?`, append(args, from)
	}
	return all(l.tx, resourceScanner(), number(selectResource+`WHERE `+where+` ORDER BY r.seq LIMIT ?`), append(args, limit)...)
}
