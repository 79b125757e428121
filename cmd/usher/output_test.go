package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTable_Aligns(t *testing.T) {
	t.Parallel()
	table := &table{head: []string{"user", "status", "id"}}
	table.add("zoë@example.com", "active", "1")
	table.add("李@example.com", "deactivated", "22")
	var b strings.Builder
	if _, err := table.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"USER             STATUS       ID",
		"zoë@example.com  active       1",
		"李@example.com    deactivated  22",
		"",
	}, "\n")
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTable_ColoursKnownWordsOnlyAndKeepsTheWidth(t *testing.T) {
	t.Parallel()
	row := []string{"active@example.com", "active", "x"}
	plain, coloured := &table{head: row, rows: [][]string{row}}, &table{head: row, rows: [][]string{row}, palette: colours}
	var p, c strings.Builder
	_, _ = plain.WriteTo(&p)
	_, _ = coloured.WriteTo(&c)
	if !strings.Contains(c.String(), colours["active"]+"active") || strings.Contains(c.String(), colours["active"]+"active@") {
		t.Errorf("colours: %q", c.String())
	}
	bare := strings.NewReplacer(colours["active"], "", colours["head"], "", "\x1b[0m", "").Replace(c.String())
	if bare != p.String() {
		t.Errorf("without its colours %q is not %q", bare, p.String())
	}
}

// A cell from outside must not be able to steer the terminal.
func TestTable_ControlCharactersAreShownNotObeyed(t *testing.T) {
	t.Parallel()
	table := &table{head: []string{"user"}}
	table.add("a\x1b[2Jb\nc\u202ed")
	var b strings.Builder
	_, _ = table.WriteTo(&b)
	if got, want := b.String(), "USER\na·[2Jb·c·d\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 2, 28, 12, 0, 0, 0, time.UTC)
	tests := []struct{ text, want string }{
		{"365d", "2028-02-28T12:00:00Z"},
		{"1d", "2027-03-01T12:00:00Z"},
		{"720h", "2027-03-30T12:00:00Z"},
		{"90m", "2027-02-28T13:30:00Z"},
		{"2030-01-01T00:00:00+01:00", "2030-01-01T00:00:00+01:00"},
		{"0d", ""},
		{"-1d", ""},
		{"-1h", ""},
		{"36501d", ""},
		{"99999999999999999999d", ""},
		{"1.5d", ""},
		{"2030-01-01", ""},
		{"", ""},
		{"never", ""},
	}
	for _, tt := range tests {
		got, err := expiry{tt.text}.at(now)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q: got %s, want an error", tt.text, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339) != tt.want {
			t.Errorf("%q: got %s, %v; want %s", tt.text, got.Format(time.RFC3339), err, tt.want)
		}
	}
}

func TestPage_NewestUnlessAfter(t *testing.T) {
	t.Parallel()
	const total = 1_000_007
	asked := 0
	log := entryLog[int64]{
		next: func(after int64, limit int) ([]int64, error) {
			asked++
			var entries []int64
			for seq := after + 1; seq <= total && len(entries) < limit; seq++ {
				entries = append(entries, seq)
			}
			return entries, nil
		},
		seq: func(n int64) int64 { return n },
	}
	tests := []struct {
		paging paging
		want   []int64
	}{
		{paging{Limit: 2}, []int64{total - 1, total}},
		{paging{Limit: 2, After: new(position(0))}, []int64{1, 2}},
		{paging{Limit: 2, After: new(position(5))}, []int64{6, 7}},
		{paging{Limit: 2, After: new(position(total))}, nil},
	}
	for _, tt := range tests {
		got, err := log.page(tt.paging)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%+v: %v -want +got\n%s", tt.paging, err, diff)
		}
	}
	if asked > 100 {
		t.Errorf("read %d pages: the whole log", asked)
	}
}

// TestPage_OfALogWithGaps compares the newest entries with those of a whole reading: other workspaces' are left out, pruned
// ones are gone, and some logs are empty.
func TestPage_OfALogWithGaps(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var all []int64
		for at, n := r.Int64N(5000), r.IntN(3000); len(all) < n; at += 1 + r.Int64N(1+r.Int64N(60)) {
			all = append(all, at+1)
		}
		log := entryLog[int64]{
			next: func(after int64, limit int) ([]int64, error) {
				at, _ := slices.BinarySearch(all, after+1)
				return all[at:min(len(all), at+limit)], nil
			},
			seq: func(n int64) int64 { return n },
		}
		for _, limit := range []int{1, 2, 50, 1 + r.IntN(4000), math.MaxInt} {
			want := append([]int64{}, all[max(0, len(all)-limit):]...)
			got, err := log.page(paging{Limit: positive(limit)})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Fatalf("%d of %d entries: %v -want +got\n%s", limit, len(all), err, diff)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	tests := []struct{ detail, name, rest string }{
		{`{"user_name":"ada@example.com","changed":["title","active"]}`, "ada@example.com", "changed title active"},
		{`{"group":"g1","display_name":"Sales","added":["u1","u2"],"removed_all":true}`, "Sales", "added 2, removed all true"},
		{`{"user_name":"a","changed":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"]}`, "a", "changed department"},
		{`{}`, "", ""},
		{``, "", ""},
		{`not JSON`, "", ""},
	}
	for _, tt := range tests {
		if name, rest := summary([]byte(tt.detail)); name != tt.name || rest != tt.rest {
			t.Errorf("%s: got %q, %q; want %q, %q", tt.detail, name, rest, tt.name, tt.rest)
		}
	}
}
