package postgres

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// text draws any string, also one that is not UTF-8, but for the noncharacters that stand behind the mark.
func text(rt *rapid.T, name string) string {
	if rapid.Bool().Draw(rt, name+" of bytes") {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 'a', 0x7f, 0x80, 0xc3, 0xa4, 0xff}), 0, 8).Draw(rt, name))
	}
	return rapid.StringN(0, 8, 32).Draw(rt, name)
}

func TestCode_AnyTextComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := text(rt, "s")
		column := encode(s)
		if !utf8.ValidString(column) || strings.ContainsRune(column, 0) {
			rt.Fatalf("%q stands as %q", s, column)
		}
		if back := decode(column); back != s {
			rt.Fatalf("%q comes back as %q", s, back)
		}
	})
}

func TestCode_OrderAndPartsOfTextsStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := strings.ToValidUTF8(text(rt, "a"), ""), strings.ToValidUTF8(text(rt, "b"), "")
		if c, d := strings.Compare(a, b), strings.Compare(encode(a), encode(b)); c != d {
			rt.Errorf("%q and %q compare as %d, in columns as %d", a, b, c, d)
		}
		if strings.Contains(a, b) != strings.Contains(encode(a), encode(b)) || strings.HasPrefix(a, b) != strings.HasPrefix(encode(a), encode(b)) {
			rt.Errorf("%q in %q", b, a)
		}
	})
}
