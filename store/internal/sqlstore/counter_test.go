package sqlstore

import (
	"database/sql"
	"errors"
	"testing"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
)

// The block of a place, from whichever end it is looked for, is the one that counting one by one finds.
func TestBlockAt_IsThatOfCountingOneByOne(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	stmts := NewStatements(db)
	defer stmts.Close()
	tx := NewTx(t.Context(), stmts, nil)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(tx.Exec(`CREATE TABLE counter (root, scope, block, slot, n, PRIMARY KEY (root, scope, block, slot)) WITHOUT ROWID`))
	rapid.Check(t, func(t *rapid.T) {
		must(tx.Exec(`DELETE FROM counter`))
		must(tx.Exec(`INSERT INTO counter VALUES (1, 1, 5, 0, 9), (1, 3, 5, 0, 9), (2, 2, 5, 0, 9)`)) // others'
		var blocks []countedBlock
		total := 0
		for no := range int64(rapid.IntRange(0, 3*blocksRead).Draw(t, "blocks")) {
			n := rapid.IntRange(0, 3).Draw(t, "n")
			must(tx.put(`INSERT INTO counter VALUES (1, 2, $1, 0, $2), (1, 2, $1, 1, $3)`, no, n+1, -1)) // one slot may be below zero
			blocks, total = append(blocks, countedBlock{no, n}), total+n
		}
		place := rapid.IntRange(0, total).Draw(t, "place")
		no, before, err := blockAt(tx, 1, 2, place, total)
		passed := 0
		for _, b := range blocks {
			if passed+b.n > place {
				if err != nil || no != b.no || before != passed {
					t.Fatalf("place %d of %d: block %d, %d before it (%v), want %d and %d", place, total, no, before, err, b.no, passed)
				}
				return
			}
			passed += b.n
		}
		if !errors.Is(err, directory.ErrNotFound) {
			t.Fatalf("place %d of %d: block %d (%v), want none", place, total, no, err)
		}
	})
}
