package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

const (
	lookEvery   = 500 * time.Millisecond // for what other processes have committed, and for attempts that are due
	restFor     = 50 * time.Millisecond  // between two looks, so that many commits in a row are one reason to look
	recordEvery = time.Second            // what a crash repeats at most
	claimFor    = 20 * time.Second       // longer than recordEvery and a call together; what a dead process was at rests so long
	pageSize    = 200                    // events that are read at once
	maxAtWork   = 1000                   // webhooks that are sent to at once
)

// dispatcher starts a sender for each webhook that is due. Senders never wait for each other.
type dispatcher struct {
	Config
	every   time.Duration // how often to look when nothing wakes
	linger  time.Duration // how long a sender stays for further events, so that it records its position less often
	senders sync.WaitGroup
	crew    *crew // by the webhook's id
}

func newDispatcher(cfg Config) *dispatcher {
	return &dispatcher{Config: cfg, every: lookEvery, linger: recordEvery, crew: newCrew(maxAtWork)}
}

// run looks again and again until ctx ends, and waits for the senders.
func (d *dispatcher) run(ctx context.Context) {
	defer d.senders.Wait()
	rest := time.NewTicker(restFor)
	defer rest.Stop()
	look := time.NewTicker(d.every)
	defer look.Stop()
	for {
		woken := d.Directory.NextEvent() // before looking: what is committed after it wakes
		d.look(ctx)
		select {
		case <-woken:
		case <-d.crew.again:
		case <-look.C:
		case <-ctx.Done():
			return
		}
		<-rest.C
	}
}

// look starts senders for the webhooks that are due.
func (d *dispatcher) look(ctx context.Context) {
	due, err := d.Directory.DueWebhooks(ctx, maxAtWork)
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Error("webhooks: cannot read which are due", "error", err)
		}
		return
	}
	for _, h := range due {
		if !d.crew.begin(h.ID) {
			continue
		}
		d.senders.Go(func() {
			s := sender{dispatcher: d, webhook: h, position: h.Position, recorded: d.Now()}
			s.run(ctx)
			d.end(&s)
		})
	}
}

// end lets the webhook be looked at again. What was committed after its sender had looked for the last time has woken
// the dispatcher too early, when the webhook was still claimed.
func (d *dispatcher) end(s *sender) {
	d.crew.end(s.webhook.ID)
	select {
	case <-s.woken:
		d.crew.lookAgain()
	default:
	}
}

// sender sends to one webhook until nothing waits, or something goes wrong.
type sender struct {
	*dispatcher
	webhook  directory.Webhook // as it stands in the store
	key      []byte            // nil: not claimed yet
	position int64             // up to which events were taken, or are of no interest
	recorded time.Time         // when the position was last written
	woken    <-chan struct{}   // closed when events have come since the last look
}

func (s *sender) run(ctx context.Context) {
	err := s.drain(ctx)
	// What was taken is recorded, whatever has ended the work.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		err = s.record(ctx, s.afterFailure(refused))
	case s.key != nil || s.position > s.webhook.Position:
		err = errors.Join(err, s.record(ctx, directory.Delivery{Position: s.position}))
	}
	s.report(err)
}

// report logs what is not the receiver's fault. That somebody else has changed or claimed the webhook is no fault: the
// next look finds it as it is.
func (s *sender) report(err error) {
	if err == nil || errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrNotFound) || errors.Is(err, context.Canceled) {
		return
	}
	s.Log.Error("webhook: cannot go on", "webhook", s.webhook.ID, "error", err)
}

// drain sends what waits, and stays a while for what comes after.
func (s *sender) drain(ctx context.Context) error {
	until := time.Now().Add(s.linger)
	for {
		s.woken = s.Directory.NextEvent()
		messages, upTo, err := s.Directory.WaitingMessages(ctx, s.webhook, s.position, pageSize)
		if err != nil {
			return err
		}
		for _, m := range messages {
			if err := s.deliver(ctx, m); err != nil {
				return err
			}
			s.position = m.Position
		}
		if upTo == s.position && len(messages) == 0 && !wait(ctx, s.woken, until) {
			return ctx.Err()
		}
		s.position = upTo
	}
}

// wait returns true when woken, false when the time is over.
func wait(ctx context.Context, woken <-chan struct{}, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-woken:
		return time.Now().Before(until)
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// deliver sends one message. The webhook is claimed before the first one, and the claim is renewed with the position.
func (s *sender) deliver(ctx context.Context, m directory.EventMessage) error {
	if err := s.keepClaim(ctx); err != nil {
		return err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	a, err := s.Client.post(ctx, s.webhook.URL, signed(s.key, m.ID, s.Now(), body), body)
	switch {
	case err != nil && ctx.Err() != nil: // we are about to stop
		return ctx.Err()
	case err != nil && !errors.Is(err, errTooLarge): // what the receiver says beyond its status is of no interest
		return &refusal{text: Reason(err)}
	case a.status/100 == 2:
		return nil
	}
	return &refusal{text: fmt.Sprintf("the receiver answered %d %s", a.status, http.StatusText(a.status)), gone: a.status == http.StatusGone}
}

func (s *sender) keepClaim(ctx context.Context) (err error) {
	now := s.Now()
	switch {
	case s.key == nil:
		s.webhook, s.key, err = s.Directory.ClaimWebhook(ctx, s.webhook, now.Add(claimFor))
		s.recorded = now
	case now.Sub(s.recorded) >= recordEvery:
		err = s.record(ctx, directory.Delivery{Position: s.position, NextAt: now.Add(claimFor)})
		s.recorded = now
	}
	return err
}

func (s *sender) record(ctx context.Context, o directory.Delivery) (err error) {
	s.webhook, err = s.Directory.RecordDelivery(ctx, s.webhook, o)
	return err
}

// refusal is a message that a receiver has not taken.
type refusal struct {
	text string
	gone bool // and wants no more
}

// Error implements error.
func (r *refusal) Error() string { return r.text }

// afterFailure says when to try again, if ever.
func (s *sender) afterFailure(r *refusal) directory.Delivery {
	failures := s.webhook.Failures + 1
	if s.position > s.webhook.Position {
		failures = 1
	}
	o := directory.Delivery{Position: s.position, Failure: r.text, NextAt: s.Now().Add(pause(failures))}
	o.Disable = r.gone || failures >= maxFailures
	level := slog.LevelInfo
	if o.Disable {
		level = slog.LevelWarn
	}
	s.Log.Log(context.Background(), level, "webhook: a message was not taken",
		"webhook", s.webhook.ID, "failure", r.text, "failures", failures, "disabled", o.Disable)
	return o
}

const (
	firstPause = 5 * time.Second
	lastPause  = 8 * time.Hour
	patience   = 5 * 24 * time.Hour
)

// pauseAfter is how long a webhook rests after so many failures in a row.
func pauseAfter(failures int) time.Duration { return doubled(firstPause, lastPause, failures) }

// pause adds up to a quarter by chance, so that receivers that went down together are not called together.
func pause(failures int) time.Duration { return jittered(firstPause, lastPause, failures) }

// maxFailures is how many pauses patience takes: the attempt after them is the last.
var maxFailures = func() int {
	n := 1
	for waited := time.Duration(0); waited < patience; n++ {
		waited += pauseAfter(n)
	}
	return n
}()
