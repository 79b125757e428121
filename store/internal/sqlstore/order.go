package sqlstore

import (
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// order is a sorted list as SQL reads it: first the one stretch, then the other. Ascending, those who have a value come
// first. A nil stretch is empty.
type order [2]*stretch

// stretch is a part of a sorted list: resources with a value by that value, or resources without one. Both are of the
// order of creation where the value does not decide.
type stretch struct {
	from  string // tables and conditions
	args  []any
	seq   string // the column of the sequence number
	key   string // the column of the value; "" for resources without one
	index string // the columns of the index, ascending: key, what stands between, seq
	place string // a place in index: ? for key and seq
	bound any    // the key behind which a page by cursor begins
}

// order says how SQL sorts; ok is false when it cannot. It compares texts by the bytes of UTF-8, as scim.Sort.Compare
// does: the collation of every column is binary.
func (l *lister) order() (o order, ok bool, err error) {
	if l.sort == nil {
		return order{}, true, nil
	}
	with, without, ok, err := l.stretches(l.sort.Path)
	if err != nil || !ok {
		return order{}, false, err
	}
	if l.sort.Descending {
		return order{without, with}, true, nil
	}
	return order{with, without}, true, nil
}

func (l *lister) stretches(path scim.AttrPath) (with, without *stretch, ok bool, err error) {
	switch {
	case path.Attr == nil:
		return nil, l.unsorted(""), true, nil
	case path.Schema == nil:
		with, without = l.commonStretches(path)
	case path.Schema.ID != l.typ.Schema.ID:
		return l.attributeStretches()
	case l.typ.ID == typeUser && path.Attr.Name == "userName", l.typ.ID == typeGroup && path.Attr.Name == "displayName":
		with = l.column("r.name_key", l.afterKey())
	case l.typ.ID == typeUser && path.Attr.Name == "active":
		with = l.column("CASE WHEN r.active = 0 THEN 'false' ELSE 'true' END", l.afterKey())
	default:
		return l.attributeStretches()
	}
	return with, without, with != nil, nil
}

// commonStretches are those of id, externalId and meta.
func (l *lister) commonStretches(path scim.AttrPath) (with, without *stretch) {
	switch path.Attr.Name {
	case "id":
		return l.column("r.id", l.afterKey()), nil
	case "externalId":
		with = l.column("r.external_id", l.afterKey())
		with.from += " AND r.external_id <> ''" // what the index is limited to
		return with, l.unsorted(" AND r.external_id = ''")
	case "meta":
		return l.metaStretch(path.Sub), nil
	}
	return nil, nil
}

func (l *lister) metaStretch(sub *scim.Attribute) *stretch {
	columns := map[string]string{"created": "r.created", "lastModified": "r.modified"}
	column := columns[sub.Name]
	if column == "" {
		return nil
	}
	if l.after == nil || l.after.Missing {
		return l.column(column, nil)
	}
	at, err := time.Parse(instantKey, l.after.Key)
	if err != nil {
		return nil
	}
	return l.column(column, instant(at))
}

// attributeStretches are those of an attribute with rows in the side table. Of a multi-valued one the primary value
// counts, which those rows do not tell.
func (l *lister) attributeStretches() (with, without *stretch, ok bool, err error) {
	path := l.sort.Path
	attr, ok := l.sort.Key()
	if !ok || !isIndexed(path) || path.Attr.MultiValued || path.Sub != nil && path.Sub.MultiValued {
		return nil, nil, false, nil
	}
	no, err := l.s.number(l.tx, attr)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, l.unsorted(""), true, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	rows := []any{l.root, l.scope, no}
	with = &stretch{
		from: "attribute a WHERE a.root = ? AND a.scope = ? AND a.attr = ?", args: rows,
		seq: "a.seq", key: "a.value", index: "a.value, a.elem, a.seq", place: "(?, 0, ?)", bound: l.afterKey(),
	}
	without = l.unsorted(" AND r.seq NOT IN (SELECT seq FROM attribute WHERE root = ? AND scope = ? AND attr = ?)", rows...)
	return with, without, true, nil
}

// column is the stretch of a column that every resource has.
func (l *lister) column(key string, bound any) *stretch {
	return &stretch{
		from: "resource r WHERE " + inScope, args: []any{l.root, l.scope},
		seq: "r.seq", key: key, index: key + ", r.seq", place: "(?, ?)", bound: bound,
	}
}

// unsorted is the stretch of the resources without a value.
func (l *lister) unsorted(condition string, args ...any) *stretch {
	return &stretch{
		from: "resource r WHERE " + inScope + condition, args: append([]any{l.root, l.scope}, args...),
		seq: "r.seq",
	}
}

func (l *lister) afterKey() string {
	if l.after == nil {
		return ""
	}
	return l.after.Key
}

// sorted is one page of a sorted list. The sequence numbers are found first, in the index alone, and one more than
// asked for tells whether there are more.
func (l *lister) sorted(o order, cond condition, total int) (found, error) {
	seqs, err := l.sequence(o, cond, total, l.limit+1)
	if err != nil {
		return found{}, err
	}
	n := min(len(seqs), l.limit)
	rows, err := l.documents(seqs[:n])
	return found{total: total, rows: rows, more: n < len(seqs)}, err
}

// sequence reads the next numbers of the list, from the one stretch and on into the other.
func (l *lister) sequence(o order, cond condition, total, limit int) (seqs []int64, err error) {
	first := 0
	if l.after != nil && l.after.Missing != l.sort.Descending {
		first = 1
	}
	skip := l.place
	for i := first; i < len(o) && len(seqs) < limit; i++ {
		if o[i] == nil {
			continue
		}
		size := total
		if o[1-i] != nil && (skip > 0 || o[i].key == "") { // else the read tells as well, and is cheaper
			if size, err = l.size(o, i, cond, total); err != nil {
				return nil, err
			}
		}
		if skip >= size {
			skip -= size
			continue
		}
		st := o[i].matching(l, cond)
		if l.after != nil && i == first {
			st = st.behind(l.after.Seq, l.sort.Descending)
		}
		some, err := l.numbersOf(st, limit-len(seqs), skip)
		if err != nil {
			return nil, err
		}
		seqs, skip = append(seqs, some...), 0
	}
	return seqs, nil
}

// size is the number of matches in one stretch of two. Only those with a value are counted, for the index tells them.
func (l *lister) size(o order, i int, cond condition, total int) (int, error) {
	with := o[i]
	if with.key == "" {
		with = o[1-i]
	}
	st := with.matching(l, cond)
	var n int
	err := l.tx.row([]any{&n}, number("SELECT count(*) FROM "+st.from), st.args...)
	if with != o[i] {
		n = total - n
	}
	return n, err
}

func (l *lister) numbersOf(st stretch, limit, skip int) ([]int64, error) {
	columns := st.seq
	switch {
	case st.key != "" && l.sort.Descending:
		columns = st.key + " DESC, " + st.seq
	case st.key != "":
		columns = st.index
	}
	return all(l.tx, func(row scanner) (seq int64, err error) {
		err = row.Scan(&seq)
		return seq, err
	}, number("SELECT "+st.seq+" FROM "+st.from+" ORDER BY "+columns+" LIMIT ? OFFSET ?"),
		append(st.args[:len(st.args):len(st.args)], limit, skip)...)
}

// matching narrows the stretch to what a filter matches.
func (st stretch) matching(l *lister, cond condition) stretch {
	if cond.is(always) {
		return st
	}
	test, args := "("+cond.sql+")", cond.args
	if st.seq != "r.seq" {
		test, args = l.selected(cond)
		test = st.seq + " IN (" + test + ")"
	}
	return st.and(test, args...)
}

// behind narrows the stretch to what follows a place in it. In the order of the index that is one range, which begins
// at the very place. The other way round equal values are passed over one by one.
func (st stretch) behind(seq int64, descending bool) stretch {
	switch {
	case st.key == "":
		return st.and(st.seq+" > ?", seq)
	case descending:
		return st.and(st.key+" <= ? AND ("+st.key+" < ? OR "+st.seq+" > ?)", st.bound, st.bound, seq)
	}
	return st.and("("+st.index+") > "+st.place, st.bound, seq)
}

func (st stretch) and(test string, args ...any) stretch {
	st.from += " AND " + test
	st.args = append(st.args[:len(st.args):len(st.args)], args...)
	return st
}
