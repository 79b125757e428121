package chain

import (
	"crypto/ed25519"
	"encoding/binary"
	"time"
)

// Segment is a directory.Segment: the sealed entries with First <= Seq <= Last.
type Segment struct {
	Root        string
	No          int64
	First, Last int64
	Entries     int
	Prev, Hash  [32]byte
	Sealed      time.Time
	Signature   []byte
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

func (s *Segment) isSignedBy(key ed25519.PublicKey) bool {
	return ed25519.Verify(key, s.signed(), s.Signature)
}

// Checkpoint is a directory.AuditCheckpoint: the signed head of a chain.
type Checkpoint struct {
	Root      string
	No        int64
	Last      int64
	Hash      []byte
	Time      time.Time
	PublicKey []byte
	Signature []byte
}

func (c *Checkpoint) signed() []byte {
	b := appendText([]byte(checkpointPrefix), c.Root)
	b = binary.BigEndian.AppendUint64(b, uint64(c.No))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Last))
	b = appendText(b, string(c.Hash))
	return appendTime(b, c.Time)
}

func (c *Checkpoint) sign(key ed25519.PrivateKey) {
	c.PublicKey = key.Public().(ed25519.PublicKey)
	c.Signature = ed25519.Sign(key, c.signed())
}
