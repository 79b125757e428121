package load

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// inProcess answers requests by a handler, without a network: what waits, waits by the test's clock.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	r.RequestURI = r.URL.RequestURI()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// memory is a SCIM server that does everything right.
func memory(t *testing.T) http.Handler {
	t.Helper()
	profile, ok := scim.ProfileByName("entra")
	if !ok {
		t.Fatal("no profile entra")
	}
	backend := scimserver.NewMemory(profile)
	return scimserver.New(scimserver.Options{
		Caller: func(*http.Request) (scimserver.Caller, error) {
			return scimserver.Caller{
				Backend: backend, BaseURL: "http://scim.test/v2", Profile: profile,
				Types: []*scim.ResourceType{scim.UserType(), scim.GroupType()},
			}, nil
		},
		Log: slog.New(slog.DiscardHandler),
	})
}

// serverFor is the driver's side of a handler.
func serverFor(t *testing.T, h http.Handler, change func(*Config)) *Server {
	t.Helper()
	c := Config{Name: "server", BaseURL: "http://scim.test/v2", Transport: inProcess{http.StripPrefix("/v2", h)}}
	if change != nil {
		change(&c)
	}
	s, err := NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lie changes answers: to requests whose line begins so, once lying is agreed on.
type lie struct {
	http.Handler
	request string
	skip    int // so many are answered truly first
	answer  func(status int, body string) (int, string)
}

func (l *lie) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Method+" "+r.URL.RequestURI(), l.request) {
		l.Handler.ServeHTTP(w, r)
		return
	}
	if l.skip--; l.skip >= 0 {
		l.Handler.ServeHTTP(w, r)
		return
	}
	recorder := httptest.NewRecorder()
	l.Handler.ServeHTTP(recorder, r)
	status, body := l.answer(recorder.Code, recorder.Body.String())
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// swallow answers to requests without passing them on.
func swallow(h http.Handler, request string, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Method+" "+r.URL.RequestURI(), request) {
			w.WriteHeader(status)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// locked lets one request in at a time.
type locked struct {
	http.Handler
	mu sync.Mutex
}

func (l *locked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Handler.ServeHTTP(w, r)
}
