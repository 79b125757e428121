package conformance

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"
)

//go:embed report.html
var reportHTML string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"count":    func(r *Report, o string) int { return r.Count(Outcome(o)) },
		"acount":   func(a AreaResults, o string) int { return a.Count(Outcome(o)) },
		"untested": (*Report).untested,
		"slug":     func(o Outcome) string { return strings.ReplaceAll(string(o), " ", "-") },
		"when":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"round":    func(d time.Duration) string { return d.Round(time.Millisecond).String() },
		"rfc":      rfcURL,
		"pretty":   pretty,
		"last":     func(list []Exchange, i int) bool { return i == len(list)-1 },
		"list":     func(words ...string) []string { return words },
	}).Parse(reportHTML))
})

// WriteHTML writes the report as one page that needs nothing else: no script, no font and no image from anywhere.
func (r *Report) WriteHTML(w io.Writer) error { return page().Execute(w, r) }

// pretty indents the body of one side of an exchange, if it is whole and JSON.
func pretty(side string) string {
	head, body, found := strings.Cut(side, "\n\n")
	var b bytes.Buffer
	if !found || json.Indent(&b, []byte(body), "", "  ") != nil {
		return side
	}
	return head + "\n\n" + b.String()
}

// rfcURL is where a section such as "RFC 7644 §3.4.2.2" can be read.
func rfcURL(section string) string {
	rfc, part, _ := strings.Cut(strings.TrimPrefix(section, "RFC "), " §")
	url := "https://www.rfc-editor.org/rfc/rfc" + rfc
	if part != "" {
		url += "#section-" + part
	}
	return url
}
