package scimserver

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/usher-scim/usher/scim"
)

// This file seals the places of a walk over a list into cursors (RFC 9865).
//
// A cursor is encrypted, for a place holds a value that the caller may not have asked to see, and authenticated
// together with all that must not change on the way: who walks, which list, in which order, what is shown (C-05,
// C-12). It lets nobody in: each page is authorised like any request. The server keeps no state for it.

// cursor is what a cursor says, beside the query that it belongs to.
type cursor struct {
	expires time.Time
	count   int              // the page size of the first page, and so of all (C-05)
	after   []*scim.Position // for each source of the list; nil: not begun
}

const (
	cursorVersion = 1
	// longestCursor bounds what is decoded: a place holds at most one value.
	longestCursor = 1 << 20
)

// errNoProgress is a fault of a backend: a page without records has no place to go on from.
var errNoProgress = errors.New("scimserver: the backend says that there is more, and gives nothing")

// cursorText writes cursors in unreserved characters only (C-01). Strict: there is one text for each cursor.
var cursorText = base64.RawURLEncoding.Strict()

func newCursorCipher(key [32]byte) cipher.AEAD {
	block, _ := aes.NewCipher(key[:]) // the length is right
	aead, _ := cipher.NewGCMWithRandomNonce(block)
	return aead
}

// parseCursor reads the parameters of paging by cursor. An empty cursor asks for the first page.
func (x *exchange) parseCursor(l *listing) error {
	if start, sent := x.query[paramStartIndex]; sent { // D-27, C-14
		return scim.NewError(scim.KindBadParameter, "startIndex", start, "startIndex or cursor, not both")
	}
	l.cursor = &cursor{}
	sealed := x.query[paramCursor]
	if sealed == "" {
		return x.firstCount(l)
	}
	if err := x.open(sealed, l); err != nil {
		return err
	}
	return x.laterCount(l)
}

// firstCount is the page size of a walk. What is too large is refused and not cut: the client will take a page of
// another size for the last one (C-06). Below 0 means 0 (C-02).
func (x *exchange) firstCount(l *listing) error {
	n, err := x.query.number(paramCount, x.opt.MaxPage)
	if err != nil {
		return err
	}
	if n > x.opt.MaxPage {
		return scim.NewError(scim.KindBadCount, "count", x.query[paramCount], "0 to "+strconv.Itoa(x.opt.MaxPage))
	}
	l.count = max(n, 0)
	return nil
}

// laterCount takes the page size of the first page, and no other (C-05).
func (x *exchange) laterCount(l *listing) error {
	l.count = l.cursor.count
	n, err := x.query.number(paramCount, l.count)
	if err != nil {
		return err
	}
	if n != l.count {
		return scim.NewError(scim.KindBadCount, "count", x.query[paramCount], strconv.Itoa(l.count)+", as on the first page")
	}
	return nil
}

// open reads a cursor. Whatever is wrong with it, the answer is the same: it must not tell whether there is such a
// page (C-06).
func (x *exchange) open(sealed string, l *listing) error {
	bad := scim.NewError(scim.KindBadCursor, "cursor", "", "the nextCursor of the page before, with the same query")
	if len(sealed) > longestCursor {
		return bad
	}
	raw, err := cursorText.DecodeString(sealed)
	if err != nil {
		return bad
	}
	plain, err := x.opt.cursors.Open(nil, nil, raw, x.cursorScope())
	if err != nil {
		return bad
	}
	c, ok := decodeCursor(plain)
	if !ok || len(c.after) != len(l.sources) {
		return bad
	}
	if !x.opt.Now().Before(c.expires) {
		return scim.NewError(scim.KindExpiredCursor, "cursor", c.expires.UTC().Format(time.RFC3339),
			"a cursor of the last "+strconv.Itoa(x.opt.cursorSeconds())+" seconds")
	}
	l.cursor = c
	for i, s := range l.sources {
		s.query.After = c.after[i]
	}
	return nil
}

// nextCursor is the cursor of the page behind this one; "" on the last page (C-03), and on an empty one, for a page
// size of 0 never gets there.
func (x *exchange) nextCursor(l *listing) (string, error) {
	if !l.more || l.count == 0 {
		return "", nil
	}
	if len(l.hits) == 0 {
		return "", errNoProgress
	}
	c := cursor{expires: x.opt.Now().Add(x.opt.CursorTimeout), count: l.count}
	for _, s := range l.sources {
		c.after = append(c.after, s.query.After)
	}
	return cursorText.EncodeToString(x.opt.cursors.Seal(nil, nil, c.encode(), x.cursorScope())), nil
}

// cursorScope is what a cursor is bound to. The parameters count as they were sent: a client repeats them.
func (x *exchange) cursorScope() []byte {
	parts := []string{
		x.caller.Identity, x.query[paramFilter], x.query[paramSortBy], x.query[paramSortOrder],
		x.query[paramAttributes], x.query[paramExcluded],
	}
	if x.typ != nil {
		parts = append(parts, x.typ.Endpoint)
	} else {
		for _, t := range x.caller.Types {
			parts = append(parts, "/", t.Endpoint)
		}
	}
	var b []byte
	for _, part := range parts {
		b = appendText(b, part)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// The states of a source in a cursor.
const (
	placeNone    = iota // not begun
	placeValue          // behind a resource with a value to sort by
	placeMissing        // behind one without
)

func (c *cursor) encode() []byte {
	b := []byte{cursorVersion}
	b = binary.AppendVarint(b, c.expires.Unix())
	b = binary.AppendUvarint(b, uint64(c.count))
	b = binary.AppendUvarint(b, uint64(len(c.after)))
	for _, p := range c.after {
		switch {
		case p == nil:
			b = append(b, placeNone)
			continue
		case p.Missing:
			b = append(b, placeMissing)
		default:
			b = append(b, placeValue)
		}
		b = appendText(binary.AppendVarint(b, p.Seq), p.Key)
	}
	return b
}

// decodeCursor reads what encode wrote. It has been authenticated, but another version may have written it.
func decodeCursor(b []byte) (*cursor, bool) {
	r := cursorReader{rest: b, ok: true}
	if r.byte() != cursorVersion {
		return nil, false
	}
	c := &cursor{expires: time.Unix(r.varint(), 0), count: int(r.uvarint(math.MaxInt32))}
	for range r.uvarint(len(b)) {
		if c.after = append(c.after, r.position()); !r.ok {
			break
		}
	}
	return c, r.ok && len(r.rest) == 0
}

// cursorReader takes a cursor apart; ok is false once something was missing.
type cursorReader struct {
	rest []byte
	ok   bool
}

func (r *cursorReader) position() *scim.Position {
	switch kind := r.byte(); kind {
	case placeNone:
		return nil
	case placeValue, placeMissing:
		return &scim.Position{Missing: kind == placeMissing, Seq: r.varint(), Key: r.text()}
	}
	r.ok = false
	return nil
}

func (r *cursorReader) byte() byte {
	b := r.next(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (r *cursorReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.ok = r.ok && n > 0
	r.next(n)
	return v
}

func (r *cursorReader) uvarint(most int) int {
	v, n := binary.Uvarint(r.rest)
	r.next(n)
	if n <= 0 || v > uint64(most) {
		r.ok = false
		return 0
	}
	return int(v)
}

func (r *cursorReader) text() string { return string(r.next(r.uvarint(len(r.rest)))) }

// next takes n bytes away.
func (r *cursorReader) next(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.ok = false
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
