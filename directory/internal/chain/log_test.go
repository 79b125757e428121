package chain_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory/internal/chain"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// stored are the rows of one root in memory.
type stored struct {
	entries  []chain.Entry
	segments []chain.Segment
}

func (s *stored) enter(n int) {
	for range n {
		seq := int64(len(s.entries) + 1)
		e := chain.Entry{
			Root: "r", ID: fmt.Sprint("e", seq), Seq: seq, Time: start.Add(time.Duration(seq) * time.Second), Workspace: "w",
			Connection: "c", Actor: "token:t", Action: "user.update", TargetType: "User", Target: "u", Subject: "s",
			RequestID: "q", Address: "192.0.2.1", Detail: []byte(`{"user_name":"ann"}`), Salt: [16]byte{byte(seq)},
		}
		e.Digest = chain.Digest(e.Salt, e.Detail)
		s.entries = append(s.entries, e)
	}
}

func (s *stored) log(key ed25519.PrivateKey) *chain.Log {
	return &chain.Log{
		Key: key, Now: func() time.Time { return start },
		Segments: func(_ context.Context, _ string, after int64, limit int) ([]chain.Segment, error) {
			return page(s.segments, func(g chain.Segment) bool { return g.No > after }, limit), nil
		},
		Entries: func(_ context.Context, _ string, after int64, limit int) ([]chain.Entry, error) {
			return page(s.entries, func(e chain.Entry) bool { return e.Seq > after }, limit), nil
		},
		Append: func(_ context.Context, g chain.Segment) error {
			if slices.ContainsFunc(s.segments, func(o chain.Segment) bool { return o.No == g.No }) {
				return chain.ErrTaken
			}
			s.segments = append(s.segments, g)
			return nil
		},
	}
}

func page[T any](all []T, is func(T) bool, limit int) (rows []T) {
	for _, row := range all {
		if is(row) && len(rows) < limit {
			rows = append(rows, row)
		}
	}
	return rows
}

// sealed is a chain of segments, with its key.
func sealed(t *testing.T, segments, each int) (*stored, *chain.Log) {
	t.Helper()
	s := new(stored)
	log := s.log(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	for range segments {
		s.enter(each)
		if err := log.Seal(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
	}
	return s, log
}

func TestVerify_WhatWasSealedFits(t *testing.T) {
	t.Parallel()
	s, log := sealed(t, 5, 4)
	s.enter(3)
	s.entries[6].Detail = nil // erased
	found, err := log.Verify(t.Context(), "r", nil)
	want := chain.Findings{
		Segments: 5, Entries: 20, Erased: 1, Unsealed: 3, OldestUnsealed: s.entries[20].Time, Head: s.segments[4],
	}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("found %+v, %v\n want %+v", found, err, want)
	}
}

// Any edit of any field of a sealed row is found.
func TestVerify_FindsEveryEdit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, log := sealed(t, 3, 3)
		var row reflect.Value
		if rapid.Bool().Draw(rt, "a segment") {
			row = reflect.ValueOf(&s.segments[rapid.IntRange(0, 2).Draw(rt, "row")]).Elem()
		} else {
			row = reflect.ValueOf(&s.entries[rapid.IntRange(0, 8).Draw(rt, "row")]).Elem()
		}
		field := rapid.IntRange(0, row.NumField()-1).Draw(rt, "field")
		alter(rt, row.Field(field))
		found, err := log.Verify(t.Context(), "r", nil)
		if err != nil || found.Fault == nil {
			rt.Fatalf("an edit of %s is not found: %+v, %v", row.Type().Field(field).Name, found, err)
		}
	})
}

func alter(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + rapid.StringN(1, 3, -1).Draw(t, "more"))
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + rapid.Int64Range(1, 100).Draw(t, "more"))
	case reflect.Slice, reflect.Array:
		b := v.Index(rapid.IntRange(0, v.Len()-1).Draw(t, "at"))
		b.SetUint(b.Uint() ^ 1)
	case reflect.Struct:
		v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Nanosecond)))
	default:
		t.Fatalf("a field of kind %s", v.Kind())
	}
}

func TestVerify_ACheckpointFindsWhatWasCutOff(t *testing.T) {
	t.Parallel()
	s, log := sealed(t, 4, 2)
	kept := log.Checkpoint("r", s.segments[3])
	if found, err := log.Verify(t.Context(), "r", &kept); err != nil || found.Fault != nil {
		t.Fatalf("the whole log: %v, %v", found.Fault, err)
	}
	forged := kept
	forged.No--
	for name, checkpoint := range map[string]chain.Checkpoint{"a log that was cut": kept, "a forged checkpoint": forged} {
		cut := &stored{entries: s.entries[:6], segments: s.segments[:3]}
		found, err := cut.log(log.Key).Verify(t.Context(), "r", &checkpoint)
		if err != nil || found.Fault == nil {
			t.Errorf("%s is not found: %v", name, err)
		}
	}
}

func TestHead_FindsTheLast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "segments")
		_, log := sealed(t, n, 1)
		if head, err := log.Head(t.Context(), "r"); err != nil || head.No != int64(n) {
			rt.Errorf("the last of %d is %d, %v", n, head.No, err)
		}
	})
}
