package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestExpiryWarning_ComesBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for _, w := range []struct {
		before time.Duration
		days   int
		due    bool
	}{
		{31 * 24 * time.Hour, 0, false},
		{30 * 24 * time.Hour, 30, true},
		{7*24*time.Hour + 1, 30, true},
		{7 * 24 * time.Hour, 7, true},
		{24 * time.Hour, 1, true},
		{0, 1, true},
		{-time.Second, 0, true},
	} {
		if days, due := directory.ExpiryWarning(testStart, testStart.Add(-w.before)); days != w.days || due != w.due {
			t.Errorf("%s before the end: %d, %v", w.before, days, due)
		}
	}
}
