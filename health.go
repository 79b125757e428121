package usher

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/usher-scim/usher/directory"
)

// readyTimeout bounds the question to the store: a probe that hangs says less than one that fails.
const readyTimeout = 2 * time.Second

// ErrDraining says that the server was asked to stop.
var ErrDraining = errors.New("usher: draining")

// Ready reports whether requests would be served now: nobody has asked to stop, and the store answers, takes
// writes, and has a schema that this binary can work with.
func (s *Server) Ready(ctx context.Context) error {
	if s.state.Load() != serving {
		return ErrDraining
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.directory.Ready(ctx)
}

// healthz says that the process serves. A restart would not help with anything else.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	answerProbe(w, r, http.StatusOK, "ok")
}

// readyz says whether requests would be served now.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	switch err := s.Ready(r.Context()); {
	case err == nil:
		answerProbe(w, r, http.StatusOK, "ready")
	case errors.Is(err, ErrDraining):
		answerProbe(w, r, http.StatusServiceUnavailable, "draining")
	case errors.Is(err, directory.ErrReadOnly):
		s.log.WarnContext(r.Context(), "not ready", "error", err)
		answerProbe(w, r, http.StatusServiceUnavailable, "the store refuses writes")
	default:
		s.log.WarnContext(r.Context(), "not ready", "error", err)
		answerProbe(w, r, http.StatusServiceUnavailable, "the store does not answer, or not with a schema of this version")
	}
}

// answerProbe answers GET and HEAD. Probes come by plain HTTP and without a token: they tell nothing else.
func answerProbe(w http.ResponseWriter, r *http.Request, status int, text string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		status, text = http.StatusMethodNotAllowed, "method not allowed"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, text+"\n")
	}
}
