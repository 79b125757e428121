package sqlstore

import (
	"cmp"
	"database/sql"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/usher-scim/usher/directory"
)

// blockSize is how many sequence numbers share a counter: few enough to walk inside a block, enough that a sum over
// the blocks is short.
const blockSize = 1024

// block is a run of sequence numbers of one scope.
type block struct{ scope, no int64 }

// count moves the number of resources in the block of seq by one, when the change is applied; see settleCounts.
func (w *writer) count(scope, seq, by int64) {
	b := block{scope, seq / blockSize}
	if w.counts == nil {
		w.counts = make(map[block]int64, 1)
	}
	w.counts[b] += by
}

// settleCounts writes what the change has counted.
func (w *writer) settleCounts() error {
	blocks := slices.SortedFunc(maps.Keys(w.counts), func(a, b block) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.no, b.no))
	})
	for _, b := range blocks {
		if by := w.counts[b]; by != 0 {
			if err := w.addCount(b, by); err != nil {
				return err
			}
		}
	}
	return nil
}

// addCount moves a counter. Where there are several writers a block has several rows, of which each takes one that
// nobody has locked, or a new one: nobody ever waits, and there are no more rows than there were writers at one time.
// Only the sum of a block's rows means anything: one of them may be below zero.
func (w *writer) addCount(b block, by int64) error {
	switch {
	case w.s.engine.Dialect.Concurrent:
		return w.tx.put(countAmong, w.root, b.scope, b.no, by, rand.Int64())
	case by > 0:
		return w.tx.put(putCount, w.root, b.scope, b.no, by)
	}
	var n int64
	err := w.tx.row([]any{&n}, countAlone, w.root, b.scope, b.no, by)
	if err == nil && n == 0 {
		err = w.tx.put(`DELETE FROM counter WHERE root = $1 AND scope = $2 AND block = $3 AND slot = 0 AND n = 0`, w.root, b.scope, b.no)
	}
	return err
}

// The statements of a counter, by number of writers.
const (
	putCount = `INSERT INTO counter(root, scope, block, slot, n) VALUES($1, $2, $3, 0, $4)
		ON CONFLICT(root, scope, block, slot) DO UPDATE SET n = counter.n + excluded.n`
	countAlone = `UPDATE counter SET n = n + $4 WHERE root = $1 AND scope = $2 AND block = $3 AND slot = 0 RETURNING n`
)

// countAmong is the statement of one of many writers: root, scope, block, by how much, and a new slot.
var countAmong = addCounts(`(SELECT $1::BIGINT AS root, $2::BIGINT AS scope, $3::BIGINT AS block, $4::BIGINT AS n)`, "$5")

// addCounts moves counters by the rows of a query.
func addCounts(rows, slot string) string {
	return `INSERT INTO counter(root, scope, block, slot, n) SELECT c.root, c.scope, c.block, coalesce((
			SELECT f.slot FROM counter f WHERE f.root = c.root AND f.scope = c.scope AND f.block = c.block
			ORDER BY f.slot LIMIT 1` + skipLocked + `), ` + slot + `), c.n FROM ` + rows + ` AS c
		ON CONFLICT(root, scope, block, slot) DO UPDATE SET n = counter.n + excluded.n`
}

// total is the number of resources in a scope.
func (s *Store) total(tx *Tx, root, scope int64) (int, error) {
	var n int
	err := tx.row([]any{&n}, `SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM counter WHERE root = $1 AND scope = $2`, root, scope)
	return n, err
}

// seqAt returns the sequence number of the resource at a 0-based place of a scope that has so many: it adds up blocks from
// the nearer end to find the one, and walks the index only inside it.
func (s *Store) seqAt(tx *Tx, root, scope int64, place, total int) (int64, error) {
	b, before, err := blockAt(tx, root, scope, place, total)
	if err != nil {
		return 0, err
	}
	var seq int64
	err = tx.row([]any{&seq}, `SELECT seq FROM resource WHERE root = $1 AND scope = $2 AND seq >= $3
		ORDER BY seq LIMIT 1 OFFSET $4`, root, scope, b*blockSize, place-before)
	return seq, noneIsNotFound(err)
}

// blocksRead is how many blocks are read at once.
const blocksRead = 128

// The blocks of a scope behind, or before, a given one, with their counts.
const (
	selectBlocks     = `SELECT block, CAST(sum(n) AS BIGINT) FROM counter WHERE root = $1 AND scope = $2 AND block `
	blocksFromBegin  = selectBlocks + `> $3 GROUP BY block ORDER BY block LIMIT $4`
	blocksFromTheEnd = selectBlocks + `< $3 GROUP BY block ORDER BY block DESC LIMIT $4`
)

type countedBlock struct {
	no int64
	n  int
}

func scanBlock(r scanner) (b countedBlock, err error) {
	err = r.Scan(&b.no, &b.n)
	return b, err
}

// blockAt finds the block that has the place, and how many resources stand before it.
func blockAt(tx *Tx, root, scope int64, place, total int) (no int64, before int, err error) {
	if place >= total {
		return 0, 0, directory.ErrNotFound
	}
	query, from, backward := blocksFromBegin, int64(-1), place > total/2
	if backward {
		query, from, place = blocksFromTheEnd, math.MaxInt64, total-1-place
	}
	passed := 0
	for {
		blocks, err := all(tx, scanBlock, query, root, scope, from, blocksRead)
		if err != nil {
			return 0, 0, err
		}
		for _, b := range blocks {
			if passed+b.n > place {
				if backward {
					passed = total - passed - b.n
				}
				return b.no, passed, nil
			}
			passed += b.n
		}
		if len(blocks) < blocksRead {
			return 0, 0, directory.ErrNotFound
		}
		from = blocks[len(blocks)-1].no
	}
}

func noneIsNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return directory.ErrNotFound
	}
	return err
}
