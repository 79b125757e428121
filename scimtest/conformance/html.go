package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/usher-scim/usher/internal/page"
)

// WriteHTML writes the report as one page that needs nothing else: no script, no font and no image from anywhere.
func (r *Report) WriteHTML(w io.Writer) error {
	text, err := page.Text(reportPage(r))
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// tallied is how many results had an outcome, and what the page calls that.
type tallied struct {
	Outcome           Outcome
	InSummary, InArea string
	Count             int
}

func tally(results []Result) []tallied {
	all := []tallied{
		{Passed, "passed", "passed", 0},
		{Failed, "failed (MUST)", "failed", 0},
		{Warned, "warned of (SHOULD)", "warned", 0},
		{Noted, "noted (MAY)", "noted", 0},
		{Skipped, "skipped", "skipped", 0},
		{Unchecked, "not testable from outside", "not testable", 0},
	}
	for i := range all {
		all[i].Count = (&Report{Results: results}).Count(all[i].Outcome)
	}
	return all
}

// slug is an outcome as a name of CSS.
func slug(o Outcome) string { return strings.ReplaceAll(string(o), " ", "-") }

func facts(r *Report) string {
	text := fmt.Sprintf("%d requests in %s, %s.", r.Requests, r.Duration.Round(time.Millisecond), r.Started.UTC().Format("2006-01-02 15:04 UTC"))
	if len(r.Announced) > 0 {
		text += " The server announces " + strings.Join(r.Announced, ", ") + "."
	}
	return text
}

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
