package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

// A client that never ends its headers or its body does not hold a connection for long, and is no server error.
func TestListener_BoundsSlowClients(t *testing.T) {
	t.Parallel()
	s := slowServer(t)
	tests := []struct{ name, sent string }{
		{"headers", "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"},
		{"body", "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token +
			"\r\nContent-Type: application/scim+json\r\nContent-Length: 100\r\n\r\n{\"sche"},
		{"nothing", ""},
		{"idle after an answer", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, tt.sent)
			_ = conn.SetReadDeadline(time.Now().Add(patience))
			answer, err := io.ReadAll(conn)
			if os.IsTimeout(err) {
				t.Errorf("still open after %s", patience)
			}
			if strings.Contains(string(answer), " 500 ") {
				t.Errorf("answered %s", answer)
			}
		})
	}
}

func TestListener_RefusesHugeHeaders(t *testing.T) {
	t.Parallel()
	l := &listener{log: slog.New(slog.DiscardHandler)}
	s := httptest.NewUnstartedServer(nil)
	s.Config = l.httpServer(http.NotFoundHandler())
	s.Start()
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Just what net/http reads before it gives up: a byte more, and the connection is reset under the answer.
	const slop = 4096
	head := "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Long: "
	_, _ = io.WriteString(conn, head+strings.Repeat("a", maxHeader+slop-len(head)))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s", res.Status)
	}
}

func TestListener_DefaultsBoundEverything(t *testing.T) {
	t.Parallel()
	l := &listener{log: slog.New(slog.DiscardHandler)}
	hs := l.httpServer(http.NotFoundHandler())
	if hs.ReadHeaderTimeout <= 0 || hs.ReadTimeout <= 0 || hs.WriteTimeout < hs.ReadTimeout || hs.IdleTimeout <= 0 || hs.MaxHeaderBytes <= 0 {
		t.Errorf("unbounded: %+v", hs)
	}
	if hs.ReadTimeout < time.Minute {
		t.Errorf("T-018: Okta may take 60 s, the server gives up after %s", hs.ReadTimeout)
	}
}

// slowServer serves with bounds that a test can wait for.
func slowServer(t *testing.T) (s struct{ addr, token string }) {
	t.Helper()
	a := &app{globals: globals{Data: t.TempDir() + "/data"}, ctx: t.Context(), log: slog.New(slog.DiscardHandler), now: time.Now}
	f, err := a.openFolder(true)
	if err != nil {
		t.Fatal(err)
	}
	server, err := usher.New(usher.Config{Directory: f.Directory, Log: a.log})
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.CreateWorkspace(a.ctx, a.actor(), directory.NewWorkspace{Key: "ACC123"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.CreateConnection(a.ctx, a.actor(), w, directory.NewConnection{Name: "okta", Profile: "okta"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.CreateToken(a.ctx, a.actor(), c, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: socket, log: a.log, bounds: bounds{header: 200 * time.Millisecond, read: 200 * time.Millisecond, write: time.Second, idle: 200 * time.Millisecond}}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- l.serve(ctx, server, 0) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	s.addr, s.token = socket.Addr().String(), token.Text
	return s
}
