package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest/conformance"
)

type checkCmd struct {
	BaseURL    string        `arg:"" name:"base-url" help:"SCIM base URL of any server, as an admin would paste it."`
	Token      string        `env:"USHER_TOKEN" placeholder:"TOKEN" help:"Bearer token for it."`
	OtherToken string        `env:"USHER_OTHER_TOKEN" placeholder:"TOKEN" help:"Bearer token of another tenant, to see that the two are kept apart."`
	OtherURL   string        `name:"other-url" placeholder:"URL" help:"Base URL for that token, where it is another one."`
	Only       []string      `placeholder:"RULE,…" help:"Check these rules and areas alone: R-072,filters."`
	Yes        bool          `short:"y" help:"Do not ask before writing to a server that holds users."`
	Keep       bool          `help:"Leave the users and groups of the check on the server."`
	JUnit      string        `name:"junit" placeholder:"FILE" help:"Write the report for a CI system."`
	HTML       string        `name:"html" placeholder:"FILE" help:"Write the report as one page to read, print or send."`
	Trace      bool          `help:"Write the raw exchange to standard error, secrets masked."`
	Timeout    time.Duration `default:"30s" help:"Longest wait for one answer."`
	Limit      time.Duration `default:"15m" help:"Longest time for the whole check."`
}

// Help implements explainer.
func (c *checkCmd) Help() string {
	return "Tests the server against RFC 7643, RFC 7644 and RFC 9865, as far as it announces what they define, and says " +
		"for each rule what was sent, what came back and what the RFC asks for. The check makes users and groups of its " +
		"own, and deletes them at the end. Exit status 1 says that a MUST was missed or that there was nothing to test, 2 that the check was refused."
}

// Validate implements validator.
func (c *checkCmd) Validate() error {
	if c.OtherURL != "" && c.OtherToken == "" {
		return errors.New("--other-url is for --other-token")
	}
	return nil
}

// checkView is the report for programs.
type checkView struct {
	Conforms bool           `json:"conforms"`
	Verdict  string         `json:"verdict"`
	Counts   map[string]int `json:"counts"`
	*conformance.Report
}

// Run checks the server and writes the reports.
func (c *checkCmd) Run(a *app) error {
	client, err := c.client(a, c.BaseURL, c.Token)
	if err != nil {
		return err
	}
	o := conformance.Options{Only: c.Only, Keep: c.Keep, Timeout: c.Timeout, Limit: c.Limit}
	if c.OtherToken != "" {
		if o.Second, err = c.client(a, orURL(c.OtherURL, c.BaseURL), c.OtherToken); err != nil {
			return err
		}
	}
	if !c.Yes {
		// Whether there is a server at all is for the report to say.
		if users, err := conformance.Users(a.ctx, client); err == nil {
			if err := askFirst(a, c.BaseURL, users, "check"); err != nil {
				return err
			}
		}
	}
	p := newProgress(a.err)
	p.live = p.live && !c.Trace
	o.Progress = func(done, total int, r conformance.Result) { p.step(done, total, r.ID+" "+r.Statement) }
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks to stop twice does not wait for the cleaning up
	report, err := conformance.Run(ctx, client, o)
	p.clear()
	if err != nil {
		return misuse(err, "usher check --help")
	}
	return c.report(a, report)
}

func (c *checkCmd) client(a *app, base, token string) (*scimclient.Client, error) {
	if err := checkBaseURL(base); err != nil {
		return nil, err
	}
	client := &scimclient.Client{BaseURL: base, Token: token, Timeout: c.Timeout}
	if c.Trace {
		client.Tap = a.err
	}
	return client, nil
}

func checkBaseURL(base string) error {
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return misuse(fmt.Errorf("%q is not a base URL", scimclient.ShownURL(base)), "give it whole, such as https://scim.example.com/scim/v2")
	}
	return nil
}

func orURL(url, otherwise string) string {
	if url == "" {
		return otherwise
	}
	return url
}

// askFirst asks before anything is written to a server that may be somebody's.
func askFirst(a *app, base string, users int, what string) error {
	if users <= 0 {
		return nil
	}
	base = scimclient.ShownURL(base)
	holds := fmt.Sprintf("the server at %s holds %d users", base, users)
	if users == 1 {
		holds = fmt.Sprintf("the server at %s holds a user", base)
	}
	if !isTerminal(a.in) {
		return misuse(errors.New(holds), "%s", "the "+what+" makes users and groups of its own and deletes them again; --yes agrees to that")
	}
	_, _ = fmt.Fprintf(a.err, "%s. The %s makes users and groups of its own and deletes them again.\nGo on? [y/N] ", strings.ToUpper(holds[:1])+holds[1:], what)
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return &failure{err: errors.New("nothing was done"), status: exitUsage}
	}
	return nil
}

func (c *checkCmd) report(a *app, r *conformance.Report) error {
	for _, out := range []struct {
		file  string
		write func(io.Writer) error
	}{{c.JUnit, r.WriteJUnit}, {c.HTML, r.WriteHTML}} {
		if err := writeFile(out.file, out.write); err != nil {
			return err
		}
	}
	if err := c.print(a, r); err != nil {
		return err
	}
	if r.Failed() {
		return errReported
	}
	return nil
}

func (c *checkCmd) print(a *app, r *conformance.Report) error {
	if !a.JSON {
		return conformance.Text{Color: paletteFor(a.out) != nil}.Write(a.out, r)
	}
	counts := map[string]int{}
	for _, res := range r.Results {
		counts[string(res.Outcome)]++
	}
	return printJSON(a.out, checkView{Conforms: !r.Failed(), Verdict: r.Verdict(), Counts: counts, Report: r})
}

// writeFile writes a report to a file; no name means none.
func writeFile(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return hint(err, "choose a file that can be written")
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
