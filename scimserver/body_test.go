package scimserver_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

func TestMediaType(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, contentType, encoding string
		status                      int
	}{
		{"T-004 scim+json", "application/scim+json", "", 201},
		{"T-004 json", "application/json", "", 201},
		{"T-004 parameters", "application/scim+json; charset=utf-8; version=2", "", 201},
		{"T-004 any case", "Application/SCIM+JSON;Charset=UTF-8", "", 201},
		{"T-004 json with charset", "application/json;charset=utf8", "", 201},
		{"T-004 a parameter that is malformed", "application/json; charset", "", 201},
		{"T-004 none", "", "", 201},
		{"identity", "application/json", "identity", 201},
		{"text", "text/plain", "", 415},
		{"form", "application/x-www-form-urlencoded", "", 415},
		{"xml", "application/xml", "", 415},
		{"Okta's own samples", "text/json", "", 415},
		{"a longer name", "application/scim+json2", "", 415},
		{"junk", ";;;", "", 415},
		{"R-006 another charset", "application/json; charset=iso-8859-1", "", 415},
		{"gzip", "application/json", "gzip", 415},
	}
	body := `{` + userSchemas + `,"userName":"dan"}`
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			header := map[string]string{"Content-Type": row.contentType, "Content-Encoding": row.encoding}
			scenario{method: "POST", path: "/Users", body: body, header: header, status: row.status}.play(t, setup(t, "okta", nil))
		})
	}
}

func TestBody_Gzip(t *testing.T) {
	t.Parallel()
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	fmt.Fprintf(z, `{%s,"userName":"dan"}`, userSchemas)
	z.Close()
	header := map[string]string{"Content-Encoding": "gzip"}
	scenario{method: "POST", path: "/Users", body: packed.String(), header: header, status: 415}.play(t, setup(t, "okta", nil))
}

func TestBody_TooLarge(t *testing.T) {
	t.Parallel()
	body := fmt.Sprintf(`{%s,"userName":"dan","title":%q}`, userSchemas, strings.Repeat("x", 1000))
	f := setup(t, "okta", func(o *scimserver.Options) { o.MaxBody = 1000 })
	scenario{name: "by Content-Length", method: "POST", path: "/Users", body: body, status: 413}.play(t, f)

	r := httptest.NewRequest("POST", "/Users", io.MultiReader(strings.NewReader(body))) // of unknown length
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	if r.ContentLength != -1 {
		t.Fatalf("Content-Length %d", r.ContentLength)
	}
	f.handler.ServeHTTP(w, r)
	checkError(t, w)
	if w.Code != 413 {
		t.Errorf("streaming: %d", w.Code)
	}
	exact := fmt.Sprintf(`{%s,"userName":"dan"}`, userSchemas)
	fits := setup(t, "okta", func(o *scimserver.Options) { o.MaxBody = 1000 })
	padded := exact + strings.Repeat(" ", 1000-len(exact))
	scenario{name: "exactly as large as allowed", method: "POST", path: "/Users", body: padded, status: 201}.play(t, fits)
}

// TestBody_FiveMegabytes: T-118, a Push Now of thousands of members passes the default limit.
func TestBody_FiveMegabytes(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil) // T-018: and it takes a small part of Okta's 60 s
	member := f.expand(`{"value":"{bob}","display":"` + strings.Repeat("b", 400) + `"}`)
	n := (4 << 20) / len(member)
	list := strings.Repeat(member+",", n) + member
	a := f.do("PATCH", "/Groups/{sales}", ops(`{"op":"replace","path":"members","value":[`+list+`]}`), nil)
	if a.Code != 204 {
		t.Errorf("T-118 %d members: %d %.200s", n, a.Code, a.Body)
	}
}

// cut is a body that breaks off with an error.
type cut struct {
	head io.Reader
	err  error
}

func (c cut) Read(p []byte) (int, error) {
	n, err := c.head.Read(p)
	if errors.Is(err, io.EOF) {
		err = c.err
	}
	return n, err
}

func TestBody_BrokenOff(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	before := f.state()
	for _, err := range []error{io.ErrUnexpectedEOF, os.ErrDeadlineExceeded} {
		r := httptest.NewRequest("POST", "/Users", cut{strings.NewReader(`{` + userSchemas), err})
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		checkError(t, w)
		if w.Code != 400 || f.state() != before {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
}

// TestBody_CutOnTheWire sends half of the promised body over a real connection and closes its half.
func TestBody_CutOnTheWire(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	srv := httptest.NewServer(f.handler)
	t.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 500\r\n\r\n{\"userName\":", token)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 400 || resp.Header.Get("Content-Type") != "application/scim+json" {
		t.Errorf("%d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
}

// TestBody_RefusedOnTheWire: a caller that writes its whole body before it reads gets the refusal and no reset
// connection: the 413 of a Push Now that is too large, the 401 that says that a token expired.
func TestBody_RefusedOnTheWire(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	srv := httptest.NewServer(f.handler)
	t.Cleanup(srv.Close)
	rows := []struct {
		name, path, token, framing string
		status                     int
	}{
		{"R-180 10 MB", "/Users", token, "Content-Length: 10485760", 413},
		{"R-180 10 MB of unknown length", "/Users", token, "Transfer-Encoding: chunked", 413},
		{"C8 a token that is refused", "/Users", "nobody", "Content-Length: 10485760", 401},
		{"an endpoint that is not there", "/Roles", token, "Content-Length: 10485760", 404},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n", row.path, row.token, row.framing)
			body := strings.Repeat("x", 10<<20)
			if strings.HasPrefix(row.framing, "Transfer") {
				body = "a00000\r\n" + body + "\r\n0\r\n\r\n"
			}
			if _, err := io.WriteString(conn, body); err != nil {
				t.Fatalf("the body was not read: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != row.status || resp.Header.Get("Content-Type") != "application/scim+json" {
				t.Errorf("%d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
			}
		})
	}
}

// gone is a backend whose caller has left.
type gone struct{ *scimserver.Memory }

func (gone) Get(ctx context.Context, _ *scim.ResourceType, _ string, _ scim.Projection) (*scim.Record, error) {
	return nil, fmt.Errorf("read: %w", ctx.Err())
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	p := profile(t, "okta")
	f := bare(t, p, func(o *scimserver.Options) { o.Caller = caller(p, gone{scimserver.NewMemory(p)}) })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequest("GET", "/Users/x", nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	checkError(t, w)
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" { // T-019
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if rec := f.log.last(t); rec["status"] != 499.0 || rec["level"] != "INFO" {
		t.Errorf("log record %v", rec)
	}
}

func TestMemory_HonoursCancellation(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	before := f.state()
	for _, row := range []struct{ method, path, body string }{
		{"GET", "/Users/{bob}", ""},
		{"GET", "/Users", ""},
		{"POST", "/Users", `{` + userSchemas + `,"userName":"dan"}`},
		{"PUT", "/Users/{bob}", `{` + userSchemas + `,"userName":"dan"}`},
		{"PATCH", "/Users/{bob}", ops(`{"op":"replace","path":"title","value":"x"}`)},
		{"DELETE", "/Users/{bob}", ""},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r := httptest.NewRequest(row.method, f.expand(row.path), strings.NewReader(row.body)).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		if w.Code != 503 || f.state() != before {
			t.Errorf("%s %s: %d %s", row.method, row.path, w.Code, w.Body)
		}
	}
}
