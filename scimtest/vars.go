package scimtest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// vars are a run's variables.
type vars map[string]string

// notPlayed says why a step was not played.
type notPlayed string

func (e notPlayed) Error() string { return "not played: " + string(e) }

// expand replaces each {{name}} by its value, passed through encode.
func (v vars) expand(text string, encode func(string) string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return "", fmt.Errorf("unclosed variable in %q", text)
		}
		value, known := v[name]
		if !known {
			return "", notPlayed(fmt.Sprintf("it needs {{%s}}, which no earlier step gave", name))
		}
		b.WriteString(encode(value))
		text = after
	}
}

// extend adds variables whose values may use those that exist.
func (v vars) extend(more vars) error {
	added := make(vars, len(more))
	for name, text := range more {
		value, err := v.expand(text, asText)
		if err != nil {
			return err
		}
		added[name] = value
	}
	maps.Copy(v, added)
	return nil
}

func asText(s string) string { return s }

// asURL leaves only unreserved characters (RFC 3986 §2.3), so that a value is safe in
// a path segment and in a query alike.
func asURL(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	default:
		return strings.IndexByte("-._~", c) >= 0
	}
}

// asJSON escapes a value for the inside of a JSON string.
func asJSON(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(quoted[1 : len(quoted)-1])
}

// randomHex returns 2n hexadecimal digits.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// randomUUID returns a random UUID (RFC 9562 §5.4), as Entra makes its probes of.
func randomUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
