package scimclient

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// wire accepts one connection, answers with a fixed text and hands back the bytes
// that arrived: net/http's server would hide what was literally sent.
func wire(t *testing.T, answer string) (base string, got <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	seen := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		var head strings.Builder
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil || line == "\r\n" {
				break
			}
			head.WriteString(line)
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && name == "Content-Length" {
				for _, digit := range value {
					length = length*10 + int(digit-'0')
				}
			}
		}
		body := make([]byte, length)
		_, _ = io.ReadFull(r, body)
		_, _ = io.WriteString(conn, answer)
		seen <- head.String() + "\n" + string(body)
	}()
	return "http://" + l.Addr().String(), seen
}

const emptyOK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

func TestDo_SendsLiteralBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		base    string // behind the listener's address
		request Request
		want    string // the request line
	}{
		{"plain", "/scim/v2", Request{Method: "GET", Path: "/Users?startIndex=1&count=2"}, "GET /scim/v2/Users?startIndex=1&count=2 HTTP/1.1"},
		{"T-052 raw quotes and plus", "/v2", Request{Method: "GET", Path: `/Users?filter=userName+eq+"a@b"`}, `GET /v2/Users?filter=userName+eq+"a@b" HTTP/1.1`},
		{"T-052 percent", "/v2", Request{Method: "GET", Path: "/Users?filter=userName%20eq%20%22a%40b%22"}, "GET /v2/Users?filter=userName%20eq%20%22a%40b%22 HTTP/1.1"},
		{"T-016 trailing slash of the base", "/v2/", Request{Method: "GET", Path: "/Users"}, "GET /v2/Users HTTP/1.1"},
		{"T-016 doubled slash", "/v2", Request{Method: "GET", Path: "//Users"}, "GET /v2//Users HTTP/1.1"},
		{"T-125 slash before the query", "/v2", Request{Method: "GET", Path: "/Users/?filter=x"}, "GET /v2/Users/?filter=x HTTP/1.1"},
		{"T-015 query of the base alone", "/v2?aadOptscim062020", Request{Method: "GET", Path: "/Users"}, "GET /v2/Users?aadOptscim062020 HTTP/1.1"},
		{"T-015 query of the base last", "/v2/?aadOptscim062020", Request{Method: "GET", Path: "/Users?count=1"}, "GET /v2/Users?count=1&aadOptscim062020 HTTP/1.1"},
		{"no base path", "", Request{Method: "DELETE", Path: "/Users/1"}, "DELETE /Users/1 HTTP/1.1"},
		{"escaped segment stays escaped", "/a%2Fb", Request{Method: "GET", Path: "/Users/%41"}, "GET /a%2Fb/Users/%41 HTTP/1.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base, got := wire(t, emptyOK)
			c := &Client{BaseURL: base + tt.base}
			if _, err := c.Do(t.Context(), tt.request); err != nil {
				t.Fatal(err)
			}
			if line, _, _ := strings.Cut(<-got, "\r\n"); line != tt.want {
				t.Errorf("request line\n got %s\nwant %s", line, tt.want)
			}
		})
	}
}

func TestDo_HeadersAndBody(t *testing.T) {
	t.Parallel()
	base, got := wire(t, emptyOK)
	c := &Client{
		BaseURL: base, Token: "t0ken", UserAgent: "Okta SCIM Client 1.0.0",
		Header: http.Header{"Accept": {"application/json"}, "X-From": {"client"}},
	}
	_, err := c.Do(t.Context(), Request{
		Method: "POST", Path: "/Users",
		Header: http.Header{"Accept": {"application/scim+json"}, "X-From": nil, "Content-Type": {"application/scim+json; charset=utf-8"}},
		Body:   []byte("{ \"a\" :\t1 }\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := <-got
	for _, want := range []string{
		"Authorization: Bearer t0ken\r\n", "User-Agent: Okta SCIM Client 1.0.0\r\n", "Accept: application/scim+json\r\n",
		"Content-Type: application/scim+json; charset=utf-8\r\n", "Content-Length: 12\r\n", "\n{ \"a\" :\t1 }\n",
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("missing %q in\n%s", want, seen)
		}
	}
	for _, not := range []string{"X-From", "Accept-Encoding", "application/json\r\n"} {
		if strings.Contains(seen, not) {
			t.Errorf("unexpected %q in\n%s", not, seen)
		}
	}
}

func TestDo_T006_RequestReplacesAuthorization(t *testing.T) {
	t.Parallel()
	base, got := wire(t, emptyOK)
	c := &Client{BaseURL: base, Token: "t0ken"}
	if _, err := c.Do(t.Context(), Request{Method: "GET", Path: "/Users", Header: http.Header{"Authorization": {"non-token"}}}); err != nil {
		t.Fatal(err)
	}
	if seen := <-got; !strings.Contains(seen, "Authorization: non-token\r\n") || strings.Contains(seen, "t0ken") {
		t.Errorf("want the request's own Authorization, got\n%s", seen)
	}
}

func TestDo_ReadsCompressedAnswers(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"", "gzip", "deflate"} {
		t.Run("encoding "+encoding, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", encoding)
				var out io.WriteCloser = struct {
					io.Writer
					io.Closer
				}{w, io.NopCloser(nil)}
				switch encoding {
				case "gzip":
					out = gzip.NewWriter(w)
				case "deflate":
					out = zlib.NewWriter(w)
				}
				_, _ = io.WriteString(out, `{"ok":true}`)
				_ = out.Close()
			}))
			t.Cleanup(srv.Close)
			res, err := (&Client{BaseURL: srv.URL}).Do(t.Context(), Request{Method: "GET", Path: "/"})
			if err != nil || string(res.Body) != `{"ok":true}` {
				t.Errorf("got %v, %v", res, err)
			}
		})
	}
}

func TestDo_BoundsTheAnswer(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip") // a bomb: 1 MiB in 1 KiB
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 1<<20))
		_ = z.Close()
	}))
	t.Cleanup(srv.Close)
	for limit, want := range map[int64]error{1<<20 - 1: ErrTooLarge, 1 << 20: nil} {
		_, err := (&Client{BaseURL: srv.URL, MaxResponse: limit}).Do(t.Context(), Request{Method: "GET", Path: "/"})
		if !errors.Is(err, want) {
			t.Errorf("limit %d: got %v, want %v", limit, err, want)
		}
	}
}

func TestDo_T018_TimesOut(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-release }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	_, err := (&Client{BaseURL: srv.URL, Timeout: 20 * time.Millisecond}).Do(t.Context(), Request{Method: "GET", Path: "/Users"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want a deadline error", err)
	}
}

func TestDo_RedirectIsTheAnswer(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/elsewhere", http.StatusFound))
	t.Cleanup(srv.Close)
	res, err := (&Client{BaseURL: srv.URL, Token: "t"}).Do(t.Context(), Request{Method: "GET", Path: "/Users"})
	if err != nil || res.Status != http.StatusFound {
		t.Errorf("got %+v, %v; want 302", res, err)
	}
}

func TestDo_RefusesBaseURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "localhost:8080/scim", "ftp://x/y", "http://", "http://a b/", "/scim/v2"} {
		if _, err := (&Client{BaseURL: base}).Do(t.Context(), Request{Method: "GET", Path: "/Users"}); err == nil {
			t.Errorf("base URL %q was taken", base)
		}
	}
}

func TestTap_ShowsTheExchangeWithoutSecrets(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=s3cret-cookie")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1","note":"you sent `+r.Header.Get("Authorization")+`"}`)
	}))
	t.Cleanup(srv.Close)
	var out bytes.Buffer
	c := &Client{BaseURL: srv.URL, Token: "s3cret-token", Tap: &out}
	_, err := c.Do(t.Context(), Request{
		Method: "POST", Path: "/Users?access_token=s3cret-query",
		Header: http.Header{"Cookie": {"a=s3cret-jar"}},
		Body:   []byte("{\n\t\"userName\": \"jane\",\n\t\"password\": \"s3cret-\\\"pass\"\n}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "s3cret") {
		t.Errorf("a secret is shown:\n%s", text)
	}
	for _, want := range []string{
		"> POST /Users?access_token=****\n", "> Authorization: Bearer ****\n", "> Cookie: ****\n",
		"> \t\"userName\": \"jane\",\n> \t\"password\": \"****\"\n> }\n", "< 201 Created (", "< Set-Cookie: ****\n", `"note":"you sent Bearer ****"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("missing %q in\n%s", want, out.String())
		}
	}
}

func TestTap_ShowsAFailure(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := &Client{BaseURL: "http://127.0.0.1:1", Tap: &out}
	_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/Users"})
	if err == nil {
		t.Fatal("port 1 answered")
	}
	if text := err.Error(); !strings.HasPrefix(text, "scimclient: GET /Users: dial tcp 127.0.0.1:1: ") {
		t.Errorf("got %q", text)
	}
	if !strings.Contains(out.String(), "< no answer: ") {
		t.Errorf("got\n%s", out.String())
	}
}

func TestTap_CutsLongBodies(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"password":"`+strings.Repeat("x", 2*tapBody)+`"}`)
	}))
	t.Cleanup(srv.Close)
	var out bytes.Buffer
	if _, err := (&Client{BaseURL: srv.URL, Tap: &out}).Do(t.Context(), Request{Method: "GET", Path: "/"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "more bytes") || strings.Contains(out.String(), "xx") {
		t.Errorf("want a masked and cut body, got %d bytes", out.Len())
	}
}
