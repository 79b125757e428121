package openid

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
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
		var b bytes.Buffer
		if err := consentTemplate.Execute(&b, struct {
			Name, Handle, Action string
			Wants                []string
		}{v("Example"), v("handle"), v("https://example.com/oauth2/continue"), []string{v("your name"), v("your e-mail address")}}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}},
	{"logout", func(t *testing.T, v func(string) string) string {
		var b bytes.Buffer
		if err := logoutTemplate.Execute(&b, v("https://example.com/oauth2/logout")); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}},
	{"not-possible", func(*testing.T, func(string) string) string { return shown(notPossible) }},
	{"busy", func(*testing.T, func(string) string) string { return shown(busy) }},
	{"signed-out", func(*testing.T, func(string) string) string { return shown(signedOut) }},
	{"failed", func(_ *testing.T, v func(string) string) string {
		page := failed
		page.RequestID = v("1234")
		return shown(page)
	}},
}

func shown(p page) string {
	answer := httptest.NewRecorder()
	p.write(answer, http.StatusOK)
	return answer.Body.String()
}

func TestPages_Golden(t *testing.T) {
	t.Parallel()
	for _, page := range everyPage {
		pagetest.Golden(t, *update, page.name, page.make(t, func(text string) string { return text }))
	}
}

func TestPages_HostileValues(t *testing.T) {
	t.Parallel()
	for _, page := range everyPage {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			pagetest.CheckHostile(t, func(text string) string { return page.make(t, func(string) string { return text }) })
		})
	}
}
