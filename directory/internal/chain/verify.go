package chain

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"fmt"
	"time"
)

// Findings are what a look at every entry of a log has found.
type Findings struct {
	Segments, Entries, Erased, Unsealed int64
	Pruned                              int64 // number of the last segment whose entries were dropped
	OldestUnsealed                      time.Time
	// Fault is the first thing that does not fit; nil: everything does.
	Fault *Fault
	// Head is the last segment, when there is no fault.
	Head Segment
}

// Fault is a place that was altered.
type Fault struct {
	Segment int64 // 0: behind the last one
	Entry   int64 // Seq; 0: it is the segment
	Problem string
}

// How many rows are read at once.
const (
	segmentPage = 256
	entryPage   = 1000
)

// Verify recomputes the chain of a root and compares it with what is stored, and with a checkpoint that was kept elsewhere, unless
// that is nil. It reads the log once, in pages.
func (l *Log) Verify(ctx context.Context, root string, kept *Checkpoint) (Findings, error) {
	v := verifier{ctx: ctx, log: l, root: root, key: l.Key.Public().(ed25519.PublicKey), kept: kept}
	for _, step := range []func() error{v.checkpoint, v.segments, v.truncation, v.tail} {
		if err := step(); err != nil {
			return Findings{}, err
		}
		if v.found.Fault != nil {
			break
		}
	}
	return v.found, nil
}

// verifier walks along the chain. It stops at the first fault.
type verifier struct {
	ctx   context.Context
	log   *Log
	root  string
	key   ed25519.PublicKey
	kept  *Checkpoint
	found Findings
	page  []Entry // that were read and not looked at
	after int64   // Seq of the last one that was
}

func (v *verifier) fail(f Fault) { v.found.Fault = &f }

// checkpoint looks at the checkpoint itself.
func (v *verifier) checkpoint() error {
	switch {
	case v.kept == nil:
	case v.kept.Root != v.root:
		v.fail(Fault{Problem: "the checkpoint is of another root, " + v.kept.Root})
	case subtle.ConstantTimeCompare(v.kept.PublicKey, v.key) != 1:
		v.fail(Fault{Segment: v.kept.No, Problem: "the checkpoint was signed under another installation key"})
	case !ed25519.Verify(v.key, v.kept.signed(), v.kept.Signature):
		v.fail(Fault{Segment: v.kept.No, Problem: "the checkpoint's signature does not fit: it was altered"})
	}
	return nil
}

func (v *verifier) segments() error {
	for {
		page, err := v.log.Segments(v.ctx, v.root, v.found.Head.No, segmentPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			if err := v.segment(&page[i]); err != nil || v.found.Fault != nil {
				return err
			}
		}
	}
}

// segment checks one segment and its entries, and moves on.
func (v *verifier) segment(s *Segment) error {
	fail := func(format string, args ...any) { v.fail(Fault{Segment: s.No, Problem: fmt.Sprintf(format, args...)}) }
	head := &v.found.Head
	first := head.No == 0 && s.IsPruned()
	switch {
	case s.No != head.No+1 && !first:
		v.fail(Fault{Segment: head.No + 1, Problem: "the segment is missing"})
		return nil
	case !s.isSignedBy(v.key):
		fail("the signature does not fit: the segment was altered, or signed under another key")
		return nil
	case first:
		return v.pruned(s)
	case s.Prev != head.Hash || s.First != head.Last+1:
		fail("it does not continue the segment before")
		return nil
	}
	n, hash, err := v.entries(s)
	switch {
	case err != nil || v.found.Fault != nil:
		return err
	case n < s.Entries:
		fail("entries are missing: %d of %d are there", n, s.Entries)
	case n > s.Entries:
		fail("entries were added: %d are there, %d were sealed", n, s.Entries)
	case hash != s.Hash:
		fail("an entry between %d and %d was altered", s.First, s.Last)
	case !v.isKept(s):
		fail(sealedAnew)
	}
	*head = *s
	v.found.Segments++
	return nil
}

const sealedAnew = "it is not the one of the checkpoint: the log was sealed anew"

// isKept reports that the segment is not another one than the checkpoint's.
func (v *verifier) isKept(s *Segment) bool {
	return v.kept == nil || v.kept.No != s.No || string(v.kept.Hash) == string(s.Hash[:])
}

// pruned goes on behind what was dropped. While it is being dropped some of it may still be there.
func (v *verifier) pruned(s *Segment) error {
	if !v.isKept(s) {
		v.fail(Fault{Segment: s.No, Problem: sealedAnew})
		return nil
	}
	for {
		e, err := v.next(s.Last)
		switch {
		case err != nil:
			return err
		case e == nil:
			v.found.Head, v.found.Pruned = *s, s.No
			return nil
		case s.Entries == gone:
			v.fail(Fault{Segment: s.No, Entry: e.Seq, Problem: "the entry was added to what is pruned"})
			return nil
		}
	}
}

// entries hashes the entries of a segment.
func (v *verifier) entries(s *Segment) (n int, hash [32]byte, err error) {
	h := newHasher(s.Prev)
	for {
		e, err := v.next(s.Last)
		if err != nil || e == nil {
			return n, h.hash(), err
		}
		if !e.fits() {
			v.fail(Fault{Segment: s.No, Entry: e.Seq, Problem: "the detail does not fit its digest: it was altered"})
			return n, hash, nil
		}
		if e.Detail == nil {
			v.found.Erased++
		}
		h.add(e)
		n++
		v.found.Entries++
	}
}

// truncation compares the end of the chain with the checkpoint.
func (v *verifier) truncation() error {
	if no := v.found.Head.No; v.kept != nil && v.kept.No > no {
		v.fail(Fault{Segment: no + 1, Problem: fmt.Sprintf(
			"the log was cut short: it ends with segment %d, and the checkpoint of %s has segment %d",
			no, v.kept.Time.Format(time.RFC3339), v.kept.No)})
	}
	return nil
}

// tail looks at what is not sealed yet.
func (v *verifier) tail() error {
	for {
		e, err := v.next(0)
		if err != nil || e == nil {
			return err
		}
		if !e.fits() {
			v.fail(Fault{Entry: e.Seq, Problem: "the detail does not fit its digest: it was altered"})
			return nil
		}
		if v.found.Unsealed++; v.found.Unsealed == 1 {
			v.found.OldestUnsealed = e.Time
		}
	}
}

// next returns the next entry with a Seq up to last (0: whatever its Seq), or nil.
func (v *verifier) next(last int64) (*Entry, error) {
	if len(v.page) == 0 {
		page, err := v.log.Entries(v.ctx, v.root, v.after, entryPage)
		if err != nil || len(page) == 0 {
			return nil, err
		}
		v.page = page
	}
	e := &v.page[0]
	if last != 0 && e.Seq > last {
		return nil, nil
	}
	v.page, v.after = v.page[1:], e.Seq
	return e, nil
}
