package scim

import (
	"slices"
	"sync"
	"unicode/utf8"
)

// JSON is the text of [AppendJSON], with no room behind it: it is made to be kept.
func JSON(v Value) []byte {
	scratch := scratches.Get().(*[]byte)
	*scratch = AppendJSON((*scratch)[:0], v)
	text := slices.Clone(*scratch)
	if cap(*scratch) <= maxScratch {
		scratches.Put(scratch)
	}
	return text
}

// scratches are buffers in which texts grow.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch bounds what such a buffer holds on to, in bytes.
const maxScratch = 64 << 10

// AppendJSON appends v as JSON text without white space: numbers exactly as they were sent, members in their order,
// no HTML escaping. Bytes of a string that are not UTF-8 become U+FFFD.
func AppendJSON(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case string:
		return appendString(dst, v)
	case *Object:
		return appendObject(dst, v)
	case Array:
		return appendArray(dst, v)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case Number:
		return append(dst, v...)
	default:
		return append(dst, "null"...)
	}
}

func appendObject(dst []byte, o *Object) []byte {
	if o == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i := range o.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendName(dst, o.Members[i].Name)
		dst = AppendJSON(dst, o.Members[i].Value)
	}
	return append(dst, '}')
}

func appendArray(dst []byte, list Array) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSON(dst, v)
	}
	return append(dst, ']')
}

func appendName(dst []byte, name string) []byte {
	return append(appendString(dst, name), ':')
}

func appendString(dst []byte, s string) []byte {
	return append(appendText(append(dst, '"'), s), '"')
}

// appendText appends a string without its quotes.
func appendText(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = appendEscape(append(dst, s[start:i]...), c)
		} else if r, n := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
			i += n
			continue
		} else {
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
		}
		i++
		start = i
	}
	return append(dst, s[start:]...)
}

// plain marks the ASCII characters that stand for themselves in a JSON string.
var plain = func() (p [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(append(dst, `\u00`...), hex[c>>4], hex[c&15])
}
