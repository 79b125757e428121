package pagetest

import (
	"strings"
	"testing"
)

func TestOutline_LeavesOutWhatNobodySees(t *testing.T) {
	t.Parallel()
	const want = `html
<html>
  <head>
  <body>
    <p>
      "a "
      <b>
        "b"
      " c"
    <p>
      "d"
`
	for _, page := range []string{
		"<!doctype html><p>a <b>b</b> c</p><p>d</p>",
		"<!DOCTYPE html>\n<html>\n<body>\n  <p>\n  a\n  <b>b</b>\n  c\n  </p>\n\n  <p> d </p></body></html>\n",
	} {
		if got := Outline(page); got != want {
			t.Errorf("%s\nhas the outline\n%s", page, got)
		}
	}
	if Outline("<p><b>a</b><b>b</b>") == Outline("<p><b>a</b> <b>b</b>") {
		t.Error("a space between two words is not seen")
	}
}

func TestFaults_AreFound(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		"<p>\x00", "<p>\xff", `<a href="javascript:x">`, `<a href=" JavaScript:x">`, "<form action='java\tscript:x'>", `<img src=x onerror=y>`,
		`<iframe src="data:text/html,x">`, `<button formaction="vbscript:x">`,
	} {
		if len(faults(page)) != 1 {
			t.Errorf("%q: %q", page, faults(page))
		}
	}
	if found := faults(`<a href="/x?a=javascript:1" title="javascript:"><form action="https://example.com">`); found != nil {
		t.Errorf("%q", found)
	}
}

func TestShape_TellsWhatIsNotEscaped(t *testing.T) {
	t.Parallel()
	const page = `<p title="VALUE">VALUE</p>`
	plain := shape(page)
	for _, text := range []string{`"x="`, `<b>`, `"><script>alert(1)</script>`} {
		if shape(strings.ReplaceAll(page, "VALUE", text)) == plain {
			t.Errorf("%q is not noticed", text)
		}
	}
}
