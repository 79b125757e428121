package scim

import "github.com/go-json-experiment/json/jsontext"

// tokenKind is what a token of a filter or a path is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
	tokenOpen         // (
	tokenClose        // )
	tokenOpenBracket  // [
	tokenCloseBracket // ]
	tokenBad
)

// token is one lexeme: src[pos:end].
type token struct {
	kind     tokenKind
	text     string // as written, quotes included
	pos, end int
}

// found says what the token is, for an error.
func (t token) found() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return t.text
}

// lexer cuts a filter or a path into tokens. Words are everything between white space, quotes and brackets; the
// parser decides whether a word is a name, an operator or a literal. A quote ends a word, so that RFC 7644
// §3.5.2.2's own example `value eq"2819c223"` is read (T-054).
type lexer struct {
	src string
	pos int
}

func (l *lexer) next() token {
	for l.pos < len(l.src) && isSpace(l.src[l.pos]) {
		l.pos++
	}
	start := l.pos
	if start == len(l.src) {
		return token{kind: tokenEnd, pos: start, end: start}
	}
	kind := punctuation(l.src[start])
	switch kind {
	case tokenString:
		kind, l.pos = stringEnd(l.src, start)
	case tokenWord:
		for l.pos < len(l.src) && !isSpace(l.src[l.pos]) && punctuation(l.src[l.pos]) == tokenWord {
			l.pos++
		}
	default:
		l.pos++
	}
	return token{kind: kind, text: l.src[start:l.pos], pos: start, end: l.pos}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func punctuation(c byte) tokenKind {
	switch c {
	case '"':
		return tokenString
	case '(':
		return tokenOpen
	case ')':
		return tokenClose
	case '[':
		return tokenOpenBracket
	case ']':
		return tokenCloseBracket
	}
	return tokenWord
}

// stringEnd finds the end of the JSON string that starts at start. An unterminated one is a bad token.
func stringEnd(src string, start int) (tokenKind, int) {
	for i := start + 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return tokenString, i + 1
		}
	}
	return tokenBad, len(src)
}

// unquote decodes a JSON string with its quotes (RFC 8259 §7). Raw control characters, unknown escapes and lone
// surrogates are refused.
func unquote(quoted string) (string, bool) {
	b, err := jsontext.AppendUnquote(nil, quoted)
	return string(b), err == nil
}
