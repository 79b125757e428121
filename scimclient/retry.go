package scimclient

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultWithin  = time.Minute
	defaultBackoff = 500 * time.Millisecond
)

// Retry says how often and how long a typed call is tried.
//
// A call is sent again when the server says that it did nothing: 429, or 503 with
// Retry-After. A call that may be repeated without harm (reads, searches; PUT and
// DELETE without IfMatch) is sent again also after 502, 503, 504 and when there was
// no answer. POST, PATCH and Bulk are not: the first one may have worked.
type Retry struct {
	// Attempts is how often a call is sent at most, the first time included.
	// Defaults to one: no retry.
	Attempts int
	// Within is the time after its beginning in which a call may be sent again. A
	// server that asks for a longer wait gets none: the error says how long.
	// Defaults to one minute.
	Within time.Duration
	// Backoff is the first wait where the server names none; it doubles from one
	// attempt to the next, and each is cut by up to a half at random. Defaults to
	// 500 ms.
	Backoff time.Duration
	// Wait sleeps, or ends early with the context's error. Defaults to a timer.
	Wait func(ctx context.Context, d time.Duration) error
}

// call sends a request until it succeeds or the policy ends it. An answer that is no
// success comes back together with its *Error.
func (c *Client) call(ctx context.Context, r Request, repeatable bool) (*Response, error) {
	began := c.now()
	for attempt := 1; ; attempt++ {
		res, err := c.send(ctx, r)
		if err == nil || attempt >= c.Retry.Attempts || ctx.Err() != nil {
			return res, err
		}
		wait, ok := c.Retry.pause(err, attempt, repeatable)
		if !ok || c.now().Sub(began)+wait > cmp.Or(c.Retry.Within, defaultWithin) {
			return res, err
		}
		if stopped := c.Retry.wait(ctx, wait); stopped != nil {
			return res, errors.Join(stopped, err)
		}
	}
}

// send is one attempt; a token that is refused is replaced once, if there is a source.
func (c *Client) send(ctx context.Context, r Request) (*Response, error) {
	token, err := c.token(ctx, r, "")
	if err != nil {
		return nil, err
	}
	res, err := c.exchange(ctx, r, token)
	if err == nil && res.Status == http.StatusUnauthorized && c.TokenSource != nil {
		fresh, ferr := c.token(ctx, r, token)
		if ferr == nil && fresh != token {
			token = fresh
			res, err = c.exchange(ctx, r, token)
		}
	}
	if err != nil {
		return nil, err
	}
	if res.Status/100 == 2 {
		return res, nil
	}
	return res, newError(r, res, token, c.now())
}

// pause says how long to wait after a failure, and whether another attempt makes sense.
func (p Retry) pause(err error, attempt int, repeatable bool) (time.Duration, bool) {
	var e *Error
	if !errors.As(err, &e) {
		lost := !errors.Is(err, errNotSent) && !errors.Is(err, ErrTooLarge)
		return p.backoff(attempt), repeatable && lost
	}
	switch e.Status {
	case http.StatusTooManyRequests:
	case http.StatusServiceUnavailable:
		if !e.waits && !repeatable {
			return 0, false
		}
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		if !repeatable {
			return 0, false
		}
	default:
		return 0, false
	}
	if e.waits {
		return e.RetryAfter, true
	}
	return p.backoff(attempt), true
}

// backoff doubles from attempt to attempt. The random part keeps many clients of one server from coming back in step.
func (p Retry) backoff(attempt int) time.Duration {
	wait := max(cmp.Or(p.Backoff, defaultBackoff)<<min(attempt-1, 10), 0)
	return wait - rand.N(wait/2+1)
}

func (p Retry) wait(ctx context.Context, d time.Duration) error {
	if p.Wait != nil {
		return p.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3): seconds, or a date, which is held
// against the server's own clock where it shows one. ok is false when there is none.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(seconds) {
		const most = 365 * 24 * time.Hour // beyond any Retry.Within, and no overflow
		seconds = math.Ceil(min(max(seconds, 0), most.Seconds()))
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0), true
}
