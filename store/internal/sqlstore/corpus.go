package sqlstore

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Texts in memory. A part of a text is looked for in all texts of an index, and an engine that looks at one row after the
// other takes 30 ms for 200,000 of them. Laid end to end in memory they take 2. So the texts of an index that is searched
// are read beside the requests, once, and are kept for as long as they are searched (docs/decisions/0031).
//
// They are never changed. What has changed since they were read, the audit log tells: its entries name the resources, and
// those are read as they are now. So no write does anything for a search, and whoever wrote, this process or another, is
// heard. When the entries are too many, or may stand for more than they name, the engine looks through its index as ever.

// textIndex is an index whose texts are looked through.
type textIndex struct {
	scopeNumbers
	attr   int64      // the number of an attribute that has keys; 0: it is a column
	column wholeTexts // of resource
}

// corpus is all texts of an index as they were at one moment.
type corpus struct {
	of   textIndex
	at   int64    // the place in the audit log up to which they tell everything
	last string   // the id of the entry there; "": there was none
	all  []byte   // each text, and endOfText behind it
	ends []uint32 // where each ends in all
	seqs []int64  // whose each is

	read     time.Time
	searched atomic.Int64 // Unix time, in seconds
	stale    atomic.Bool  // something has changed that the log does not tell
}

// endOfText is a byte that no UTF-8 has.
const endOfText = 0xFF

// add takes another text in, and reports whether there was room.
func (t *corpus) add(text string, seq int64) bool {
	t.all = append(append(t.all, text...), endOfText)
	t.ends = append(t.ends, uint32(len(t.all)-1))
	t.seqs = append(t.seqs, seq)
	return t.size() <= maxTexts
}

// size is what they take, in bytes.
func (t *corpus) size() int { return len(t.all) + 4*len(t.ends) + 8*len(t.seqs) }

// having lists the sequence numbers of whose text has the part: each once for each of its texts. ok is false when there are
// so many that the engine finds them as fast.
func (t *corpus) having(op scim.Operator, part string) (seqs []int64, ok bool) {
	sought := []byte(part)
	if op == scim.EndsWith {
		sought = append(sought, endOfText)
	}
	for from := 0; ; {
		i := bytes.Index(t.all[from:], sought)
		if i < 0 {
			return seqs, true
		}
		if len(seqs) == maxHits {
			return nil, false
		}
		no, _ := slices.BinarySearchFunc(t.ends, from+i, func(end uint32, at int) int { return cmp.Compare(int(end), at) })
		seqs = append(seqs, t.seqs[no])
		from = int(t.ends[no]) + 1
	}
}

// errUnfit tells that texts are not to be kept.
var errUnfit = errors.New("sqlstore: texts that do not fit into memory")

// maxHits is where the engine is as fast.
const maxHits = 10_000
