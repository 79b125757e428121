package sqlstore

import (
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// scanBatch is how many documents one query of a scan reads.
const scanBatch = 500

// scan answers a filter that SQL cannot decide: the documents that the condition leaves are matched one by one,
// and a scan that meets its bound is an error, never a wrong total (D-30).
func (l *lister) scan(cond condition) (int, []resource, error) {
	budget := l.budget()
	var page []resource
	total := 0
	for from := int64(0); ; {
		batch, err := l.rows(cond, from, scanBatch)
		if err != nil {
			return 0, nil, err
		}
		for i := range batch {
			ok, err := l.match(&batch[i], budget)
			if err != nil {
				return 0, nil, err
			}
			if !ok {
				continue
			}
			if total >= l.place && len(page) < l.limit {
				page = append(page, batch[i])
			}
			total++
		}
		if len(batch) < scanBatch {
			return total, page, nil
		}
		from = batch[len(batch)-1].seq + 1
	}
}

// match decides one document. A filter on groups or members has their rows read too, and each counts as a document.
func (l *lister) match(r *resource, b *budget) (bool, error) {
	rec := &scim.Record{
		Type: l.typ, ID: r.id, ExternalID: r.externalID, Version: r.version,
		Created: timeOf(r.created), LastModified: timeOf(r.modified), Body: r.body,
	}
	cost := 1
	if l.filter.Uses("groups") && l.typ.ID == typeUser {
		if err := l.loadGroups(rec); err != nil {
			return false, err
		}
		cost += len(rec.Groups)
	}
	if l.filter.Uses("members") && l.typ.ID == typeGroup {
		if err := l.loadMembers(rec, r.seq, b.left); err != nil {
			return false, err
		}
		cost += len(rec.Members)
	}
	if !b.spend(cost) {
		return false, directory.ErrTooMany
	}
	return l.filter.Match(rec)
}

func (l *lister) loadGroups(rec *scim.Record) (err error) {
	rec.HasGroups = true
	rec.Groups, err = all(l.tx, func(row scanner) (scim.GroupRef, error) {
		g := scim.GroupRef{Type: "direct"}
		err := row.Scan(&g.Value, &g.Display)
		return g, err
	}, `SELECT r.id, r.name FROM member m JOIN resource r ON r.seq = m.grp
		WHERE m.root = $1 AND m.id = $2 AND r.root = $1 ORDER BY r.seq`, l.root, rec.ID)
	return err
}

func (l *lister) loadMembers(rec *scim.Record, seq int64, limit int) (err error) {
	rec.HasMembers = true
	rec.Members, err = all(l.tx, func(row scanner) (scim.MemberRef, error) {
		var m scim.MemberRef
		err := row.Scan(&m.Value, &m.Type, &m.Display)
		return m, err
	}, `SELECT id, type, display FROM member WHERE root = $1 AND grp = $2 ORDER BY ord LIMIT $3`, l.root, seq, limit+1)
	return err
}

// budget bounds a scan.
type budget struct {
	left int
	ends time.Time
}

func (l *lister) budget() *budget {
	n := l.s.opt.Scan
	if l.query.Scan > 0 {
		n = l.query.Scan
	}
	return &budget{left: n, ends: time.Now().Add(l.s.opt.ScanTime)}
}

// spend takes n documents off the budget and reports whether it suffices.
func (b *budget) spend(n int) bool {
	b.left -= n
	return b.left >= 0 && time.Now().Before(b.ends)
}
