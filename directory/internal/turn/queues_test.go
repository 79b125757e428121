package turn_test

import (
	"context"
	"errors"
	"strconv"
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

func TestWait_KeysDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	q := turn.New()
	for i := range 1000 {
		leave, err := q.Wait(t.Context(), strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
}

func TestWait_ATurnThatWasEndedIsToBeHadAgain(t *testing.T) {
	t.Parallel()
	q := turn.New()
	for range 3 {
		leave, err := q.Wait(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := q.Wait(gone, "k"); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		leave()
	}
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
