package directory

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// AuditCheckpoint is the signed head of a root's audit chain, to be kept elsewhere: a log that was cut short, or
// sealed anew, no longer fits it.
type AuditCheckpoint struct {
	Root      string    `json:"root"`
	No        int64     `json:"no"`   // of the last segment; 0: nothing was sealed
	Last      int64     `json:"last"` // Seq of the last sealed entry
	Hash      []byte    `json:"hash"`
	Time      time.Time `json:"time"`
	PublicKey []byte    `json:"public_key"` // Ed25519
	Signature []byte    `json:"signature"`
}

func (c *AuditCheckpoint) signed() []byte {
	b := appendText([]byte(checkpointPrefix), c.Root)
	b = binary.BigEndian.AppendUint64(b, uint64(c.No))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Last))
	b = appendText(b, string(c.Hash))
	return appendTime(b, c.Time)
}

// Checkpoint seals what is there and returns the signed head of the workspace's root.
func (d *Directory) Checkpoint(ctx context.Context, w Workspace) (AuditCheckpoint, error) {
	if err := d.sealRoot(ctx, w.Root); err != nil {
		return AuditCheckpoint{}, err
	}
	head, err := d.readHead(ctx, w.Root)
	if err != nil {
		return AuditCheckpoint{}, err
	}
	return d.checkpointOf(w.Root, head), nil
}

func (d *Directory) checkpointOf(root string, head Segment) AuditCheckpoint {
	c := AuditCheckpoint{
		Root: root, No: head.No, Last: head.Last, Hash: head.Hash[:], Time: d.now(), PublicKey: d.seals.public(),
	}
	c.Signature = ed25519.Sign(d.seals.key, c.signed())
	return c
}

// Verification is what a look at every sealed entry of a root found.
type Verification struct {
	Segments int64 `json:"segments"`
	Entries  int64 `json:"entries"` // sealed ones
	Erased   int64 `json:"erased"`  // of them, those whose detail is erased
	Unsealed int64 `json:"unsealed"`
	// OldestUnsealed is the time of the first entry that waits to be sealed. One that waits for minutes while a server
	// runs is a chain whose end was cut off.
	OldestUnsealed time.Time `json:"oldest_unsealed,omitzero"`
	// Fault is the first thing that does not fit; nil: everything does.
	Fault *AuditFault `json:"fault,omitempty"`
	// Head is the end of the chain, when there is no fault.
	Head *AuditCheckpoint `json:"head,omitempty"`
}

// AuditFault is a place of the audit log that was altered.
type AuditFault struct {
	Segment int64  `json:"segment"`         // number of the segment; 0: behind the last one
	Entry   int64  `json:"entry,omitempty"` // Seq of the entry, when it is one
	Problem string `json:"problem"`
}

func (f *AuditFault) String() string {
	place := "behind the last segment"
	if f.Segment > 0 {
		place = fmt.Sprintf("segment %d", f.Segment)
	}
	if f.Entry > 0 {
		place += fmt.Sprintf(", entry %d", f.Entry)
	}
	return place + ": " + f.Problem
}

// VerifyAudit recomputes the whole chain of the workspace's root and compares it with what is stored, and with a
// checkpoint that was kept elsewhere, unless that is nil. It reads the log once, in pages.
func (d *Directory) VerifyAudit(ctx context.Context, w Workspace, kept *AuditCheckpoint) (Verification, error) {
	v := verifier{
		d: d, root: w.Root, kept: kept, key: d.seals.public(),
		log: &auditReader{d: d, ctx: ctx, root: w.Root},
	}
	if v.fault = v.checkpointFault(); v.fault != nil {
		return v.result(), nil
	}
	if err := v.segments(ctx); err != nil {
		return Verification{}, err
	}
	if v.fault == nil {
		v.fault = v.truncation()
	}
	if v.fault == nil {
		if err := v.tail(); err != nil {
			return Verification{}, err
		}
	}
	return v.result(), nil
}

// verifier walks along the chain. It stops at the first fault.
type verifier struct {
	d     *Directory
	root  string
	key   ed25519.PublicKey
	kept  *AuditCheckpoint
	log   *auditReader
	head  Segment // the last one that fitted
	found Verification
	fault *AuditFault
}

func (v *verifier) result() Verification {
	r := v.found
	r.Fault = v.fault
	if v.fault == nil {
		head := v.d.checkpointOf(v.root, v.head)
		r.Head = &head
	}
	return r
}

// checkpointFault says what is wrong with the checkpoint itself.
func (v *verifier) checkpointFault() *AuditFault {
	switch {
	case v.kept == nil:
		return nil
	case v.kept.Root != v.root:
		return &AuditFault{Problem: "the checkpoint is of another root, " + v.kept.Root}
	case subtle.ConstantTimeCompare(v.kept.PublicKey, v.key) != 1:
		return &AuditFault{Segment: v.kept.No, Problem: "the checkpoint was signed under another installation key"}
	case !ed25519.Verify(v.key, v.kept.signed(), v.kept.Signature):
		return &AuditFault{Segment: v.kept.No, Problem: "the checkpoint's signature does not fit: it was altered"}
	}
	return nil
}

const segmentPage = 256

func (v *verifier) segments(ctx context.Context) error {
	for {
		page, err := v.d.store.Segments(ctx, v.root, v.head.No, segmentPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			if err := v.segment(&page[i]); err != nil || v.fault != nil {
				return err
			}
		}
	}
}

// segment checks one segment and its entries, and moves on.
func (v *verifier) segment(s *Segment) error {
	fail := func(format string, args ...any) {
		v.fault = &AuditFault{Segment: s.No, Problem: fmt.Sprintf(format, args...)}
	}
	switch {
	case s.No != v.head.No+1:
		v.fault = &AuditFault{Segment: v.head.No + 1, Problem: "the segment is missing"}
	case !s.verify(v.key):
		fail("the signature does not fit: the segment was altered, or signed under another key")
	case s.Prev != v.head.Hash || s.First != v.head.Last+1:
		fail("it does not continue the segment before")
	}
	if v.fault != nil {
		return nil
	}
	n, hash, err := v.entries(s)
	switch {
	case err != nil || v.fault != nil:
		return err
	case n < s.Entries:
		fail("entries are missing: %d of %d are there", n, s.Entries)
	case n > s.Entries:
		fail("entries were added: %d are there, %d were sealed", n, s.Entries)
	case hash != s.Hash:
		fail("an entry between %d and %d was altered", s.First, s.Last)
	case v.kept != nil && v.kept.No == s.No && string(v.kept.Hash) != string(s.Hash[:]):
		fail("it is not the one of the checkpoint: the log was sealed anew")
	}
	v.head = *s
	v.found.Segments++
	return nil
}

// entries hashes the entries of a segment.
func (v *verifier) entries(s *Segment) (n int, hash [32]byte, err error) {
	c := newChain(s.Prev)
	for {
		e, err := v.log.next(s.Last)
		if err != nil || e == nil {
			return n, c.hash(), err
		}
		if !e.fits() {
			v.fault = &AuditFault{Segment: s.No, Entry: e.Seq, Problem: "the detail does not fit its digest: it was altered"}
			return n, hash, nil
		}
		if e.Detail == nil {
			v.found.Erased++
		}
		c.add(e)
		n++
		v.found.Entries++
	}
}

// truncation compares the end of the chain with the checkpoint.
func (v *verifier) truncation() *AuditFault {
	if v.kept == nil || v.kept.No <= v.head.No {
		return nil
	}
	return &AuditFault{Segment: v.head.No + 1, Problem: fmt.Sprintf(
		"the log was cut short: it ends with segment %d, and the checkpoint of %s has segment %d",
		v.head.No, v.kept.Time.Format(time.RFC3339), v.kept.No)}
}

// tail looks at what is not sealed yet.
func (v *verifier) tail() error {
	for {
		e, err := v.log.next(0)
		if err != nil || e == nil {
			return err
		}
		if !e.fits() {
			v.fault = &AuditFault{Entry: e.Seq, Problem: "the detail does not fit its digest: it was altered"}
			return nil
		}
		if v.found.Unsealed++; v.found.Unsealed == 1 {
			v.found.OldestUnsealed = e.Time
		}
	}
}

// auditReader reads the audit log of a root from its beginning, page by page.
type auditReader struct {
	d     *Directory
	ctx   context.Context
	root  string
	page  []AuditEntry
	after int64
}

const auditPage = 1000

// next returns the next entry with a Seq up to last (0: whatever its Seq), or nil.
func (r *auditReader) next(last int64) (*AuditEntry, error) {
	if len(r.page) == 0 {
		page, err := r.d.store.Audit(r.ctx, r.root, "", r.after, auditPage)
		if err != nil || len(page) == 0 {
			return nil, err
		}
		r.page = page
	}
	e := &r.page[0]
	if last != 0 && e.Seq > last {
		return nil, nil
	}
	r.page, r.after = r.page[1:], e.Seq
	return e, nil
}
