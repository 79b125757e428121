package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"time"
)

// seedWorkers fill and empty a server.
const seedWorkers = 8

// Seed brings the server to n users of this run, by bulk requests where it takes them. A server that limits its callers
// is filled as fast as it lets itself be filled. progress, unless nil, is told how far it is.
func (s *Server) Seed(ctx context.Context, n int, progress func(done, total int, text string)) error {
	if err := s.Discover(ctx); err != nil {
		return err
	}
	const step = 500 * time.Millisecond
	for missing := n - len(s.users); missing > 0; missing = n - len(s.users) {
		r := run{server: s, workers: seedWorkers, operation: seedByOne, requests: int64(missing), time: step, patient: true}
		if size := min(s.bulk, missing); size > 1 {
			r.operation = &Operation{Name: "seed", call: func(s *Server, _ *worker) call { return s.bulkCreate(size) }}
			r.requests = int64(missing / size)
		}
		if _, err := r.drive(ctx); err != nil {
			return err
		}
		tell(progress, len(s.users), n, s.Name+": filling"+s.limits())
	}
	return nil
}

var seedByOne = &Operation{Name: "seed", call: createUser}

// limits says that the server has made the driver wait.
func (s *Server) limits() string {
	if s.waits.Load() == 0 {
		return ""
	}
	return " as fast as the server lets it: it limits this connection"
}

func tell(progress func(done, total int, text string), done, total int, text string) {
	if progress != nil {
		progress(done, total, text)
	}
}

// patience waits where the server asked to be spared, for as long as it asked, and returns every other error.
func (s *Server) patience(ctx context.Context, err error) error {
	refused, ok := errors.AsType[*Error](err)
	if !ok || !asksToWait(refused.Status, refused.RetryAfter) {
		return err
	}
	s.waits.Add(1)
	return sleep(ctx, retryAfter(refused.RetryAfter))
}

// asksToWait tells whether an answer refuses a request for now alone.
func asksToWait(status int, retryAfter string) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && retryAfter != ""
}

// doPatiently is do that sends a request again which the server refused as one too many.
func (s *Server) doPatiently(ctx context.Context, operation string, c call, buffer *bytes.Buffer) error {
	for {
		err := s.do(ctx, operation, c, buffer)
		if err == nil {
			return nil
		}
		if err = s.patience(ctx, err); err != nil {
			return err
		}
	}
}

// retryAfter reads seconds; a date, or nothing, is a second. More than a minute is not waited.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil {
		seconds = 1
	}
	return min(max(time.Duration(seconds)*time.Second, 0), time.Minute)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// bulkCreate makes n users by one request.
func (s *Server) bulkCreate(n int) call {
	first := int(s.next.Add(int64(n))) - n + 1
	operations := make([]string, n)
	for i := range operations {
		operations[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":%s}`, first+i, s.userBody(first+i))
	}
	return call{"POST", "/Bulk", bulkBody(operations), func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		return s.bulkCreated(a.body, n)
	}}
}

// outcome is what a bulk answer tells of one operation. The status is a text in the RFC, and a number in the wild.
type outcome struct {
	BulkID   string
	Location string
	Status   json.RawMessage
	Response json.RawMessage
}

func (o outcome) status() string { return string(bytes.Trim(o.Status, `"`)) }

func (s *Server) bulkCreated(body []byte, n int) error {
	if s.Constant {
		return nil
	}
	var d struct{ Operations []outcome }
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	created := 0
	var wrong error
	for _, o := range d.Operations {
		number, err := strconv.Atoi(o.BulkID)
		id, err2 := idIn(o.Location)
		if o.status() != "201" || errors.Join(err, err2) != nil {
			wrong = fmt.Errorf("operation %s of the bulk request: status %s, want 201 with a location: %.200s", o.BulkID, o.status(), o.Response)
			continue
		}
		s.add(user{id: id, number: number, active: true})
		created++
	}
	if wrong != nil {
		return wrong
	}
	return want(created == n, "%d of %d operations are answered", created, n)
}

// idIn is the last segment of a resource's location.
func idIn(location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil || u.Path == "" {
		return "", errors.New("no location")
	}
	return path.Base(u.Path), nil
}
