package scimclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// answer is what a scripted server sends: "200 {…}" with headers. A status of 0 cuts the connection.
type answer struct {
	status int
	body   string
	header http.Header
}

// script is a server that gives its answers one after the other, the last one again and again, and keeps the requests.
type script struct {
	t       *testing.T
	mu      sync.Mutex
	answers []answer
	got     []string // "GET /Users/1 | If-Match: … | body"
}

// shown are the headers that tests look at.
var shown = []string{"Authorization", "If-Match", "If-None-Match", "Accept", "Content-Type"}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	line := r.Method + " " + r.URL.RequestURI()
	for _, name := range shown {
		if v := r.Header.Get(name); v != "" && v != mediaType {
			line += " | " + name + ": " + v
		}
	}
	if len(body) > 0 {
		line += " | " + string(body)
	}
	s.mu.Lock()
	s.got = append(s.got, line)
	a := s.answers[min(len(s.got), len(s.answers))-1]
	s.mu.Unlock()
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// play starts a scripted server, and a client whose waits are noted instead of slept: they move its clock.
func play(t *testing.T, answers ...answer) (*Client, *script, *clock) {
	t.Helper()
	s := &script{t: t, answers: answers}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	k := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	// A connection that is closed under a request must be seen by the policy, not mended by the transport.
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{BaseURL: srv.URL, Now: k.now, Retry: Retry{Wait: k.wait}, HTTP: &http.Client{Transport: transport}}, s, k
}

// sent is the number of requests.
func (s *script) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// want compares the requests.
func (s *script) want(lines ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, want := strings.Join(s.got, "\n"), strings.Join(lines, "\n"); got != want {
		s.t.Errorf("requests\n got %s\nwant %s", got, want)
	}
}

type clock struct {
	mu    sync.Mutex
	at    time.Time
	waits []time.Duration
}

func (k *clock) now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at
}

func (k *clock) wait(ctx context.Context, d time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at, k.waits = k.at.Add(d), append(k.waits, d)
	return ctx.Err()
}

func ok(body string) answer { return answer{status: http.StatusOK, body: body} }

func status(n int, header ...string) answer {
	a := answer{status: n, header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		a.header.Set(header[i], header[i+1])
	}
	return a
}

func problem(n int, scimType, detail string) answer {
	return answer{status: n, body: fmt.Sprintf(
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"%d","scimType":%q,"detail":%q}`, n, scimType, detail)}
}
