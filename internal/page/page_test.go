package page

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usher-scim/usher/internal/page/pagetest"
)

func text(t *testing.T, shown templ.Component) string {
	t.Helper()
	made, err := Text(shown)
	if err != nil {
		t.Fatal(err)
	}
	return string(made)
}

func TestText_IsText(t *testing.T) {
	t.Parallel()
	if page := text(t, Frame("a\x00b\xff\xfec")); !strings.Contains(page, "<h1>a\uFFFDb\uFFFDc</h1>") {
		t.Error(page)
	}
}

func TestFrame_HostileTitle(t *testing.T) {
	t.Parallel()
	pagetest.CheckHostile(t, func(title string) string { return text(t, Frame(title)) })
}

// The policies name what stands in the page, byte by byte: a browser would show it without style otherwise.
func TestPolicy_NamesStyleAndScript(t *testing.T) {
	t.Parallel()
	_, style, _ := strings.Cut(text(t, Frame("x")), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	if !strings.Contains(Policy, "style-src "+hashed(style)+";") || strings.Contains(Policy, "script-src") {
		t.Error(Policy)
	}
	script := strings.TrimSuffix(strings.TrimPrefix(text(t, Submit()), "<script>"), "</script>")
	if SubmitPolicy != Policy+"; script-src "+hashed(script) {
		t.Error(SubmitPolicy)
	}
}

func TestWrite_WholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	answer := httptest.NewRecorder()
	err := Write(answer, http.StatusOK, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "<p>half")
		return broken
	}))
	if !errors.Is(err, broken) || answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "half") {
		t.Errorf("%v: %d %s", err, answer.Code, answer.Body)
	}
	answer = httptest.NewRecorder()
	if err := Write(answer, http.StatusForbidden, Frame("x")); err != nil || answer.Code != http.StatusForbidden ||
		answer.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasSuffix(answer.Body.String(), "</html>") {
		t.Errorf("%v: %d %s", err, answer.Code, answer.Body)
	}
}
