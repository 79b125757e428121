package postgres

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// How any string of Go stands in a TEXT: NUL and bytes that are not UTF-8 are written with a mark, and so is the mark
// itself. The order of texts stays the same, and so does which text is the beginning or a part of which: what follows
// the mark are noncharacters of Unicode, which no text has to have. Almost every text stands as it is.
const (
	mark     = "\x01"
	markNUL  = mark + "\uFDD0"
	markMark = mark + "\uFDD1"
	markByte = mark + "\uFDD2" // and two hexadecimal digits
)

// encode is how s stands in a column.
func encode(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0:
			b.WriteString(markNUL)
		case r == 1:
			b.WriteString(markMark)
		case r == utf8.RuneError && size == 1:
			b.WriteString(markByte)
			b.WriteString(strconv.FormatUint(0x100|uint64(s[i]), 16)[1:])
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// plain reports that s stands as it is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= 1 {
			return false
		}
	}
	return utf8.ValidString(s)
}

// decode is the inverse of encode.
func decode(s string) string {
	if !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		c, size := utf8.DecodeRuneInString(rest)
		s = rest[size:]
		switch {
		case c == '\uFDD0':
			b.WriteByte(0)
		case c == '\uFDD2' && len(s) >= 2:
			n, _ := strconv.ParseUint(s[:2], 16, 8)
			b.WriteByte(byte(n))
			s = s[2:]
		default:
			b.WriteByte(1)
		}
	}
}
