package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/chain"
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
	c := AuditCheckpoint{Root: root, No: head.No, Last: head.Last, Hash: head.Hash[:], Time: d.now()}
	(*chain.Checkpoint)(&c).Sign(d.seals.key)
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
	found, err := d.chainOf(ctx, w.Root).Verify((*chain.Checkpoint)(kept))
	if err != nil {
		return Verification{}, err
	}
	v := Verification{
		Segments: found.Segments, Entries: found.Entries, Erased: found.Erased, Unsealed: found.Unsealed,
		OldestUnsealed: found.OldestUnsealed, Fault: (*AuditFault)(found.Fault),
	}
	if v.Fault == nil {
		head := d.checkpointOf(w.Root, Segment(found.Head))
		v.Head = &head
	}
	return v, nil
}

// chainOf is what is stored of a root's chain.
func (d *Directory) chainOf(ctx context.Context, root string) chain.Log {
	return chain.Log{
		Root: root, Key: d.seals.public(),
		Segments: func(after int64, limit int) ([]chain.Segment, error) {
			page, err := d.store.Segments(ctx, root, after, limit)
			rows := make([]chain.Segment, len(page))
			for i := range page {
				rows[i] = chain.Segment(page[i])
			}
			return rows, err
		},
		Entries: func(after int64, limit int) ([]chain.Entry, error) {
			page, err := d.store.Audit(ctx, root, "", after, limit)
			rows := make([]chain.Entry, len(page))
			for i := range page {
				rows[i] = chain.Entry(page[i])
			}
			return rows, err
		},
	}
}
