package turn_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usher-scim/usher/directory/internal/turn"
)

func TestWait_OneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := turn.New()
		start := time.Now()
		done := make(chan struct{})
		for range 3 {
			go func() {
				leave, err := q.Wait(t.Context(), "k")
				if err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				leave()
				done <- struct{}{}
			}()
		}
		for range 3 {
			<-done
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("three turns of a second took %s", took)
		}
	})
}

func TestWait_WhoGoesWaitsNoMore(t *testing.T) {
	t.Parallel()
	q := turn.New()
	leave, err := q.Wait(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Wait(gone, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
