package scimserver

import (
	"errors"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
)

func TestCursor_DecodeOfEncodeIsIdentity(t *testing.T) {
	t.Parallel()
	place := rapid.Custom(func(t *rapid.T) *scim.Position {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		return &scim.Position{Missing: rapid.Bool().Draw(t, "missing"), Key: rapid.String().Draw(t, "key"), Seq: rapid.Int64().Draw(t, "seq")}
	})
	rapid.Check(t, func(t *rapid.T) {
		c := &cursor{
			expires: time.Unix(rapid.Int64().Draw(t, "expires"), 0),
			count:   rapid.IntRange(0, 1000).Draw(t, "count"),
			after:   rapid.SliceOfN(place, 1, 4).Draw(t, "after"),
		}
		text := c.encode()
		if got, ok := decodeCursor(text); !ok || !reflect.DeepEqual(got, c) {
			t.Fatalf("got %+v %v, want %+v", got, ok, c)
		}
		if cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut"); cut < len(text) {
			if _, ok := decodeCursor(text[:cut]); ok {
				t.Fatalf("%d of %d bytes are a cursor", cut, len(text))
			}
		}
	})
}

// A cursor of another version, or for another number of types, is not this one's.
func TestCursor_OfAnotherVersion(t *testing.T) {
	t.Parallel()
	opt := Options{}.withDefaults()
	x := &exchange{opt: &opt, r: httptest.NewRequest("GET", "/", nil)}
	seal := func(plain []byte) string {
		return cursorText.EncodeToString(opt.cursors.Seal(nil, nil, plain, x.cursorScope()))
	}
	good := cursor{expires: opt.Now().Add(time.Hour), count: 1, after: []*scim.Position{{Seq: 1}}}
	if err := x.open(seal(good.encode()), &listing{sources: []*source{{}}}); err != nil {
		t.Fatal(err)
	}
	newer := good.encode()
	newer[0]++
	longer := append(good.encode(), 0)
	two := good
	two.after = append(two.after, nil)
	kind := cursor{count: 1, after: []*scim.Position{nil}}
	strange := kind.encode()
	strange[len(strange)-1] = 9
	for name, plain := range map[string][]byte{"version": newer, "tail": longer, "types": two.encode(), "empty": nil, "place": strange} {
		var e *scim.Error
		if err := x.open(seal(plain), &listing{sources: []*source{{}}}); !errors.As(err, &e) || e.Kind != scim.KindBadCursor { // C-06
			t.Errorf("%s: %v", name, err)
		}
	}
	var e *scim.Error
	if err := x.open(strings.Repeat("A", longestCursor+1), &listing{}); !errors.As(err, &e) || e.Kind != scim.KindBadCursor {
		t.Errorf("too long: %v", err)
	}
}

// Each cursor has one text: the bits that base64 leaves unused at its end are no room for another one.
func TestCursor_HasOneText(t *testing.T) {
	t.Parallel()
	opt := Options{}.withDefaults()
	x := &exchange{opt: &opt, r: httptest.NewRequest("GET", "/", nil)}
	for length := range 3 {
		c := cursor{expires: opt.Now().Add(time.Hour), after: []*scim.Position{{Key: strings.Repeat("k", length)}}}
		text := cursorText.EncodeToString(opt.cursors.Seal(nil, nil, c.encode(), x.cursorScope()))
		last := len(text) - 1
		for _, char := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			changed := text[:last] + string(char)
			if err := x.open(changed, &listing{sources: []*source{{}}}); (err == nil) != (changed == text) {
				t.Errorf("C-06 %s opens as %s: %v", changed, text, err)
			}
		}
	}
}

// FuzzCursor: no text but our own opens, and what has been authenticated is taken apart without a panic.
func FuzzCursor(f *testing.F) {
	opt := Options{}.withDefaults()
	c := cursor{expires: time.Unix(1, 0), count: 100, after: []*scim.Position{nil, {Key: "k", Seq: 7}, {Missing: true}}}
	f.Add(string(c.encode()))
	f.Add(cursorText.EncodeToString(c.encode()))
	f.Add(cursorText.EncodeToString(newCursorCipher([32]byte{}).Seal(nil, nil, c.encode(), nil)))
	f.Add("")
	f.Add("\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")
	f.Fuzz(func(t *testing.T, text string) {
		x := &exchange{opt: &opt, r: httptest.NewRequest("GET", "/", nil)}
		if err := x.open(text, &listing{}); err == nil {
			t.Errorf("%q opened", text)
		}
		if c, ok := decodeCursor([]byte(text)); ok {
			again, ok := decodeCursor(c.encode())
			if !ok || !reflect.DeepEqual(c, again) {
				t.Errorf("%+v became %+v", c, again)
			}
		}
	})
}
