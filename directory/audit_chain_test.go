package directory_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

// sealedWorld has a log of so many entries, about a third of them with a subject, sealed in batches, and the file
// behind it.
func sealedWorld(t *testing.T, entries, batch int) (*world, *sql.DB) {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), clock: &clock{now: testStart}, key: directory.NewKey()}
	file := filepath.Join(sqlitetest.Folder(t), sqlite.FileName)
	s, err := sqlite.Open(w.ctx, file, sqlitetest.Options(t, w.clock.Now))
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	w.store = s
	w.directory = w.open(w.key)
	w.workspace, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	check(t, err)
	for i := range entries {
		w.enter(i)
		if i%batch == batch-1 {
			check(t, w.directory.SealAudit(w.ctx))
		}
	}
	check(t, w.directory.SealAudit(w.ctx))
	raw, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	check(t, err)
	raw.SetMaxOpenConns(1)
	t.Cleanup(func() { check(t, raw.Close()) })
	return w, raw
}

// enter commits one audit entry.
func (w *world) enter(i int) {
	w.t.Helper()
	e := directory.AuditEntry{
		Root: w.workspace.Root, ID: fmt.Sprint("entry", i), Time: w.clock.Now().Add(time.Duration(i) * time.Second),
		Workspace: w.workspace.ID, Connection: "c", Actor: "token:t", Action: "user.update", TargetType: "User",
		Target: fmt.Sprint("user", i), RequestID: fmt.Sprint("r", i), Address: "192.0.2.1",
		Salt: [16]byte{byte(i), 1}, Detail: fmt.Appendf(nil, `{"user_name":"u%d@example.com"}`, i),
	}
	if i%3 == 0 {
		e.Subject = fmt.Sprint("subject", i)
	}
	e.Digest = directory.DetailDigest(e)
	check(w.t, w.store.Commit(w.ctx, &directory.Change{Root: e.Root, Audit: []directory.AuditEntry{e}}))
}

func (w *world) verify(kept *directory.AuditCheckpoint) directory.Verification {
	w.t.Helper()
	v, err := w.directory.VerifyAudit(w.ctx, w.workspace, kept)
	check(w.t, err)
	return v
}

func (w *world) checkpoint() *directory.AuditCheckpoint {
	w.t.Helper()
	c, err := w.directory.Checkpoint(w.ctx, w.workspace)
	check(w.t, err)
	return &c
}

func wantFault(t rapid.TB, v directory.Verification, what string) {
	t.Helper()
	if v.Fault == nil {
		t.Fatalf("%s was not found", what)
	}
}

func TestVerifyAudit_WhatWasSealedFits(t *testing.T) {
	t.Parallel()
	w, _ := sealedWorld(t, 25, 10)
	w.enter(25) // not sealed
	v := w.verify(nil)
	if v.Fault != nil || v.Segments != 3 || v.Entries != 26 || v.Unsealed != 1 || v.Erased != 0 {
		t.Errorf("verification is %+v, want 3 segments of 26 entries (one of the workspace), one unsealed, no fault", v)
	}
	kept := w.checkpoint() // seals the last
	if v = w.verify(kept); v.Fault != nil || v.Entries != 27 || v.Unsealed != 0 || v.Head.No != 4 {
		t.Errorf("verification is %+v, want 27 entries in 4 segments", v)
	}
}

// Any single edit of any column of any sealed row is found, and so is a row that is gone.
func TestVerifyAudit_FindsEveryEdit(t *testing.T) {
	t.Parallel()
	w, raw := sealedWorld(t, 24, 5)
	kept := w.checkpoint()
	columns := map[string][]string{}
	for _, table := range []string{"audit", "audit_segment"} {
		columns[table] = columnsOf(t, raw, table)
	}
	rapid.Check(t, func(rt *rapid.T) {
		table := rapid.SampledFrom([]string{"audit", "audit_segment"}).Draw(rt, "table")
		rows := rowids(t, raw, table)
		row := rapid.SampledFrom(rows).Draw(rt, "row")
		column := rapid.SampledFrom(append(columns[table], "the row")).Draw(rt, "column")
		tx, err := raw.Begin()
		check(t, err)
		tamper(t, tx, table, row, column, rapid.IntRange(0, 1000).Draw(rt, "at"))
		check(t, tx.Commit())
		found := w.verify(kept)
		restore(t, raw, table)
		wantFault(rt, found, fmt.Sprintf("an edit of %s of row %d of %s", column, row, table))
		if v := w.verify(kept); v.Fault != nil {
			rt.Fatalf("the restored log does not fit: %v", v.Fault)
		}
	})
}

// columnsOf lists the columns that the chain covers: segment and chain of audit are not used.
func columnsOf(t *testing.T, raw *sql.DB, table string) []string {
	t.Helper()
	rows, err := raw.Query(`SELECT name FROM pragma_table_info(?)`, table)
	check(t, err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		check(t, rows.Scan(&name))
		if name != "segment" && name != "chain" {
			names = append(names, name)
		}
	}
	check(t, rows.Err())
	_, err = raw.Exec(`CREATE TABLE kept_` + table + ` AS SELECT * FROM ` + table)
	check(t, err)
	return names
}

// rowKey is the column that names a row.
func rowKey(table string) string {
	if table == "audit" {
		return "seq"
	}
	return "no"
}

func rowids(t *testing.T, raw *sql.DB, table string) []int64 {
	t.Helper()
	rows, err := raw.Query(`SELECT ` + rowKey(table) + ` FROM ` + table)
	check(t, err)
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		check(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	check(t, rows.Err())
	return ids
}

func restore(t *testing.T, raw *sql.DB, table string) {
	t.Helper()
	_, err := raw.Exec(`DELETE FROM ` + table + `; INSERT INTO ` + table + ` SELECT * FROM kept_` + table)
	check(t, err)
}

// tamper changes one value of a row by as little as can be, or removes the row.
func tamper(t *testing.T, tx *sql.Tx, table string, row int64, column string, at int) {
	t.Helper()
	where := ` WHERE ` + rowKey(table) + ` = ?`
	if column == "the row" {
		_, err := tx.Exec(`DELETE FROM `+table+where, row)
		check(t, err)
		return
	}
	var old any
	check(t, tx.QueryRow(`SELECT `+column+` FROM `+table+where, row).Scan(&old))
	_, err := tx.Exec(`UPDATE `+table+` SET `+column+` = ?`+where, altered(old, at), row)
	check(t, err)
}

func altered(old any, at int) any {
	switch v := old.(type) {
	case int64:
		return v + 1_000_003
	case []byte:
		v = slices.Clone(v)
		v[at%len(v)] ^= 1 << (at % 8)
		return v
	case string:
		if at%2 == 0 && v != "" {
			return v[1:]
		}
		return v + "x"
	}
	return "{}"
}

func TestVerifyAudit_X3_ErasureLeavesTheChainWhole(t *testing.T) {
	t.Parallel()
	w, raw := sealedWorld(t, 12, 5)
	kept := w.checkpoint()
	check(t, w.store.Commit(w.ctx, &directory.Change{Root: w.workspace.Root, Erase: []string{"subject3", "subject9"}}))
	if v := w.verify(kept); v.Fault != nil || v.Erased != 2 {
		t.Errorf("verification is %+v, want two erased details and no fault", v)
	}
	_, err := raw.Exec(`UPDATE audit SET detail = '{"user_name":"someone@example.com"}' WHERE subject = 'subject3'`)
	check(t, err)
	v := w.verify(kept)
	wantFault(t, v, "a detail in the place of an erased one")
	if v.Fault.Entry == 0 || v.Fault.Segment == 0 {
		t.Errorf("the fault %v names no entry", v.Fault)
	}
}

func TestVerifyAudit_KnowsAnotherSealer(t *testing.T) {
	t.Parallel()
	w, raw := sealedWorld(t, 10, 5)
	kept := w.checkpoint()
	t.Run("sealed anew under another key", func(t *testing.T) {
		thief := w.open(directory.NewKey())
		_, err := raw.Exec(`DELETE FROM audit_segment; UPDATE audit SET actor = 'cli:somebody' WHERE id = 'entry4'`)
		check(t, err)
		check(t, thief.SealAudit(w.ctx))
		wantFault(t, w.verify(nil), "a log that was sealed under another key")
	})
	t.Run("sealed anew under the key", func(t *testing.T) {
		_, err := raw.Exec(`DELETE FROM audit_segment`)
		check(t, err)
		check(t, w.open(w.key).SealAudit(w.ctx))
		if v := w.verify(nil); v.Fault != nil {
			t.Errorf("nobody without a checkpoint can know, but %v", v.Fault)
		}
		wantFault(t, w.verify(kept), "a log that does not fit the checkpoint")
	})
	t.Run("an altered checkpoint", func(t *testing.T) {
		forged := *kept
		forged.No--
		wantFault(t, w.verify(&forged), "a forged checkpoint")
	})
	t.Run("of another installation", func(t *testing.T) {
		other, err := w.open(directory.NewKey()).Checkpoint(w.ctx, w.workspace)
		check(t, err)
		wantFault(t, w.verify(&other), "a checkpoint under another key")
	})
}

// Two processes that seal at once need no lease: of two segments of one number one stays.
func TestSealAudit_TwoSealersAndManyWriters(t *testing.T) {
	t.Parallel()
	w, _ := sealedWorld(t, 0, 1)
	const writers, each = 4, 60
	var work sync.WaitGroup
	done := make(chan struct{})
	var sealers sync.WaitGroup
	for range 2 {
		d := w.open(w.key)
		sealers.Go(func() {
			for {
				if err := d.SealAudit(w.ctx); err != nil && !errors.Is(err, directory.ErrBusy) {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range writers {
		work.Go(func() {
			for i := range each {
				w.enter(n*each + i)
			}
		})
	}
	work.Wait()
	close(done)
	sealers.Wait()
	check(t, w.directory.SealAudit(w.ctx))
	check(t, w.open(w.key).SealAudit(w.ctx))
	if v := w.verify(nil); v.Fault != nil || v.Entries != writers*each+1 || v.Unsealed != 0 {
		t.Errorf("verification is %+v, fault %v, want %d sealed entries", v, v.Fault, writers*each+1)
	}
}

func TestSealAudit_FindsTheLastOfManySegments(t *testing.T) {
	t.Parallel()
	w, _ := sealedWorld(t, 70, 1)
	head, err := w.open(w.key).ReadHead(w.ctx, w.workspace.Root)
	check(t, err)
	if head.No != 70 { // the first one has the entry of the workspace too
		t.Errorf("the last segment is %d, want 70", head.No)
	}
}

func TestRun_SealsWhatIsWritten(t *testing.T) {
	t.Parallel()
	w, _ := sealedWorld(t, 0, 1)
	d, err := directory.New(directory.Config{
		Store: w.store, Key: w.key, Now: w.clock.Now, Intervals: directory.Intervals{Seal: 5 * time.Millisecond},
	})
	check(t, err)
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	w.enter(1) // of another process, as far as the sealer knows
	eventually(t, "the entry is sealed", func() bool { return w.verify(nil).Unsealed == 0 })
	stop()
	check(t, <-ended)
}

// eventually polls for what the background does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("it did not come about that %s", what)
}
