package sqlstore

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// fromMemory answers a comparison, of which the engine's own test is known, by the texts of its index that are in memory. ok
// is false when the engine has to.
func (c *compiler) fromMemory(of textIndex, n *scim.Compare, test condition, part string) (cond condition, ok bool, err error) {
	if !test.exact || part == "" || strings.ContainsRune(part, 0) || c.size < c.s.opt.TextsFrom {
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
	changed, ok, err := c.changed(t)
	if err != nil || !ok || t.void.Load() {
		c.missed = append(c.missed, of)
		return unknown, false, err
	}
	if seqs, err = amend(seqs, changed, n, c.typ); err != nil {
		return unknown, false, err
	}
	return c.these(seqs), true, nil
}

// maxChanged is how many resources may have changed for texts to be of use.
const maxChanged = 256

// changed reads the resources of the scope that have come or changed since the texts were read. ok is false when they are
// too many, or nobody knows which.
func (c *compiler) changed(t *corpus) (changed []resource, ok bool, err error) {
	type target struct{ typ, id string }
	entries, err := all(c.tx, func(r scanner) (e target, err error) {
		return e, r.Scan(&e.typ, &e.id)
	}, c.s.behind("l.target_type, l.target", "audit", "$1", "$2")+` LIMIT $3`, c.root, t.at, maxEntries)
	if err != nil || len(entries) == maxEntries {
		return nil, false, err
	}
	var ids []string
	for _, e := range entries {
		switch {
		case directory.TargetsMany(e.typ):
			return nil, false, nil
		case e.typ == c.typ.ID:
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > maxChanged {
		return nil, false, nil
	}
	scan := resourceScanner()
	err = inLots(ids, []any{c.root, c.scope}, func(list string, args []any) error {
		return c.tx.each(func(row scanner) error {
			r, err := scan(row)
			changed = append(changed, r)
			return err
		}, selectResource+`WHERE r.root = $1 AND r.scope + 0 = $2 AND r.id IN (`+list+`)`, args...)
	})
	return changed, true, err
}

// maxEntries is how many entries of the log are read to find out.
const maxEntries = 1000

// amend replaces what the texts say of resources by what their documents do.
func amend(seqs []int64, changed []resource, n *scim.Compare, typ *scim.ResourceType) ([]int64, error) {
	if len(changed) == 0 {
		return seqs, nil
	}
	drop := make(map[int64]bool, len(changed))
	for i := range changed {
		drop[changed[i].seq] = true
	}
	seqs = slices.DeleteFunc(seqs, func(seq int64) bool { return drop[seq] })
	filter := scim.Filter{Root: n}
	for i := range changed {
		ok, err := filter.Match(changed[i].record(typ))
		if err != nil {
			return nil, err
		}
		if ok {
			seqs = append(seqs, changed[i].seq)
		}
	}
	return seqs, nil
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
