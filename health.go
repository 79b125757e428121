package usher

import (
	"context"
	"io"
	"net/http"
	"time"
)

// readyTimeout bounds the question to the store: a probe that hangs says less than one that fails.
const readyTimeout = 2 * time.Second

// healthz says that the process serves. A restart would not help with anything else.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	answerProbe(w, r, http.StatusOK, "ok")
}

// readyz says whether requests would be served now: the store answers, and nobody has asked to stop.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.state.Load() != serving {
		answerProbe(w, r, http.StatusServiceUnavailable, "draining")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.directory.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready", "error", err)
		answerProbe(w, r, http.StatusServiceUnavailable, "the store does not answer")
		return
	}
	answerProbe(w, r, http.StatusOK, "ready")
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
