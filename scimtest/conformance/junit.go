package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of the JUnit format, as CI systems read it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure,omitempty"`
		Skip    *junitMessage `xml:"skipped,omitempty"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report for a CI system: an area is a suite, a rule a test case. Only a missed Must is a
// failure; a missed Should or May is in the case's output.
func (r *Report) WriteJUnit(w io.Writer) error {
	doc := junitSuites{
		Name: "SCIM 2.0 conformance of " + r.BaseURL, Tests: len(r.Results), Failures: r.Count(Failed),
		Skipped: r.Count(Skipped) + r.Count(Unchecked), Time: seconds(r.Duration),
	}
	for _, a := range r.ByArea() {
		suite := junitSuite{
			Name: a.Title + " (" + a.Section + ")", Tests: len(a.Results), Failures: a.Count(Failed),
			Skipped: a.Count(Skipped) + a.Count(Unchecked),
		}
		for _, res := range a.Results {
			suite.Cases = append(suite.Cases, junitOf(res))
		}
		doc.Suites = append(doc.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(res Result) junitCase {
	c := junitCase{Name: res.ID + " " + res.Statement, Class: "scim." + res.Area, Time: seconds(res.Duration)}
	switch res.Outcome {
	case Failed:
		c.Failure = &junitMessage{Message: "expected " + res.Expected + ", got " + res.Got, Text: evidence(res)}
	case Warned, Noted:
		c.Output = fmt.Sprintf("%s, %s: expected %s, got %s\n%s", res.Level, res.Section, res.Expected, res.Got, evidence(res))
	case Skipped, Unchecked:
		c.Skip = &junitMessage{Message: res.Why()}
	}
	return c
}

// evidence is the section and the exchanges as text.
func evidence(res Result) string {
	var b strings.Builder
	b.WriteString(res.Section + "\n")
	for _, e := range res.Exchanges {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", e.Request, e.Response)
	}
	return b.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
