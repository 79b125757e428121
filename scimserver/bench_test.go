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
