package page_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usher-scim/usher/internal/page"
	"github.com/usher-scim/usher/internal/page/pagetest"
)

func TestText_IsText(t *testing.T) {
	t.Parallel()
	if text := pagetest.Text(t, page.Frame("a\x00b\xff\xfec")); !strings.Contains(text, "<h1>a\uFFFDb\uFFFDc</h1>") {
		t.Error(text)
	}
}

func TestFrame_HostileTitle(t *testing.T) {
	t.Parallel()
	pagetest.CheckHostile(t, func(title string) string { return pagetest.Text(t, page.Frame(title)) })
}

// The policies name what stands in the page, byte by byte: a browser would show it without style otherwise.
func TestPolicy_NamesStyleAndScript(t *testing.T) {
	t.Parallel()
	_, style, _ := strings.Cut(pagetest.Text(t, page.Frame("x")), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	if !strings.Contains(page.Policy, "style-src "+page.Hashed(style)+";") || strings.Contains(page.Policy, "script-src") {
		t.Error(page.Policy)
	}
	script := strings.TrimSuffix(strings.TrimPrefix(pagetest.Text(t, page.Submit()), "<script>"), "</script>")
	if page.SubmitPolicy != page.Policy+"; script-src "+page.Hashed(script) {
		t.Error(page.SubmitPolicy)
	}
}

func TestWrite_WholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	answer := httptest.NewRecorder()
	err := page.Write(answer, http.StatusOK, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "<p>half")
		return broken
	}))
	if !errors.Is(err, broken) || answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "half") {
		t.Errorf("%v: %d %s", err, answer.Code, answer.Body)
	}
	answer = httptest.NewRecorder()
	if err := page.Write(answer, http.StatusForbidden, page.Frame("x")); err != nil || answer.Code != http.StatusForbidden ||
		answer.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasSuffix(answer.Body.String(), "</html>") {
		t.Errorf("%v: %d %s", err, answer.Code, answer.Body)
	}
}
