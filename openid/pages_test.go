package openid

import (
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/internal/page/pagetest"
)

var update = flag.Bool("update", false, "write testdata/pages anew")

// everyPage makes each page of values that the function v may put others in the place of.
var everyPage = []struct {
	name string
	make func(t *testing.T, v func(string) string) string
}{
	{"consent", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, consentPage(consentView{
			v("Example"), v("handle"), v("https://example.com/oauth2/continue"), []string{v("your name"), v("your e-mail address")},
		}))
	}},
	{"logout", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, logoutPage(v("https://example.com/oauth2/logout")))
	}},
	{"not-possible", func(t *testing.T, _ func(string) string) string { return pagetest.Text(t, noticePage(notPossible)) }},
	{"busy", func(t *testing.T, _ func(string) string) string { return pagetest.Text(t, noticePage(busy)) }},
	{"signed-out", func(t *testing.T, _ func(string) string) string { return pagetest.Text(t, noticePage(signedOut)) }},
	{"failed", func(t *testing.T, v func(string) string) string {
		told := failed
		told.RequestID = v("1234")
		return pagetest.Text(t, noticePage(told))
	}},
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, one := range everyPage {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			pagetest.CheckPage(t, *update, one.name, func(v func(string) string) string { return one.make(t, v) })
		})
	}
}

func TestPages_CarryTheirHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{PathAuthorize, PathContinue, PathLogout} {
		got := w.browser().get(w.server.URL + path)
		_, style, _ := strings.Cut(got.body, "<style>")
		style, _, _ = strings.Cut(style, "</style>")
		sum := sha256.Sum256([]byte(style))
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
				"'; base-uri 'none'; frame-ancestors 'none'",
		} {
			if value := got.header.Get(name); value != want {
				t.Errorf("%s: %s is %q, want %q", path, name, value, want)
			}
		}
		if got.status == http.StatusSeeOther || style == "" || strings.Contains(got.body, "<script") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}
