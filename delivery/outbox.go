package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

// The outbox holds what is to be said to somebody outside: logouts to apps, mails to admins. Each message commits with what
// it tells of, is claimed by one process at a time, and is tried again and again until it is too old.

const (
	firstRetry = 10 * time.Second
	lastRetry  = time.Hour
)

// retryAt is when a message is tried again after so many failures: twice as late each time.
func retryAt(now time.Time, failures int) time.Time {
	return now.Add(jittered(firstRetry, lastRetry, failures))
}

// failed says what becomes of a message that could not be delivered. One that is older than patience is given up.
func failed(m directory.Message, text string, patience time.Duration, now time.Time) directory.MessageOutcome {
	return directory.MessageOutcome{
		Failure: text, NextAt: retryAt(now, m.Failures+1), Abandon: now.Sub(m.Created) >= patience,
	}
}

// isElsewhere reports whether an error says that somebody else has the message, or that it is gone.
func isElsewhere(err error) bool {
	return errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrNotFound)
}

// wakeups say when to look into the outbox.
type wakeups struct {
	committed func() <-chan struct{} // of this process
	again     <-chan struct{}        // asked for by the work itself
	every     time.Duration          // for what other processes have committed, and what is due
}

// maxRest is the longest pause between two looks.
const maxRest = 5 * time.Second

// keepLooking looks again and again until ctx ends. It rests after each look nine times as long as it took, so that a long
// outbox, which takes long to look through, costs a tenth of a processor.
func (w wakeups) keepLooking(ctx context.Context, look func(context.Context)) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		woken, begun := w.committed(), time.Now() // before looking: what is committed after it wakes
		look(ctx)
		if !sleep(ctx, min(max(restFor, 9*time.Since(begun)), maxRest)) {
			return
		}
		select {
		case <-woken:
		case <-w.again:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sleep returns false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
