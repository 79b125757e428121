package sqlstore

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// scanBatch is how many documents one query of a scan reads.
const scanBatch = 500

// scan answers what SQL cannot: a filter or a sort. The documents that the condition leaves are matched one by one,
// their places are sorted, and the documents of the page are read again. A scan that meets its bound is an error, never
// a wrong total or a wrong order (D-30).
func (l *lister) scan(cond condition, next batches) (found, error) {
	places, err := l.places(cond, next)
	if err != nil {
		return found{}, err
	}
	from := min(l.place, len(places))
	if l.sort != nil {
		slices.SortFunc(places, l.sort.Compare)
	}
	if l.after != nil {
		from, _ = slices.BinarySearchFunc(places, *l.after, l.justBehind)
	}
	page := places[from:min(from+l.limit, len(places))]
	seqs := make([]int64, len(page))
	for i, p := range page {
		seqs[i] = p.Seq
	}
	rows, err := l.documents(seqs)
	return found{total: len(places), rows: rows, more: l.limit > 0 && from+len(page) < len(places)}, err
}

// justBehind orders places for a search whose result is the first one behind the other.
func (l *lister) justBehind(p, after scim.Position) int {
	if l.sort.Compare(p, after) > 0 {
		return 1
	}
	return -1
}

// places are those of all matches, in the order of creation.
func (l *lister) places(cond condition, next batches) ([]scim.Position, error) {
	budget := l.budget()
	var places []scim.Position
	for {
		batch, err := next()
		if err != nil {
			return nil, err
		}
		records, err := l.records(batch, budget)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			place, ok, err := l.match(rec, cond)
			if err != nil {
				return nil, err
			}
			if ok {
				places = append(places, place)
			}
		}
		if len(batch) < scanBatch {
			return places, nil
		}
	}
}

// batches hands out the documents of a scan, scanBatch at a time, in the order of creation. A smaller one is the last.
type batches func() ([]resource, error)

// batches are the documents that a condition leaves.
func (l *lister) batches(cond condition) batches {
	behind := int64(0)
	return func() ([]resource, error) {
		batch, err := l.rows(cond, behind, scanBatch)
		if len(batch) > 0 {
			behind = batch[len(batch)-1].seq
		}
		return batch, err
	}
}

// batchesOf are the documents of these sequence numbers.
func (l *lister) batchesOf(seqs []int64) batches {
	return func() ([]resource, error) {
		lot := seqs[:min(scanBatch, len(seqs))]
		seqs = seqs[len(lot):]
		return l.documents(lot)
	}
}

// match decides one document and says where in the list it stands.
func (l *lister) match(rec *scim.Record, cond condition) (scim.Position, bool, error) {
	if !cond.exact {
		if ok, err := l.filter.Match(rec); !ok || err != nil {
			return scim.Position{}, false, err
		}
	}
	place, err := l.sort.Position(rec)
	return place, err == nil, err
}

// records are the rows of a batch as filter and sort see them. When those ask for groups or members their rows are
// read too, and each counts as a document.
func (l *lister) records(batch []resource, b *budget) ([]*scim.Record, error) {
	records := make([]*scim.Record, len(batch))
	for i := range batch {
		records[i] = batch[i].record(l.typ)
	}
	if !b.spend(len(records)) {
		return nil, directory.ErrTooMany
	}
	switch {
	case l.typ.ID == typeUser && l.uses("groups"):
		return records, l.loadGroups(records, batch, b)
	case l.typ.ID == typeGroup && l.uses("members"):
		return records, l.loadMembers(records, b)
	}
	return records, nil
}

func (l *lister) uses(name string) bool {
	return l.filter != nil && l.filter.Uses(name) || l.sort.Uses(name)
}

func (l *lister) loadGroups(records []*scim.Record, batch []resource, b *budget) error {
	var ids []string
	for i := range batch {
		records[i].HasGroups = true
		if batch[i].links > 0 {
			ids = append(ids, batch[i].id)
		}
	}
	groups, err := groupsOf(l.tx, l.root, ids)
	if err != nil {
		return err
	}
	n := 0
	for _, rec := range records {
		for _, g := range groups[rec.ID] {
			rec.Groups = append(rec.Groups, g.Ref())
		}
		n += len(rec.Groups)
	}
	if !b.spend(n) {
		return directory.ErrTooMany
	}
	return nil
}

func (l *lister) loadMembers(records []*scim.Record, b *budget) error {
	for _, rec := range records {
		var err error
		rec.HasMembers = true
		rec.Members, err = all(l.tx, func(row scanner) (scim.MemberRef, error) {
			var m scim.MemberRef
			err := row.Scan(&m.Value, &m.Type, &m.Display)
			return m, err
		}, `SELECT id, type, display FROM member WHERE root = $1 AND grp = $2 ORDER BY ord LIMIT $3`, l.root, rec.Seq, b.left+1)
		if err != nil {
			return err
		}
		if !b.spend(len(rec.Members)) {
			return directory.ErrTooMany
		}
	}
	return nil
}

// budget bounds a scan.
type budget struct {
	left int
	ends time.Time
}

// bound is how many documents a scan may read.
func (l *lister) bound() int {
	if l.query.Scan > 0 {
		return l.query.Scan
	}
	return l.s.opt.Scan
}

func (l *lister) budget() *budget {
	return &budget{left: l.bound(), ends: time.Now().Add(l.s.opt.ScanTime)}
}

// spend takes n documents off the budget and reports whether it suffices.
func (b *budget) spend(n int) bool {
	b.left -= n
	return b.left >= 0 && time.Now().Before(b.ends)
}
