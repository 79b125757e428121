package sqlstore

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// fromMemory answers a comparison, of which the engine's own test is known, by the texts of its index that are in memory. ok
// is false when the engine has to.
func (c *compiler) fromMemory(of textIndex, n *scim.Compare, test condition, part string) (cond condition, ok bool, err error) {
	if !test.exact || part == "" || strings.ContainsRune(part, 0) || !test.large {
		return unknown, false, nil
	}
	t := c.texts[of]
	if t == nil {
		c.missed = append(c.missed, of)
		return unknown, false, nil
	}
	t.searched.Store(time.Now().Unix())
	seqs, ok := t.having(n.Op, part)
	if !ok {
		return unknown, false, nil
	}
	since, err := c.newsSince(t)
	if err != nil || !since.known || t.stale.Load() {
		c.missed = append(c.missed, of)
		return unknown, false, err
	}
	return c.these(since.amend(seqs, n)), true, nil
}

// news are the resources of a scope that have come or changed since a place in the audit log, as they are in this snapshot.
type news struct {
	known bool // false: they are too many, or nobody knows which
	seqs  []int64
	docs  []*scim.Object
}

// newsSince reads them, for all texts that were read at one place only once.
func (c *compiler) newsSince(t *corpus) (n news, err error) {
	if n, ok := c.news[t.at]; ok {
		return n, nil
	}
	ids, known, err := c.named(t)
	if err == nil && known {
		n.known = true
		err = c.read(&n, ids)
	}
	if c.news == nil {
		c.news = map[int64]news{}
	}
	c.news[t.at] = n
	return n, err
}

// What may have come for texts to be of use.
const (
	maxEntries = 1000 // of the log
	maxChanged = 256  // resources that these name
)

// named lists the resources that the log has named since the texts were read. ok is false when they are too many, or when it
// does not tell: one entry may stand for many, or the one at which the texts were read is there no more. Then those behind it
// may be gone as well, by pruning, or this is another log, as when a failover has lost the end of it.
func (c *compiler) named(t *corpus) (ids []string, ok bool, err error) {
	var last string
	err = c.tx.row([]any{&last}, `SELECT id FROM audit WHERE root = $1 AND `+c.s.order+` = $2`, c.root, t.at)
	if errors.Is(err, sql.ErrNoRows) || err == nil && last != t.last {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	type target struct{ typ, id string }
	entries, err := all(c.tx, func(r scanner) (e target, err error) {
		return e, r.Scan(&e.typ, &e.id)
	}, c.s.behind("l.target_type, l.target", "audit", "$1", "$2")+` LIMIT $3`, c.root, t.at, maxEntries)
	if err != nil || len(entries) == maxEntries {
		return nil, false, err
	}
	for _, e := range entries {
		switch {
		case directory.TargetsMany(e.typ):
			return nil, false, nil
		case e.typ == c.typ.ID:
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids, len(ids) <= maxChanged, nil
}

// read reads those of the resources that are there.
func (c *compiler) read(n *news, ids []string) error {
	scan := resourceScanner()
	return inLots(ids, []any{c.root, c.scope}, func(list string, args []any) error {
		return c.tx.each(func(row scanner) error {
			r, err := scan(row)
			if err != nil {
				return err
			}
			doc, err := r.record(c.typ).Object()
			n.seqs, n.docs = append(n.seqs, r.seq), append(n.docs, doc)
			return err
		}, selectResource+`WHERE r.root = $1 AND r.scope + 0 = $2 AND r.id IN (`+list+`)`, args...)
	})
}

// amend replaces what texts say of the resources by what their documents do.
func (n news) amend(seqs []int64, by *scim.Compare) []int64 {
	anew := make(map[int64]bool, len(n.seqs))
	for _, seq := range n.seqs {
		anew[seq] = true
	}
	seqs = slices.DeleteFunc(seqs, func(seq int64) bool { return anew[seq] })
	filter := scim.Filter{Root: by}
	for i, seq := range n.seqs {
		if filter.MatchObject(n.docs[i]) {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// these holds for those of the resources that are still there.
func (c *compiler) these(seqs []int64) condition {
	list, _ := json.Marshal(append([]int64{}, seqs...)) // [] and not null
	cond := exactly("SELECT seq FROM resource WHERE root = ? AND scope = ? AND seq IN ("+c.s.engine.Dialect.numbers()+")",
		c.root, c.scope, string(list))
	cond.wide = true
	return among(cond)
}

// numbers is the query for the numbers of a JSON array.
func (d Dialect) numbers() string {
	if d.Concurrent {
		return "SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(? AS JSON))"
	}
	return "SELECT value FROM json_each(?)"
}
