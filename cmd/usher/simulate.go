package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest"
)

type simulateCmd struct {
	Profile string        `arg:"" enum:"${scenarios}" help:"What to play: ${scenarios}."`
	BaseURL string        `arg:"" name:"base-url" help:"SCIM base URL of any server, as an admin would paste it."`
	Token   string        `env:"USHER_TOKEN" placeholder:"TOKEN" help:"Bearer token for it."`
	Trace   bool          `help:"Write the raw exchange to standard error, secrets masked."`
	Purge   bool          `help:"Delete afterwards what the run made; Okta itself leaves its users deactivated."`
	Timeout time.Duration `default:"60s" help:"Longest wait for one answer. Defaults to 60s, as Okta waits."`
}

// Help implements kong's HelpProvider.
func (c *simulateCmd) Help() string {
	return "Each step sends what the real identity provider sends, byte for byte, and expects what it needs to find. " +
		"The run makes its own users and groups under names that nobody else has. Exit status 1 says that a step was missed."
}

type simulationView struct {
	*scimtest.Report
	Passed  bool `json:"passed"`
	Missed  int  `json:"missed"`
	Skipped int  `json:"skipped"`
}

// Run plays the scenario.
func (c *simulateCmd) Run(a *app) error {
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return &failure{err: fmt.Errorf("%q is not a base URL", c.BaseURL), hint: "give it whole, such as https://scim.example.com/scim/v2", status: exitUsage}
	}
	client := &scimclient.Client{BaseURL: c.BaseURL, Token: c.Token, Timeout: c.Timeout}
	if c.Trace {
		client.Tap = a.err
	}
	p := newProgress(a.err)
	p.live = p.live && !c.Trace
	report, err := scimtest.Simulate(a.ctx, client, c.Profile, scimtest.Options{
		Purge:    c.Purge,
		Progress: func(done, total int, s scimtest.Step) { p.step(done, total, s.Name) },
	})
	p.clear()
	if err != nil {
		return err
	}
	if err := a.printReport(report); err != nil {
		return err
	}
	if report.Failed() {
		return c.missed(report)
	}
	return nil
}

func (a *app) printReport(r *scimtest.Report) error {
	if !a.JSON {
		return scimtest.Render{Color: paletteFor(a.out) != nil}.Write(a.out, r)
	}
	_, missed, skipped := r.Counts()
	return printJSON(a.out, simulationView{Report: r, Passed: !r.Failed(), Missed: missed, Skipped: skipped})
}

// missed says what to look at first.
func (c *simulateCmd) missed(r *scimtest.Report) error {
	_, missed, _ := r.Counts()
	err := fmt.Errorf("%s: %d of %d steps missed", r.Scenario, missed, len(r.Steps))
	for _, s := range r.Missed() {
		switch {
		case s.Status == 0:
			return hint(err, "the server gave no answer: check the URL, and that the server runs")
		case s.Status == 401 && c.Token == "":
			return hint(err, "the server wants a token: --token or USHER_TOKEN")
		case s.Status == 401:
			return hint(err, "the server refused the token: is it whole, in time, and of this connection?")
		}
	}
	if c.Trace {
		return err
	}
	return hint(err, "add --trace to see the raw exchange")
}

// scenarioNames are the values of the argument.
func scenarioNames() string { return strings.Join(scimtest.Names(), ",") }

// errMissed ends a demo whose simulators were not content.
var errMissed = errors.New("a simulator missed a step")
