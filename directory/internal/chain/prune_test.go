package chain_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory/internal/chain"
)

// drop does what a store does with two entries at a time. It fails when more turns were made than given.
func (s *stored) drop(turns int) func(context.Context, chain.Segment) (int, error) {
	return func(_ context.Context, upTo chain.Segment) (int, error) {
		if turns--; turns < 0 {
			return 0, errors.New("cut off")
		}
		s.segments = slices.DeleteFunc(s.segments, func(g chain.Segment) bool { return g.No < upTo.No })
		s.segments[0] = upTo
		n := 0
		s.entries = slices.DeleteFunc(s.entries, func(e chain.Entry) bool {
			if e.Seq > upTo.Last || n == 2 {
				return false
			}
			n++
			return true
		})
		return n, nil
	}
}

// aged is a chain of five segments of four entries, each sealed a day after the one before.
func aged(t *testing.T) (*stored, *chain.Log) {
	t.Helper()
	s, log := sealed(t, 0, 0)
	day := start
	log.Now = func() time.Time { return day }
	for range 5 {
		s.enter(4)
		if err := log.Seal(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
		day = day.AddDate(0, 0, 1)
	}
	return s, log
}

func verify(t *testing.T, log *chain.Log, kept *chain.Checkpoint) chain.Findings {
	t.Helper()
	found, err := log.Verify(t.Context(), "r", kept)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestPrune_WhatIsLeftFits(t *testing.T) {
	t.Parallel()
	s, log := aged(t)
	kept := log.Checkpoint("r", s.segments[4])
	if err := log.Prune(t.Context(), "r", start.AddDate(0, 0, 3), s.drop(100)); err != nil {
		t.Fatal(err)
	}
	if len(s.segments) != 3 || len(s.entries) != 8 {
		t.Errorf("%d segments and %d entries are left, want the mark with two segments of 8 entries", len(s.segments), len(s.entries))
	}
	if found := verify(t, log, &kept); found.Fault != nil || found.Pruned != 3 || found.Segments != 2 || found.Entries != 8 {
		t.Errorf("found %+v", found)
	}
	before := slices.Clone(s.segments)
	if err := log.Prune(t.Context(), "r", start.AddDate(0, 0, 3), s.drop(0)); err != nil || !slices.EqualFunc(before, s.segments, same) {
		t.Errorf("once more: %v", err)
	}
	// All of it, and what is sealed later still follows.
	if err := log.Prune(t.Context(), "r", start.AddDate(1, 0, 0), s.drop(100)); err != nil {
		t.Fatal(err)
	}
	s.entries = append(s.entries, entry(21))
	if err := log.Seal(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if found := verify(t, log, &kept); found.Fault != nil || found.Pruned != 5 || found.Segments != 1 || found.Head.No != 6 {
		t.Errorf("found %+v", found)
	}
}

func same(a, b chain.Segment) bool { return a.No == b.No && string(a.Signature) == string(b.Signature) }

func TestPrune_CutOffAnywhereFitsAndIsFinished(t *testing.T) {
	t.Parallel()
	for turns := range 9 {
		s, log := aged(t)
		until := start.AddDate(0, 0, 3)
		err := log.Prune(t.Context(), "r", until, s.drop(turns))
		if found := verify(t, log, nil); found.Fault != nil || (err == nil) != (turns == 8) {
			t.Errorf("after %d turns: %v, %v", turns, err, found.Fault)
		}
		if err := log.Prune(t.Context(), "r", until, s.drop(100)); err != nil || len(s.entries) != 8 {
			t.Errorf("after %d turns, then all: %v, %d entries", turns, err, len(s.entries))
		}
		if found := verify(t, log, nil); found.Fault != nil || found.Entries != 8 {
			t.Errorf("after %d turns, then all: %+v", turns, found)
		}
	}
}

func TestPrune_FindsWhatWasForged(t *testing.T) {
	t.Parallel()
	until := start.AddDate(0, 0, 3)
	for name, forge := range map[string]func(*stored){
		"an entry among those that are gone": func(s *stored) { s.entries = slices.Insert(s.entries, 0, entry(5)) },
		"more is marked than was pruned": func(s *stored) {
			s.segments[1].Entries = 0
			s.segments, s.entries = s.segments[1:], s.entries[4:]
		},
		"the mark on its own":   func(s *stored) { s.segments[0].Last += 4; s.entries = s.entries[4:] },
		"entries without mark":  func(s *stored) { s.entries = s.entries[4:] },
		"a segment after it":    func(s *stored) { s.segments = slices.Delete(s.segments, 1, 2) },
		"the mark is taken off": func(s *stored) { s.segments = s.segments[1:] },
	} {
		s, log := aged(t)
		if err := log.Prune(t.Context(), "r", until, s.drop(100)); err != nil {
			t.Fatal(err)
		}
		forge(s)
		if found := verify(t, log, nil); found.Fault == nil {
			t.Errorf("%s is not found", name)
		}
	}
}

// entry is the one that enter makes with that Seq.
func entry(seq int64) chain.Entry {
	var s stored
	s.enter(int(seq))
	return s.entries[seq-1]
}
