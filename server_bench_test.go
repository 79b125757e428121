package usher_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
)

// BenchmarkServer is what a request costs within the process, with no socket: make bench measures whole servers.
func BenchmarkServer(b *testing.B) {
	s := newBenched(b)
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = s.create(b, i)
	}
	b.Run("get", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s.do(b, http.StatusOK, "GET", "/Users/"+ids[i%len(ids)], "")
		}
	})
	b.Run("eq", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s.do(b, http.StatusOK, "GET", fmt.Sprintf("/Users?filter=userName+eq+%%22user%d@example.com%%22", i%len(ids)), "")
		}
	})
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			s.do(b, http.StatusOK, "GET", "/Users?count=100", "")
		}
	})
	b.Run("patch", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s.do(b, http.StatusOK, "PATCH", "/Users/"+ids[i%len(ids)], fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
				"Operations":[{"op":"replace","path":"active","value":%t}]}`, i/len(ids)%2 == 1))
		}
	})
	b.Run("create", func(b *testing.B) {
		for b.Loop() {
			s.create(b, s.next())
		}
	})
	b.Run("bulk", func(b *testing.B) { // of 100 creates
		for b.Loop() {
			s.bulk(b, 100)
		}
	})
}

// benched is a server with one connection and its token.
type benched struct {
	handler     http.Handler
	base, token string
	made        int
}

func newBenched(b *testing.B) *benched {
	b.Helper()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "usher.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	server, err := usher.New(usher.Config{
		Store: store, Key: directory.NewKey(), Log: slog.New(slog.DiscardHandler), RateLimit: usher.RateLimit{PerSecond: -1},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		<-done
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	dir, by := server.Directory(), directory.Actor{Name: "bench"}
	w, err1 := dir.CreateWorkspace(ctx, by, directory.NewWorkspace{Key: "BENCH", Name: "Bench"})
	if err1 != nil {
		b.Fatal(err1)
	}
	c, err := dir.CreateConnection(ctx, by, w, directory.NewConnection{Name: "bench", Profile: "entra"})
	if err != nil {
		b.Fatal(err)
	}
	t, err := dir.CreateToken(ctx, by, c, time.Now().AddDate(1, 0, 0))
	if err != nil {
		b.Fatal(err)
	}
	return &benched{handler: server, base: "/scim/" + c.ID + "/v2", token: t.Text}
}

// next is a number that no user has had.
func (s *benched) next() int {
	s.made++
	return 1_000_000 + s.made
}

// create makes a user and returns its id.
func (s *benched) create(b *testing.B, n int) string {
	b.Helper()
	w := s.do(b, http.StatusCreated, "POST", "/Users", document(n))
	location := w.Header().Get("Location")
	return location[strings.LastIndexByte(location, '/')+1:]
}

// bulk makes so many users by one request.
func (s *benched) bulk(b *testing.B, n int) {
	b.Helper()
	operations := make([]string, n)
	for i := range operations {
		operations[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":%s}`, i, document(s.next()))
	}
	w := s.do(b, http.StatusOK, "POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
		"Operations":[`+strings.Join(operations, ",")+`]}`)
	if made := strings.Count(w.Body.String(), `"status":"201"`); made != n {
		b.Fatalf("%d of %d were made: %s", made, n, w.Body)
	}
}

// document is a user as an identity provider posts one.
func document(n int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId":"ext-%[1]d","userName":"user%[1]d@example.com","active":true,"displayName":"Given%[1]d Family%[1]d",
		"name":{"givenName":"Given%[1]d","familyName":"Family%[1]d","formatted":"Given%[1]d Family%[1]d"},"nickName":"Given%[1]d",
		"title":"Engineer","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"Europe/London",
		"profileUrl":"https://people.example.com/profiles/%[1]d",
		"emails":[{"primary":true,"type":"work","value":"user%[1]d@example.com"},{"type":"home","value":"home%[1]d@example.com"}],
		"phoneNumbers":[{"value":"+44 20 7946 %04[2]d","type":"work"},{"value":"+44 7700 90 %04[2]d","type":"mobile"}],
		"addresses":[{"type":"work","streetAddress":"%04[2]d Long Meadow Business Park","locality":"Milton Keynes",
		"region":"Buckinghamshire","postalCode":"MK9 1AA","country":"GB","primary":true}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%[1]d","costCenter":"CC-41300",
		"organization":"Example Manufacturing","division":"Industrial Products","department":"Research",
		"manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`, n, n%10_000)
}

func (s *benched) do(b *testing.B, want int, method, path, body string) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequest(method, s.base+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != want {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}
