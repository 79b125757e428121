package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"
)

// The texts that are hashed and signed begin with what they are, so that none is ever taken for another.
const (
	entriesPrefix    = "usher audit entries 1\x00"
	segmentPrefix    = "usher audit segment 1\x00"
	checkpointPrefix = "usher audit checkpoint 1\x00"
)

// Entry is a directory.AuditEntry.
type Entry struct {
	Root, ID   string
	Seq        int64
	Time       time.Time
	Workspace  string
	Connection string
	Actor      string
	Action     string
	TargetType string
	Target     string
	Subject    string
	RequestID  string
	Address    string
	Detail     []byte // nil: erased
	Salt       [16]byte
	Digest     [32]byte
}

// Digest stands for the detail of an entry: it stays when the detail is erased, and without the salt nobody can guess
// the one from the other.
func Digest(salt [16]byte, detail []byte) [32]byte { return sha256.Sum256(append(salt[:], detail...)) }

// fits reports whether the detail is what the digest was made of, or erased.
func (e *Entry) fits() bool { return e.Detail == nil || Digest(e.Salt, e.Detail) == e.Digest }

// appendCanonical appends the one encoding of an entry: every text stands behind its length, so that nothing can be
// moved from one field to the next.
func (e *Entry) appendCanonical(b []byte) []byte {
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

// hasher hashes the entries of one segment: SHA-256 over the hash of the segment before and every entry without its
// detail, whose salted digest is in. An erased detail leaves it as it is (X3).
type hasher struct {
	sum hash.Hash
	buf []byte
}

// newHasher begins behind a segment with that hash.
func newHasher(prev [32]byte) *hasher {
	h := &hasher{sum: sha256.New()}
	_, _ = h.sum.Write([]byte(entriesPrefix))
	_, _ = h.sum.Write(prev[:])
	return h
}

func (h *hasher) add(e *Entry) {
	h.buf = e.appendCanonical(h.buf[:0])
	_, _ = h.sum.Write(h.buf)
}

func (h *hasher) hash() [32]byte { return [32]byte(h.sum.Sum(nil)) }
