package scimtest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

const (
	// longestPause is the longest Retry-After that a run waits for.
	longestPause = 10 * time.Second
	// patientTries is how often a request is sent again after 429. Okta tries ten times.
	patientTries = 5
)

// send sends a request, and once more when the server asks to wait: every client honours
// 429 with an integer Retry-After (T-019). Without one Okta would wait for five minutes;
// here the 429 is the answer.
func (p *player) send(ctx context.Context, r scimclient.Request) (*scimclient.Response, error) {
	for try := 1; ; try++ {
		res, err := p.client.Do(ctx, r)
		if err != nil || res.Status != http.StatusTooManyRequests || p.impatient || try == patientTries {
			return res, err
		}
		wait, ok := retryAfter(res.Header)
		if !ok || wait > longestPause {
			return res, nil
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// withoutPatience is the same player, to whom a 429 is an answer.
func (p *player) withoutPatience() *player {
	q := p.branch(nil)
	q.impatient = true
	return q
}

// retryAfter reads the delay of a 429. Okta takes whole seconds only; a date is no delay
// to it (T-019).
func retryAfter(h http.Header) (time.Duration, bool) {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err == nil && seconds >= 0
}

// pause waits, unless the run ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
