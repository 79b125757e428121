package usher

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A face that leaves its records by itself leaves none when it panics.
func TestRecorded_Panic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &Server{log: slog.New(slog.NewTextHandler(&log, nil)), now: time.Now}
	e := &exchange{requestID: "r1"}
	e.observed.mount = &mount{face: FaceSSO}
	r := httptest.NewRequest(http.MethodGet, "/session", nil)
	r = r.WithContext(exchangeContext{r.Context(), e})
	defer func() {
		if p := recover(); p != "oops" {
			t.Errorf("the panic became %v", p)
		}
		for _, want := range []string{"level=ERROR", `msg="sign-in request"`, "status=500", "request_id=r1", `error="panic: oops"`, "stack="} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %s in %s", want, &log)
			}
		}
	}()
	s.recorded("sign-in request", records(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oops") }))).ServeHTTP(httptest.NewRecorder(), r)
}
