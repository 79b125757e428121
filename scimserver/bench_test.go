package scimserver_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scimserver"
)

// BenchmarkHandler is what the protocol costs above a backend: no network, no disk.
func BenchmarkHandler(b *testing.B) {
	f := bare(b, profile(b, "okta"), func(o *scimserver.Options) { o.Log = slog.New(slog.DiscardHandler) })
	for i := range 100 {
		f.add(b, fmt.Sprint("u", i), "/Users", fmt.Sprintf(`{%s,"userName":"user%d@example.com","active":true,
			"name":{"givenName":"Jane","familyName":"Doe"},"emails":[{"value":"user%d@example.com","type":"work","primary":true}]}`, userSchemas, i, i))
	}
	for _, row := range []struct{ name, method, path, body string }{
		{"get", "GET", "/Users/{u0}", ""},
		{"list100", "GET", "/Users?startIndex=1&count=100", ""},
		{"filter", "GET", "/Users?filter=userName+eq+%22user50%40example.com%22", ""},
		{"patch", "PATCH", "/Users/{u0}", ops(`{"op":"replace","value":{"active":false}}`)},
		{"refuse", "GET", "/Users/nobody", ""},
	} {
		b.Run(row.name, func(b *testing.B) {
			path, body := f.expand(row.path), strings.NewReader("")
			r := httptest.NewRequest(row.method, path, body)
			r.Header.Set("Authorization", "Bearer "+token)
			r.ContentLength = int64(len(row.body))
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(row.body)
				f.handler.ServeHTTP(discard{}, r)
			}
		})
	}
}

// discard is a response writer that keeps nothing.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// BenchmarkBulk is 1,000 creates in one bulk request, and the same 1,000 as requests of their own.
func BenchmarkBulk(b *testing.B) {
	const n = 1000
	bodies, operations := make([]string, n), make([]string, n)
	for i := range n {
		bodies[i] = userData(fmt.Sprintf("user%d@example.com", i), `"active":true`, `"name":{"givenName":"Jane","familyName":"Doe"}`,
			fmt.Sprintf(`"emails":[{"value":"user%d@example.com","type":"work","primary":true}]`, i))
		operations[i] = post(fmt.Sprint(i), "/Users", bodies[i])
	}
	for _, row := range []struct {
		name, path string
		bodies     []string
	}{{"bulk", "/Bulk", []string{bulkOf(operations...)}}, {"single", "/Users", bodies}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				f := bare(b, profile(b, "okta"), func(o *scimserver.Options) { o.Log = slog.New(slog.DiscardHandler) })
				b.StartTimer()
				for _, body := range row.bodies {
					r := httptest.NewRequest(http.MethodPost, row.path, strings.NewReader(body))
					r.Header.Set("Authorization", "Bearer "+token)
					f.handler.ServeHTTP(discard{}, r)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "creates/s")
		})
	}
}
