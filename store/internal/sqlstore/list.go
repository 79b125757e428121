package sqlstore

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Users implements directory.Store.
func (s *Store) Users(ctx context.Context, q directory.ListQuery) (directory.UserPage, error) {
	found, err := s.list(ctx, q, scim.UserType())
	page := directory.UserPage{Total: found.total, Users: make([]directory.User, len(found.rows)), More: found.more}
	for i := range found.rows {
		page.Users[i] = found.rows[i].user(q.Root, q.Connection)
	}
	return page, err
}

// Groups implements directory.Store.
func (s *Store) Groups(ctx context.Context, q directory.ListQuery) (directory.GroupPage, error) {
	found, err := s.list(ctx, q, scim.GroupType())
	page := directory.GroupPage{Total: found.total, Groups: make([]directory.Group, len(found.rows)), More: found.more}
	for i := range found.rows {
		page.Groups[i] = found.rows[i].group(q.Root, q.Connection)
	}
	return page, err
}

// found is what a list query came to.
type found struct {
	total int
	rows  []resource
	more  bool // matches follow behind rows
}

// lister answers one list query on one snapshot. What it costs beside the documents of the page, for n resources in
// the scope and a filter that index or columns answer:
//
//   - in the order of creation: nothing; the total is a sum of counters. With a filter, one count of the matches.
//   - sorted by userName, a Group's displayName, externalId or an attribute with rows in the side table: a walk of
//     that index, from the place that a cursor names, else over all that lies before startIndex. Descending, each run
//     of equal values is read whole. Who has no value stands in no index: the page where they begin reads the whole
//     index once to know who has one.
//   - sorted by id, active, meta.created or meta.lastModified: the columns of all n, once for each page. An index for
//     any of them would cost every write a place in a tree (docs/decisions/0004).
//   - with `co` or `ew` on what has rows in an index: all of that index, once, whatever the page; see wide.
//   - with any other filter or sort: up to n documents, and more than the bound is an error (D-30, see scan).
type lister struct {
	compiler
	query  directory.ListQuery
	place  int // 0-based; not with after
	limit  int
	filter *scim.Filter
	sort   *scim.Sort
	after  *scim.Position
}

func (s *Store) list(ctx context.Context, q directory.ListQuery, typ *scim.ResourceType) (f found, err error) {
	if q.Type == nil {
		q.Type = typ
	}
	nos, err := s.numbers(s.point(), scope{q.Root, q.Connection, typ.ID})
	if errors.Is(err, directory.ErrNotFound) {
		return found{}, nil
	}
	if err != nil {
		return found{}, s.fault("list", err)
	}
	l := lister{
		compiler: compiler{s: s, root: nos.root, scope: nos.scope, typ: q.Type},
		query:    q, place: max(q.StartIndex, 1) - 1, limit: max(q.Limit, 0), filter: q.Filter, sort: q.Sort, after: q.After,
	}
	l.texts = s.texts.now()
	if l.after != nil {
		l.place = 0
	}
	if n, ok := l.lookUp(); ok {
		l.tx = s.point()
		f, ok, err = l.few(n)
		if ok || err != nil {
			return f, s.fault("list", err)
		}
	}
	view := s.view
	if l.filter == nil && l.sort == nil {
		view = s.glance
	}
	err = view(ctx, func(tx *Tx) error {
		l.tx = tx
		f, err = l.page()
		return err
	})
	if err == nil && s.fetchTexts(l.missed) {
		return s.list(ctx, q, typ)
	}
	return f, s.fault("list", err)
}

// lookUp recognises what clients send before every write: equality with an identifier.
func (l *lister) lookUp() (*scim.Compare, bool) {
	if l.filter == nil || l.sort != nil || l.after != nil {
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
func (l *lister) few(n *scim.Compare) (f found, ok bool, err error) {
	rows, ok, err := l.fewRows(n, max(l.place+l.limit, 1))
	if !ok || err != nil {
		return found{}, false, err
	}
	total := len(rows)
	return found{total: total, rows: rows[min(l.place, total):min(l.place+l.limit, total)]}, true, nil
}

// fewRows are all matches, when there are no more than so many.
func (l *lister) fewRows(n *scim.Compare, most int) (rows []resource, ok bool, err error) {
	if k, value, ok := l.key(n); ok {
		rows, err := l.s.by(l.s.keyed, k, scopeNumbers{l.root, l.scope}, value)
		return rows, len(rows) < 2, err
	}
	cond, err := l.compare(n)
	if err != nil || !cond.exact || most > maxFew {
		return nil, false, err
	}
	rows, err = l.rows(cond, 0, most+1)
	return rows, len(rows) <= most, err
}

// maxFew is where counting is cheaper than reading on.
const maxFew = 1000

// page answers any query.
func (l *lister) page() (found, error) {
	cond := always
	if l.filter != nil {
		var err error
		if cond, err = l.node(l.filter.Root); err != nil {
			return found{}, err
		}
	}
	order, sorted, err := l.order()
	switch {
	case err != nil || cond.is(never):
		return found{}, err
	case cond.wide:
		return l.wide(order, sorted, cond)
	case !cond.exact || !sorted:
		return l.scan(cond, l.batches(cond))
	}
	total, err := l.count(cond)
	if err != nil || l.limit == 0 || l.place >= total {
		return found{total: total}, err
	}
	switch {
	case l.sort != nil && !cond.is(always) && total <= min(maxNarrow, l.bound()):
		return l.scan(cond, l.batches(cond))
	case l.sort != nil:
		return l.sorted(order, cond, total)
	case l.after != nil:
		return l.behind(cond, total)
	}
	rows, err := l.rowsAt(cond, total)
	return found{total: total, rows: rows, more: l.place+len(rows) < total}, err
}

// maxNarrow is where reading all matches of a filter is cheaper than walking the index that they are sorted by.
const maxNarrow = 200

const inScope = `r.root = ? AND r.scope = ?`

// count is the exact number of matches; that of all comes from the counters.
func (l *lister) count(cond condition) (int, error) {
	if cond.is(always) {
		return l.s.total(l.tx, l.root, l.scope)
	}
	var n int
	err := l.tx.row([]any{&n}, number(`SELECT count(*) FROM resource r WHERE `+inScope+` AND (`+cond.sql+`)`),
		append([]any{l.root, l.scope}, cond.args...)...)
	return n, err
}

// behind is the page by cursor in the order of creation. One row more tells whether there are more.
func (l *lister) behind(cond condition, total int) (found, error) {
	rows, err := l.rows(cond, l.after.Seq, l.limit+1)
	n := min(len(rows), l.limit)
	return found{total: total, rows: rows[:n], more: n < len(rows)}, err
}

// rowsAt is the page by startIndex in the order of creation. The first of all is found by the blocks of the counters;
// of a filter's matches the sequence numbers are found first, so that what lies before the page is skipped without
// reading a document.
func (l *lister) rowsAt(cond condition, total int) ([]resource, error) {
	if !cond.is(always) {
		args := append([]any{l.root, l.root, l.scope}, cond.args...)
		return all(l.tx, resourceScanner(), number(selectResource+`WHERE `+l.s.engine.Dialect.beside("r.root")+` = ? AND r.seq IN (SELECT r.seq FROM resource r
			WHERE `+inScope+` AND (`+cond.sql+`) ORDER BY r.seq LIMIT ? OFFSET ?) ORDER BY r.seq`),
			append(args, l.limit, l.place)...)
	}
	var behind int64
	if l.place > 0 {
		first, err := l.s.seqAt(l.tx, l.root, l.scope, l.place, total)
		if err != nil {
			return nil, err
		}
		behind = first - 1
	}
	return l.rows(cond, behind, l.limit)
}

// rows reads up to limit rows that meet the condition, by their sequence numbers, behind the given one.
func (l *lister) rows(cond condition, behind int64, limit int) ([]resource, error) {
	where, args := inScope, []any{l.root, l.scope}
	if cond.known() && !cond.is(always) {
		where, args = where+` AND (`+cond.sql+`)`, append(args, cond.args...)
	}
	if behind > 0 {
		where, args = where+` AND r.seq > ?`, append(args, behind)
	}
	return all(l.tx, resourceScanner(), number(selectResource+`WHERE `+where+` ORDER BY r.seq LIMIT ?`), append(args, limit)...)
}

// documents reads the rows of these sequence numbers, in their order.
func (l *lister) documents(seqs []int64) ([]resource, error) {
	at := make(map[int64]int, len(seqs))
	for i, seq := range seqs {
		at[seq] = i
	}
	rows, scan := make([]resource, len(seqs)), resourceScanner()
	err := inLots(seqs, []any{l.root}, func(list string, args []any) error {
		return l.tx.each(func(row scanner) error {
			r, err := scan(row)
			rows[at[r.seq]] = r
			return err
		}, selectResource+`WHERE `+l.s.engine.Dialect.beside("r.root")+` = $1 AND r.seq IN (`+list+`)`, args...)
	})
	return rows, err
}
