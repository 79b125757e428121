package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// TestLargeEdit_B6_GoesOnAfterACrash cuts an edit of many members off between two slices, as a crash does.
func TestLargeEdit_B6_GoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	const people = 1_600
	values := make([]string, people)
	for i := range values {
		rec, err := w.Create(w.ctx, w.decode(w.userType(), fmt.Sprintf(`{"userName":"u%d"}`, i)), scim.Write{})
		check(t, err)
		values[i] = fmt.Sprintf(`{"value":%q}`, rec.ID)
	}
	all := strings.Join(values, ",")
	group := w.group(`{"displayName":"All"}`)
	w.skip()

	f.commits = 0
	f.before = func() {
		if f.commits == 3 { // after the jobs and the first slices
			f.commit = directory.ErrBusy
		}
	}
	_, err := w.patch(w.groupType(), group.ID, `[{"op":"add","path":"members","value":[`+all+`]}]`)
	if err == nil {
		t.Fatal("the edit was answered although it was cut off")
	}
	part := w.members(group.ID)
	if part == 0 || part == people {
		t.Fatalf("%d members, want a part of %d", part, people)
	}
	f.before, f.commit = nil, nil
	if _, err := w.patch(w.groupType(), group.ID, `[{"op":"remove","path":"members","value":[`+values[people-1]+`]}]`); err == nil {
		t.Error("who is about to be added was taken away for nothing")
	}

	w.clock.add(time.Minute) // the lease of the request has ended
	w.work()
	if got := w.members(group.ID); got != people {
		t.Errorf("%d members, want %d", got, people)
	}
	entries, told := 0, 0
	for _, line := range w.happened() {
		switch {
		case strings.HasPrefix(line, directory.ActionGroupUpdate):
			entries++
		case strings.HasPrefix(line, "> "+directory.EventGroupUpdated):
			told++
		}
	}
	equal(t, "audit entries", entries, 1)
	if least := (people + 249) / 250; told < least {
		t.Errorf("%d events, want one for each slice: %d or, on a slow machine, more", told, least)
	}
}

// members counts those of a group.
func (w *world) members(group string) int {
	w.t.Helper()
	list, err := w.store.Members(w.ctx, w.workspace.Root, group, "", 0)
	check(w.t, err)
	return len(list)
}
