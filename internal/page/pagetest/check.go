package pagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/usher-scim/usher/internal/page"
)

// Text is what a component shows.
func Text(t *testing.T, shown templ.Component) string {
	t.Helper()
	text, err := page.Text(shown)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// CheckPage holds a page to its golden file, and to what no value in it may do: make makes it of values, each of which it
// passes through the function that it is given.
func CheckPage(t *testing.T, update bool, name string, make func(value func(string) string) string) {
	t.Helper()
	Golden(t, update, name, make(func(text string) string { return text }))
	CheckHostile(t, func(text string) string { return make(func(string) string { return text }) })
}

// Golden compares the outline of a page with testdata/pages/NAME.txt, or writes that file anew.
func Golden(t *testing.T, update bool, name, page string) {
	t.Helper()
	file := filepath.Join("testdata", "pages", name+".txt")
	got := Outline(page)
	if update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: the page is now, if that is meant write it anew by -update:\n%s", file, got)
	}
}

// hostile are texts that somebody chooses to make a page into another one.
var hostile = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `" onfocus="alert(1)" x="`,
	`</title></style></main><h1>`, `<!--`, `]]>`, `&lt;b&gt;&#60;script&#62;`, "javascript:alert(1)", "JaVaScRiPt:alert(1)",
	"java\tscript:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
	"a\x00b", "\x00<script>", "\xff\xfe", "\xe2\x82\"><script>", "\u202e\u2028", "{{.}}", "`${alert(1)}`", strings.Repeat("<", 1000), "",
}

// CheckHostile makes a page of each hostile text, which takes the place of every value in it. The page has to be text with
// the elements and attributes that it has otherwise, and its links and forms must run no script.
func CheckHostile(t *testing.T, pageOf func(text string) string) {
	t.Helper()
	want := shape(pageOf("plain"))
	for _, text := range hostile {
		page := pageOf(text)
		if got := shape(page); text != "" && got != want { // without a value, what shows it may be missing
			t.Errorf("%q makes the page\n%s", text, Outline(page))
		}
		for _, fault := range faults(page) {
			t.Errorf("%q makes a page %s", text, fault)
		}
	}
}

// faults are what no page may do, whatever stands in it.
func faults(page string) []string {
	var all []string
	if !utf8.ValidString(page) || strings.Contains(page, "\x00") {
		all = append(all, "that is no text")
	}
	for n := range parse(page).Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || runsScript(a) {
				all = append(all, fmt.Sprintf("with <%s %s=%q>", n.Data, a.Key, a.Val))
			}
		}
	}
	return all
}

func runsScript(a html.Attribute) bool {
	if !slices.Contains([]string{"action", "formaction", "href", "src"}, a.Key) {
		return false
	}
	// Browsers skip white space and control characters before a scheme, and some within.
	link := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, a.Val))
	return strings.HasPrefix(link, "javascript:") || strings.HasPrefix(link, "data:") || strings.HasPrefix(link, "vbscript:")
}

// shape is the outline of a page without its values.
func shape(page string) string {
	var b strings.Builder
	for n := range parse(page).Descendants() {
		if n.Type == html.TextNode {
			continue
		}
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteString("\n")
	}
	return b.String()
}
