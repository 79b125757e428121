package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBufferedLog_WritesTogetherAndSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		log := newBufferedLog(&out)
		for i := range 3 {
			fmt.Fprintf(log, "record %d\n", i)
		}
		log.mu.Lock()
		if out.Len() != 0 {
			t.Errorf("written at once: %q", out.String())
		}
		log.mu.Unlock()
		time.Sleep(logDelay)
		synctest.Wait()
		if got, want := out.String(), "record 0\nrecord 1\nrecord 2\n"; got != want {
			t.Errorf("after %s there is %q, want %q", logDelay, got, want)
		}
		fmt.Fprintln(log, "last")
		log.flush()
		if !strings.HasSuffix(out.String(), "last\n") {
			t.Errorf("flush left something behind: %q", out.String())
		}
	})
}

func TestBufferedLog_LosesNothing(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := newBufferedLog(&out)
	record := strings.Repeat("x", 999) + "\n"
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				_, _ = log.Write([]byte(record))
			}
		})
	}
	all.Wait()
	log.flush()
	if got, want := strings.Count(out.String(), record), 8*200; got != want {
		t.Errorf("%d records of %d", got, want)
	}
}
