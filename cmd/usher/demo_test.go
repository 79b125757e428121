package main

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The demo serves what it says, until it is stopped, and then leaves nothing behind.
func TestDemo_ServesUntilStopped(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("USHER_DATA", "")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, exited := &lockedBuffer{}, make(chan int, 1)
	go func() { exited <- run(ctx, []string{"demo"}, streams{nil, out, out}) }()
	for deadline := time.After(patience); !strings.Contains(out.String(), "until Ctrl-C"); {
		select {
		case <-deadline:
			t.Fatalf("not serving: %s", out)
		case status := <-exited:
			t.Fatalf("exit status %d: %s", status, out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	shown := regexp.MustCompile(`BASE=(\S+)\n\s+TOKEN=(\S+)`).FindStringSubmatch(out.String())
	req, err := http.NewRequest(http.MethodGet, shown[1]+"/Users?count=2", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+shown[2])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the line to try answers %s", res.Status)
	}
	browser := newBrowser(t)
	choose := browser.get(regexp.MustCompile(`http://\S+/sso/\S+/login`).FindString(out.String()))
	alice := regexp.MustCompile(`href="([^"]+)">Alice<`).FindStringSubmatch(choose)
	if alice == nil {
		t.Fatalf("the link to sign in shows %s", choose)
	}
	issuer := regexp.MustCompile(`http://[^/]+`).FindString(browser.at)
	if page := browser.get(issuer + html.UnescapeString(alice[1])); !strings.Contains(page, "Alice") || !strings.Contains(page, "ACME") || !strings.Contains(page, "editor") {
		t.Errorf("signed in: %s", page)
	}
	signsInBySAML(t, regexp.MustCompile(`http://\S+/sso/\S+/login`).FindAllString(out.String(), -1))
	mails := regexp.MustCompile(`files in (\S+)\.`).FindStringSubmatch(out.String())[1]
	for deadline := time.After(patience); ; {
		if letters, _ := filepath.Glob(filepath.Join(mails, "*.eml")); len(letters) > 0 {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("no mail in %s", mails)
		case <-time.After(10 * time.Millisecond):
		}
	}
	http.DefaultClient.CloseIdleConnections()

	stop()
	if status := <-exited; status != exitOK {
		t.Errorf("exit status %d: %s", status, out)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// signsInBySAML walks by the second of the links, in a browser of its own: its pages post by themselves.
func signsInBySAML(t *testing.T, links []string) {
	t.Helper()
	if len(links) != 2 {
		t.Fatalf("links to sign in: %v", links)
	}
	browser := newBrowser(t)
	alice := regexp.MustCompile(`href="([^"]+)">Alice<`).FindStringSubmatch(browser.get(links[1]))
	if alice == nil {
		t.Fatal("the identity provider of SAML does not know Alice")
	}
	page := browser.get(regexp.MustCompile(`http://[^/]+`).FindString(browser.at) + html.UnescapeString(alice[1]))
	for strings.Contains(page, ".submit()") {
		form := url.Values{}
		for _, field := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			form.Set(field[1], html.UnescapeString(field[2]))
		}
		at, err := url.Parse(browser.at)
		if err != nil {
			t.Fatal(err)
		}
		to, err := at.Parse(html.UnescapeString(regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page)[1]))
		if err != nil {
			t.Fatal(err)
		}
		page = browser.post(to.String(), form)
	}
	if !strings.Contains(page, "Alice") || !strings.Contains(page, "ACME") || !strings.Contains(page, "editor") {
		t.Errorf("signed in by SAML: %s", page)
	}
}
