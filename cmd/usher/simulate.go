package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest"
)

type simulateCmd struct {
	Scenario     string        `arg:"" optional:"" help:"What to play; --list explains each."`
	BaseURL      string        `arg:"" optional:"" name:"base-url" help:"SCIM base URL of any server, as an admin would paste it."`
	Token        string        `env:"USHER_TOKEN" placeholder:"TOKEN" help:"Bearer token for it."`
	List         bool          `help:"List what there is to play, with a line about each, and exit."`
	Schema       bool          `help:"Print the schema document that the scenario's attributes must be declared by, and exit."`
	Trace        bool          `help:"Write the raw exchange to standard error, secrets masked."`
	Purge        bool          `help:"Delete afterwards what the run made; Okta itself leaves its users deactivated."`
	Timeout      time.Duration `default:"60s" help:"Longest wait for one answer. Defaults to 60s, as Okta waits."`
	TokenURL     string        `name:"token-url" placeholder:"URL" help:"Token endpoint: fetch the token by OAuth 2.0 client credentials."`
	ClientID     string        `name:"client-id" env:"USHER_CLIENT_ID" placeholder:"ID" help:"Client of that endpoint."`
	ClientSecret string        `name:"client-secret" env:"USHER_CLIENT_SECRET" placeholder:"SECRET" help:"The client's secret."`
}

// Help implements explainer.
func (c *simulateCmd) Help() string {
	return "Each step sends what the real identity provider sends, byte for byte, and expects what it needs to find. " +
		"The run makes its own users and groups under names that nobody else has. Exit status 1 says that a step was missed.\n\n" +
		"Scenarios: " + strings.Join(scimtest.Names(), ", ") + "."
}

type simulationView struct {
	*scimtest.Report
	Passed  bool `json:"passed"`
	Missed  int  `json:"missed"`
	Skipped int  `json:"skipped"`
}

// Run plays the scenario, or tells about it.
func (c *simulateCmd) Run(a *app) error {
	if c.List {
		return c.list(a)
	}
	s, err := scimtest.Lookup(c.Scenario)
	if err != nil {
		return misuse(err, "usher simulate --list")
	}
	if c.Schema {
		return c.schema(a, s)
	}
	if err := checkBaseURL(c.BaseURL); err != nil {
		return err
	}
	report := c.play(a, s)
	if err := a.printReport(report); err != nil {
		return err
	}
	if report.Failed() {
		return c.missed(report)
	}
	return nil
}

func (c *simulateCmd) play(a *app, s scimtest.Scenario) *scimtest.Report {
	client := &scimclient.Client{BaseURL: c.BaseURL, Token: c.Token, Timeout: c.Timeout}
	if c.TokenURL != "" {
		credentials := &scimclient.ClientCredentials{TokenURL: c.TokenURL, ID: c.ClientID, Secret: c.ClientSecret, InBody: true} // as Entra's form
		client.TokenSource = credentials.Token
	}
	if c.Trace {
		client.Tap = a.err
	}
	p := newProgress(a.err)
	p.live = p.live && !c.Trace
	defer p.clear()
	o := scimtest.Options{Purge: c.Purge, Progress: func(done, total int, s scimtest.Step) { p.step(done, total, s.Name) }}
	return s.Run(a.ctx, client, o)
}

// scenarioView is a scenario in the list.
type scenarioView struct {
	Name    string `json:"name"`
	Alias   string `json:"alias,omitempty"`
	Title   string `json:"title"`
	About   string `json:"about"`
	Profile string `json:"profile"`
	Schema  bool   `json:"schema"` // whether attributes must be declared first
}

func (c *simulateCmd) list(a *app) error {
	var views []scenarioView
	for _, s := range slices.Concat(scimtest.All(), scimtest.MisbehavingModes()) {
		views = append(views, scenarioView{Name: s.Name, Alias: s.Alias, Title: s.Title, About: s.About, Profile: s.Profile, Schema: s.Schema() != ""})
	}
	if a.JSON {
		return printJSON(a.out, views)
	}
	t := a.table("Nothing.", "scenario", "profile", "about")
	for _, v := range views {
		t.add(v.Name, v.Profile, v.About)
	}
	_, err := t.WriteTo(a.out)
	return err
}

func (c *simulateCmd) schema(a *app, s scimtest.Scenario) error {
	document := s.Schema()
	if document == "" {
		return misuse(fmt.Errorf("%s needs no attributes besides those of RFC 7643", s.Name), "%s", "usher simulate "+s.Name+" BASE_URL")
	}
	_, err := io.WriteString(a.out, document)
	return err
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
		case s.Got == "no answer" && c.TokenURL != "":
			return hint(err, "there was no answer, or no access token for it: the first step that failed says which")
		case s.Got == "no answer":
			return hint(err, "the server gave no answer: check the URL, and that the server runs")
		case s.Status == 401 && c.Token == "" && c.TokenURL == "":
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

// errMissed ends a demo whose simulators were not content.
var errMissed = errors.New("a simulator missed a step")
