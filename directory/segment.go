package directory

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync"

	"github.com/usher-scim/usher/directory/internal/chain"
)

const (
	// sealBatch is the largest number of entries of one segment.
	sealBatch = 10_000
	// sweepEvery is every how many turns the sealer looks at all roots, and not only at those that this process wrote
	// to: the entries of a command beside the server must be sealed too.
	sweepEvery = 2
)

// seals is the sealer of the audit log. Sealers need no lease: a segment has the number after the last one, and of
// two that seal at once one meets a conflict.
type seals struct {
	key ed25519.PrivateKey

	mu      sync.Mutex
	turn    int
	written map[string]bool    // roots with entries that may be unsealed
	heads   map[string]Segment // last segment by root, as this process knows it
}

func newSeals(key Key) *seals {
	seed := key.Derive("audit")
	return &seals{
		key:     ed25519.NewKeyFromSeed(seed[:]),
		written: map[string]bool{}, heads: map[string]Segment{},
	}
}

func (s *seals) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

func (s *seals) wrote(root string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written[root] = true
}

// due takes the roots that were written to; all says that it is time to look at every root.
func (s *seals) due() (roots []string, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for root := range s.written {
		roots = append(roots, root)
	}
	clear(s.written)
	s.turn++
	return roots, s.turn%sweepEvery == 0
}

func (s *seals) head(root string) (Segment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head, ok := s.heads[root]
	return head, ok
}

// setHead remembers the last segment; nil forgets it.
func (s *seals) setHead(root string, head *Segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if head == nil {
		delete(s.heads, root)
		return
	}
	s.heads[root] = *head
}

// SealAudit chains every entry that is not sealed yet, in every root.
func (d *Directory) SealAudit(ctx context.Context) error { return d.eachRoot(ctx, d.sealRoot) }

// keepSealed seals until ctx ends, and then what was written last.
func (d *Directory) keepSealed(ctx context.Context) {
	d.every(ctx, d.intervals.Seal, "seal the audit log", d.sealDue)
	_ = lastly(ctx, d.sealDue)
}

// sealDue is one turn of the sealer.
func (d *Directory) sealDue(ctx context.Context) error {
	roots, all := d.seals.due()
	if all {
		return d.SealAudit(ctx)
	}
	var errs []error
	for _, root := range roots {
		errs = append(errs, d.sealRoot(ctx, root))
	}
	return errors.Join(errs...)
}

// sealRoot seals what follows the last segment of a root. Where there is nothing it writes nothing.
func (d *Directory) sealRoot(ctx context.Context, root string) error {
	for {
		head, err := d.lastSegment(ctx, root)
		if err != nil {
			return err
		}
		entries, err := d.store.Audit(ctx, root, "", head.Last, sealBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		next := d.nextSegment(head, root, entries)
		err = d.store.Commit(ctx, &Change{Root: root, Segments: []Segment{next}})
		if errors.Is(err, ErrConflict) { // another process sealed them
			d.seals.setHead(root, nil)
			return nil
		}
		if err != nil {
			return err
		}
		d.seals.setHead(root, &next)
		if len(entries) < sealBatch {
			return nil
		}
	}
}

// nextSegment covers everything behind the last one up to the last of the entries, so that an entry that is put
// between two others later is found like one that is missing.
func (d *Directory) nextSegment(head Segment, root string, entries []AuditEntry) Segment {
	h := chain.NewHasher(head.Hash)
	for i := range entries {
		h.Add((*chain.Entry)(&entries[i]))
	}
	next := Segment{
		Root: root, No: head.No + 1, First: head.Last + 1, Last: entries[len(entries)-1].Seq, Entries: len(entries),
		Prev: head.Hash, Hash: h.Sum(), Sealed: d.now(),
	}
	(*chain.Segment)(&next).Sign(d.seals.key)
	return next
}

// lastSegment returns the last segment of a root; none is the zero Segment. One that this process made may have been
// followed by another process's: then the next one conflicts.
func (d *Directory) lastSegment(ctx context.Context, root string) (Segment, error) {
	if head, ok := d.seals.head(root); ok {
		return head, nil
	}
	head, err := d.readHead(ctx, root)
	if err == nil {
		d.seals.setHead(root, &head)
	}
	return head, err
}

// readHead finds the last segment in the store.
func (d *Directory) readHead(ctx context.Context, root string) (Segment, error) {
	head, err := chain.Head(func(no int64) (chain.Segment, bool, error) {
		next, err := d.store.Segments(ctx, root, no, 1)
		if err != nil || len(next) == 0 {
			return chain.Segment{}, false, err
		}
		return chain.Segment(next[0]), true, nil
	})
	return Segment(head), err
}
