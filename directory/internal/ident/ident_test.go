package ident_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory/internal/ident"
)

func TestNew_HasTheLength(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "length")
		if id := ident.New(n); len(id) != n || id == ident.New(n) && n > 20 {
			t.Errorf("%q has not %d characters of its own", id, n)
		}
	})
}

func TestNewRow_SortsByTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 1<<47).Draw(t, "milliseconds"))
		first, second := ident.NewRow(at), ident.NewRow(at.Add(time.Millisecond))
		if first >= second || !ident.IsRow(first) {
			t.Errorf("%q is not an id of a row before %q", first, second)
		}
		if text := rapid.String().Draw(t, "text"); ident.IsRow(first+text) != (text == "") {
			t.Errorf("%q: of a row: %t", first+text, ident.IsRow(first+text))
		}
	})
}
