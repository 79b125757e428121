package directory

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"
)

// The texts that are hashed and signed begin with what they are, so that none is ever taken for another.
const (
	chainPrefix      = "usher audit entries 1\x00"
	segmentPrefix    = "usher audit segment 1\x00"
	checkpointPrefix = "usher audit checkpoint 1\x00"
)

// chain hashes the entries of one segment: SHA-256 over the hash of the segment before and every entry without its
// detail, whose salted digest is in. An erased detail leaves it as it is (X3).
type chain struct {
	sum hash.Hash
	buf []byte
}

func newChain(prev [32]byte) *chain {
	c := &chain{sum: sha256.New()}
	_, _ = c.sum.Write([]byte(chainPrefix))
	_, _ = c.sum.Write(prev[:])
	return c
}

func (c *chain) add(e *AuditEntry) {
	c.buf = e.appendCanonical(c.buf[:0])
	_, _ = c.sum.Write(c.buf)
}

func (c *chain) hash() [32]byte { return [32]byte(c.sum.Sum(nil)) }

// appendCanonical appends the one encoding of an entry: every text stands behind its length, so that nothing can be
// moved from one field to the next.
func (e *AuditEntry) appendCanonical(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = appendTime(b, e.Time)
	for _, text := range [...]string{
		e.Root, e.ID, e.Workspace, e.Connection, e.Actor, e.Action, e.TargetType, e.Target, e.Subject, e.RequestID, e.Address,
	} {
		b = appendText(b, text)
	}
	b = append(b, e.Salt[:]...)
	return append(b, e.Digest[:]...)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixNano()))
}

// fits reports whether the detail is what the digest was made of, or erased.
func (e *AuditEntry) fits() bool {
	return e.Detail == nil || sha256.Sum256(append(e.Salt[:], e.Detail...)) == e.Digest
}

// signed is what a segment's signature is of: all of its row.
func (s *Segment) signed() []byte {
	b := appendText([]byte(segmentPrefix), s.Root)
	for _, n := range [...]int64{s.No, s.First, s.Last, int64(s.Entries)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = appendTime(b, s.Sealed)
	b = append(b, s.Prev[:]...)
	return append(b, s.Hash[:]...)
}

func (s *Segment) sign(key ed25519.PrivateKey) { s.Signature = ed25519.Sign(key, s.signed()) }

func (s *Segment) verify(key ed25519.PublicKey) bool {
	return ed25519.Verify(key, s.signed(), s.Signature)
}
