package contact_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory/internal/contact"
)

func TestMarks_OncePerMinute(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var m contact.Marks
	due := func(credential string, after time.Duration, want bool) {
		t.Helper()
		if m.Due(credential, start.Add(after)) != want {
			t.Errorf("%s after %s: due %t", credential, after, !want)
		}
	}
	due("a", 0, true)
	due("a", time.Minute-1, false)
	due("b", time.Minute-1, true)
	due("a", time.Minute, true)
	m.Forget("a")
	due("a", time.Minute, true)
}

func TestMarks_AnEntryIsOwedUntilItIsPaid(t *testing.T) {
	t.Parallel()
	var m contact.Marks
	for i, row := range []struct{ first, want bool }{{false, false}, {true, true}, {false, true}} {
		if m.Owe("c", row.first) != row.want {
			t.Errorf("%d: owed %t", i, !row.want)
		}
	}
	if m.Paid("c"); m.Owe("c", false) {
		t.Error("it is owed after it was paid")
	}
}
