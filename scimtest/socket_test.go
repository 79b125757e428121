package scimtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scimclient"
)

// TestSocket_TLS: the raw connections trust whom the client trusts.
func TestSocket_TLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(newHandler(t, "generic"))
	t.Cleanup(srv.Close)
	for _, name := range []string{"misbehaving-disconnect", "misbehaving-slow-body", "misbehaving-duplicate-post"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Run(t, &scimclient.Client{BaseURL: srv.URL, Token: testToken, HTTP: srv.Client()}, name)
		})
	}
}

// TestSocket_PromisesMore: the head announces one byte more than comes.
func TestSocket_PromisesMore(t *testing.T) {
	t.Parallel()
	p := newPlayer(Misbehaving(), &scimclient.Client{BaseURL: "http://127.0.0.1:1/scim/v2/?flag", Token: "secret"}, "run")
	p.vars["user_name"] = "jane@example.com"
	head, body, err := p.wire(t.Context(), &request{send: "POST /Users", body: "user.json"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"POST /scim/v2/Users HTTP/1.1\r\n", "Authorization: Bearer secret\r\n", "Content-Type: application/scim+json\r\n"} {
		if !strings.Contains(head, want) {
			t.Errorf("%q lacks %q", head, want)
		}
	}
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(promisedMore(head, body))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(req.Body); !errors.Is(err, io.ErrUnexpectedEOF) || string(got) != body || !json.Valid(got) {
		t.Errorf("read %q, %v", got, err)
	}
}

// TestSocket_NoAnswer: a server that is not there is a miss, not the end of the test.
func TestSocket_NoAnswer(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://127.0.0.1:1", "https://127.0.0.1:1", "http://[::1"} {
		p := newPlayer(Misbehaving(), client(base), "run")
		p.vars["user_name"] = "jane@example.com"
		if out := trickle(t.Context(), p); len(out.misses) == 0 {
			t.Errorf("%s: %+v", base, out)
		}
		if out := postTwice(t.Context(), p); len(out.misses) == 0 {
			t.Errorf("%s: %+v", base, out)
		}
	}
}
