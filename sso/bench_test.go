package sso_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/ssotest"
)

// waited is a transport that adds up, for each callback, how long the identity provider took.
type waited struct{}

type waitedKey struct{}

func (waited) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	res, err := http.DefaultTransport.RoundTrip(r)
	if sum, ok := r.Context().Value(waitedKey{}).(*time.Duration); ok {
		*sum += time.Since(began)
	}
	return res, err
}

// BenchmarkCallback measures what a login costs from the callback to the redirect to the app, without the identity
// provider's own time, at 16 logins of different people at once.
func BenchmarkCallback(b *testing.B) {
	const atOnce = 16
	var people []ssotest.Person
	for i := range atOnce {
		people = append(people, ssotest.Person{Subject: fmt.Sprint("p", i), Claims: map[string]any{
			"email": fmt.Sprintf("p%d@example.com", i), "role": "Editor",
		}})
	}
	w := newWorldAt(b, time.Now(), people...)
	handler, err := sso.New(sso.Options{
		Address: func(*http.Request) string { return w.address }, Directory: w.directory, Now: w.clock.Now,
		PublicURL: w.server.URL, Returns: []string{"/oauth2/continue"},
		Providers: map[string]sso.Provider{directory.ProtocolOIDC: oidc.New(oidc.Config{Transport: waited{}, Now: w.clock.Now})},
	})
	w.check(err)
	var mu sync.Mutex
	var took []time.Duration
	var visitors atomic.Int64
	b.SetParallelism(max(1, atOnce/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		visitor, subject := w.browser(), people[int(visitors.Add(1))%atOnce].Subject
		for pb.Next() {
			callback := visitor.beginAs(subject, w.okta, "")
			r := httptest.NewRequest(http.MethodGet, "/"+w.okta.ID+"/callback"+callback[strings.IndexByte(callback, '?'):], nil)
			for _, c := range visitor.cookies() {
				r.AddCookie(c)
			}
			var elsewhere time.Duration
			r = r.WithContext(context.WithValue(r.Context(), waitedKey{}, &elsewhere))
			answer := httptest.NewRecorder()
			began := time.Now()
			handler.ServeHTTP(answer, r)
			one := time.Since(began) - elsewhere
			if answer.Code != http.StatusSeeOther {
				b.Errorf("answered %d\n%s", answer.Code, w.log)
				return
			}
			mu.Lock()
			took = append(took, one)
			mu.Unlock()
		}
	})
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}
