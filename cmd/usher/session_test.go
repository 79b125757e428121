package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestBreakGlass: an owner whom no identity provider lets in comes in by a link of the command line, once, is seen, and is
// signed out by the command line within a second (B11, B8).
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.must(t, "workspace", "create", "ACC123")
	s.must(t, "member", "invite", "ada@acme.example", "-w", "ACC123", "--role", "owner")
	var made struct{ URL string }
	s.answer(t, &made, "break-glass", "ada@acme.example", "-w", "ACC123")

	browser := newBrowser(t)
	if page := browser.get(made.URL); !strings.Contains(page, "works once") {
		t.Fatalf("the link shows %s", page)
	}
	link, err := url.Parse(made.URL)
	if err != nil {
		t.Fatal(err)
	}
	home := "http://" + s.addr + "/sso/session"
	login := url.Values{"login": {link.Query().Get("login")}}
	if page := browser.post("http://"+s.addr+"/sso/break-glass", login); !strings.Contains(page, "ada@acme.example") {
		t.Fatalf("signed in: %s", page)
	}
	if page := newBrowser(t).post("http://"+s.addr+"/sso/break-glass", login); strings.Contains(page, "ada@acme.example") {
		t.Fatalf("the link has worked twice: %s", page)
	}

	var sessions []sessionView
	s.answer(t, &sessions, "session", "list", "-w", "ACC123", "--member", "ada@acme.example")
	if len(sessions) != 1 || sessions[0].State != "live" || sessions[0].Workspace != "ACC123" || sessions[0].Connection != "" {
		t.Fatalf("sessions: %+v", sessions)
	}
	var ended endedView
	s.answer(t, &ended, "session", "end", sessions[0].ID, "-w", "ACC123")
	done := time.Now()
	for strings.Contains(browser.get(home), "ada@acme.example") {
		if time.Since(done) > time.Second {
			t.Fatal("a second after its end the session is live")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if s.answer(t, &ended, "session", "end", sessions[0].ID, "-w", "ACC123"); ended.Ended != 0 {
		t.Error("a session has ended twice")
	}
	log := s.must(t, "audit", "list", "-w", "ACC123")
	for _, action := range []string{"break_glass.create", "break_glass.use", "session.end"} {
		if strings.Count(log, action) != 1 {
			t.Errorf("%d entries of %s in\n%s", strings.Count(log, action), action, log)
		}
	}
}

// answer runs a command and reads its JSON.
func (s *served) answer(t *testing.T, v any, args ...string) {
	t.Helper()
	out := s.must(t, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		t.Fatalf("usher %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// browser keeps cookies and follows redirects.
type browser struct {
	*testing.T
	client http.Client
	at     string // where it is
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{T: t, client: http.Client{Jar: jar}}
}

func (b *browser) get(address string) string { return b.read(b.client.Get(address)) }

func (b *browser) post(address string, form url.Values) string {
	return b.read(b.client.PostForm(address, form))
}

func (b *browser) read(answer *http.Response, err error) string {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	_ = answer.Body.Close()
	b.at = answer.Request.URL.String()
	return fmt.Sprintf("%s %s\n%s", answer.Request.URL.Path, answer.Status, body)
}
