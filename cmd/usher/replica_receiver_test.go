package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// receiver takes the events of a webhook, and looks whether two replicas send at once: only one may hold the claim.
type receiver struct {
	url string

	mu      sync.Mutex
	taken   map[string]int     // deliveries by event
	inHand  int                // being sent now
	doubled []string           // events that came while another delivery was going on
	last    time.Time          // of the last delivery
	hold    chan struct{}      // unless nil, deliveries wait for its end
	held    chan *http.Request // gets those that wait
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{taken: map[string]int{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	id := req.Header.Get("webhook-id")
	_, _ = io.Copy(io.Discard, req.Body) // only then it is seen that a sender is gone
	hold := r.begin(id)
	if hold != nil {
		r.waits() <- req
		select {
		case <-hold:
		case <-req.Context().Done(): // the sender is gone, and sends it no more
			r.end("")
			return
		}
	}
	time.Sleep(time.Millisecond) // so that two who send at once are seen
	r.end(id)
}

func (r *receiver) begin(id string) (hold chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inHand++; r.inHand > 1 {
		r.doubled = append(r.doubled, id)
	}
	return r.hold
}

func (r *receiver) end(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inHand--
	if id != "" {
		r.taken[id]++
		r.last = time.Now()
	}
}

// stop makes deliveries wait until they are let go.
func (r *receiver) stop() (letGo func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hold := make(chan struct{})
	r.hold, r.held = hold, make(chan *http.Request, 100)
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.hold = nil
		close(hold)
	})
}

// waits gets the deliveries that wait.
func (r *receiver) waits() chan *http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// lastTaken is when the last event was taken.
func (r *receiver) lastTaken() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// deliveries returns how often each event came.
func (r *receiver) deliveries() (taken map[string]int, doubled []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken = map[string]int{}
	for id, n := range r.taken {
		taken[id] = n
	}
	return taken, append([]string(nil), r.doubled...)
}
