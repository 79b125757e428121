package record

import (
	"log/slog"
	"net/http"
	"time"
)

// Level is that of a request's record by its status: a fault of our own is an error, and an answer that asks to come again,
// as that of a store that does not answer, a warning.
func Level(status int) slog.Level {
	switch status {
	case http.StatusInternalServerError:
		return slog.LevelError
	case http.StatusServiceUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// Duration is the field that says how long a request took.
func Duration(d time.Duration) slog.Attr {
	return slog.Float64("duration_ms", float64(d.Microseconds())/1000)
}

// Answer is a ResponseWriter that takes note of what is answered.
type Answer struct {
	http.ResponseWriter
	Status int // 0: nothing was written, so that net/http answers 200
	Bytes  int64
}

// WriteHeader implements [http.ResponseWriter].
func (a *Answer) WriteHeader(status int) {
	if a.Status == 0 && status >= http.StatusOK {
		a.Status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *Answer) Write(part []byte) (int, error) {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(part)
	a.Bytes += int64(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (a *Answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Method does not repeat a method that no endpoint has: it may be anything.
func Method(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "(other)"
}
