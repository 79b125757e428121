package directory

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/background"
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

// Verification is what a look at every sealed entry of a root found.
type Verification struct {
	Segments int64 `json:"segments"`
	Pruned   int64 `json:"pruned,omitempty"` // number of the last segment whose entries were dropped, by age
	Entries  int64 `json:"entries"`          // sealed ones
	Erased   int64 `json:"erased"`           // of them, those whose detail is erased
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

// newChain is the chain over the rows of the store.
func (d *Directory) newChain() *chain.Log {
	seed := d.key.Derive("audit")
	return &chain.Log{
		Key: ed25519.NewKeyFromSeed(seed[:]), Now: d.now,
		Segments: func(ctx context.Context, root string, after int64, limit int) ([]chain.Segment, error) {
			page, err := d.store.Segments(ctx, root, after, limit)
			rows := make([]chain.Segment, len(page))
			for i := range page {
				rows[i] = chain.Segment(page[i])
			}
			return rows, err
		},
		Entries: func(ctx context.Context, root string, after int64, limit int) ([]chain.Entry, error) {
			page, err := d.store.Audit(ctx, root, "", after, limit)
			rows := make([]chain.Entry, len(page))
			for i := range page {
				rows[i] = chain.Entry(page[i])
			}
			return rows, err
		},
		Append: func(ctx context.Context, s chain.Segment) error {
			err := d.store.Commit(ctx, &Change{Root: s.Root, Segments: []Segment{Segment(s)}})
			if errors.Is(err, ErrConflict) {
				err = chain.ErrTaken
			}
			return err
		},
	}
}

// SealAudit chains every entry that is not sealed yet, in every root.
func (d *Directory) SealAudit(ctx context.Context) error { return d.eachRoot(ctx, d.chain.Seal) }

// keepSealed seals until ctx ends, and then what was written last.
func (d *Directory) keepSealed(ctx context.Context) {
	background.Every(ctx, d.log, d.intervals.Seal, "seal the audit log", d.sealDue)
	_ = background.Last(ctx, d.sealDue)
}

// sealDue is one turn of the sealer.
func (d *Directory) sealDue(ctx context.Context) error {
	roots, all := d.chain.Due()
	if all {
		return d.SealAudit(ctx)
	}
	var errs []error
	for _, root := range roots {
		errs = append(errs, d.chain.Seal(ctx, root))
	}
	return errors.Join(errs...)
}

// Checkpoint seals what is there and returns the signed head of the workspace's root.
func (d *Directory) Checkpoint(ctx context.Context, w Workspace) (AuditCheckpoint, error) {
	if err := d.chain.Seal(ctx, w.Root); err != nil {
		return AuditCheckpoint{}, err
	}
	head, err := d.chain.Head(ctx, w.Root)
	if err != nil {
		return AuditCheckpoint{}, err
	}
	return AuditCheckpoint(d.chain.Checkpoint(w.Root, head)), nil
}

// VerifyAudit recomputes the whole chain of the workspace's root and compares it with what is stored, and with a
// checkpoint that was kept elsewhere, unless that is nil. It reads the log once, in pages.
func (d *Directory) VerifyAudit(ctx context.Context, w Workspace, kept *AuditCheckpoint) (Verification, error) {
	found, err := d.chain.Verify(ctx, w.Root, (*chain.Checkpoint)(kept))
	if err != nil {
		return Verification{}, err
	}
	v := Verification{
		Segments: found.Segments, Pruned: found.Pruned, Entries: found.Entries, Erased: found.Erased, Unsealed: found.Unsealed,
		OldestUnsealed: found.OldestUnsealed, Fault: (*AuditFault)(found.Fault),
	}
	if v.Fault == nil {
		head := AuditCheckpoint(d.chain.Checkpoint(w.Root, found.Head))
		v.Head = &head
	}
	return v, nil
}
