package directory

import (
	"testing"
	"time"
)

func TestPace_SlicesFitTheTimeThatTheyTake(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		size int
		took time.Duration
		want int
	}{
		{"as long as they shall", 25, sliceTime, 25},
		{"a bit faster", 25, sliceTime * 5 / 6, 30},
		{"much faster: not more than twice as many", 20, sliceTime / 10, 40},
		{"no time at all", 20, 0, 40},
		{"not above the most", 45, sliceTime / 2, 50},
		{"twice as slow", 40, 2 * sliceTime, 20},
		{"so slow that only the least are left", 50, time.Hour, 10},
	} {
		p := pace{size: row.size, least: 10, most: 50}
		if p.worked(row.took); p.size != row.want {
			t.Errorf("%s: %d after %d in %s, want %d", row.name, p.size, row.size, row.took, row.want)
		}
	}
}
