package background

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// firstRun bounds how long after the start rare work is done for the first time: a server that is restarted often must
// get to it as well.
const firstRun = time.Minute

// Every does the work again and again until ctx ends. What fails, or panics, is logged and done again the next time;
// other work goes on.
func Every(ctx context.Context, log *slog.Logger, interval time.Duration, what string, work func(context.Context) error) {
	timer := time.NewTimer(min(interval, firstRun))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if err := Guard(ctx, work); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "background work failed; it will be tried again", "work", what, "error", err)
		}
		timer.Reset(interval)
	}
}

// Guard makes an error of a panic.
func Guard(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work(ctx)
}

const lastTimeout = 5 * time.Second

// Last does work that ctx must not cut short, such as the last writes before the end.
func Last(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTimeout)
	defer cancel()
	return Guard(ctx, work)
}
