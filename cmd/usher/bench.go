package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest/load"
)

type benchCmd struct {
	BaseURL    string        `arg:"" name:"base-url" help:"SCIM base URL of any server, as an admin would paste it."`
	Token      string        `env:"USHER_TOKEN" placeholder:"TOKEN" help:"Bearer token for it."`
	Other      string        `placeholder:"URL" help:"Base URL of another server, measured in turn with the first (A B A B …), so that a ratio can be told."`
	OtherToken string        `env:"USHER_OTHER_TOKEN" placeholder:"TOKEN" help:"Bearer token for that one."`
	Users      []size        `default:"1k" placeholder:"N,…" help:"Sizes of the directory, such as 1k,100k,1m. Defaults to 1k."`
	Workers    []int         `placeholder:"N,…" help:"Numbers of concurrent clients. Defaults to 1,8,32; with --day to 4 for each tenant."`
	Ops        []string      `placeholder:"NAME,…" help:"Operations, of those that are listed above."`
	Rounds     *int          `placeholder:"N" help:"Rounds of each operation; one more warms up. Defaults to 3."`
	Seconds    *float64      `placeholder:"S" help:"Length of one round of one operation. Defaults to 1."`
	Day        bool          `help:"Play Microsoft Entra ID's initial and incremental cycles at a steady rate instead."`
	Tokens     string        `type:"existingfile" placeholder:"FILE" help:"With --day: a tenant for each line, a token or a base URL and a token."`
	Rate       *float64      `placeholder:"N" help:"With --day: requests per second of each tenant; 0 for as many as are answered. Defaults to 25, as Entra asks for."`
	Minutes    *float64      `placeholder:"N" help:"With --day: its length; 0 for the initial cycle alone. Defaults to 5."`
	Yes        bool          `short:"y" help:"Do not ask before writing to a server that holds users."`
	Keep       bool          `help:"Leave the users and groups of the run on the server."`
	NoBulk     bool          `name:"no-bulk" help:"Fill and empty the server one request at a time."`
	Timeout    time.Duration `default:"30s" help:"Longest wait for one answer."`
	Limit      time.Duration `default:"1h" help:"Longest time for the whole run, cleaning up aside."`
}

// size is a number of users.
type size int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *size) UnmarshalText(text []byte) error {
	parsed, err := load.ParseSize(string(text))
	*n = size(parsed)
	return err
}

// Help implements explainer.
func (c *benchCmd) Help() string {
	var b strings.Builder
	b.WriteString("Measures the server from outside, by users and groups of its own, which it deletes at the end. Every answer is " +
		"checked: a wrong one does not count, and ends the run with exit status 1. It wants the server for itself.\n\nOperations:\n\n")
	for _, o := range load.Operations() {
		extra := ""
		if o.Extra {
			extra = " (on demand)"
		}
		fmt.Fprintf(&b, "  %-12s %s%s\n", o.Name, o.About, extra)
	}
	return b.String()
}

// Validate implements validator.
func (c *benchCmd) Validate() error {
	if err := c.checkMode(); err != nil {
		return err
	}
	c.Rounds, c.Seconds = cmp.Or(c.Rounds, new(3)), cmp.Or(c.Seconds, new(1.0))
	c.Rate, c.Minutes = cmp.Or(c.Rate, new(25.0)), cmp.Or(c.Minutes, new(5.0))
	if *c.Rounds < 1 || *c.Rounds > 100 || *c.Seconds <= 0 || *c.Rate < 0 || *c.Minutes < 0 {
		return errors.New("--rounds is 1 to 100, --seconds more than 0, --rate and --minutes no less than 0")
	}
	for _, n := range c.Workers {
		if n < 1 || n > 1000 {
			return fmt.Errorf("--workers %d is not between 1 and 1000", n)
		}
	}
	return load.CheckOperations(c.Ops)
}

// checkMode refuses flags of another kind of run than was asked for.
func (c *benchCmd) checkMode() error {
	switch {
	case !c.Day && (c.Tokens != "" || c.Rate != nil || c.Minutes != nil):
		return errors.New("--tokens, --rate and --minutes are for --day")
	case c.Day && (len(c.Users) > 1 || len(c.Workers) > 1):
		return errors.New("--day takes one size and one number of workers")
	case c.Day && (c.Other != "" || len(c.Ops) > 0 || c.Rounds != nil || c.Seconds != nil):
		return errors.New("--other, --ops, --rounds and --seconds are not for --day")
	case c.Other == "" && isGiven(c.OtherToken, "USHER_OTHER_TOKEN"):
		return errors.New("--other-token is for --other")
	case c.Tokens != "" && isGiven(c.Token, "USHER_TOKEN"):
		return errors.New("--token and --tokens can't be used together")
	}
	return nil
}

// isGiven reports that a token stands on the command line: a variable may hold one that is for other commands.
func isGiven(token, variable string) bool { return token != "" && token != os.Getenv(variable) }

// Run measures, cleans up and prints.
func (c *benchCmd) Run(a *app) error {
	servers, err := c.servers()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks to stop twice does not wait for the cleaning up
	ctx, cancel := context.WithTimeoutCause(ctx, c.Limit, fmt.Errorf("not done after %s: --limit allows more", c.Limit))
	defer cancel()
	for _, s := range servers {
		if err := c.welcome(ctx, a, s); err != nil {
			return benchFailure(err)
		}
	}
	p := newProgress(a.err)
	run := c.measure
	if c.Day {
		run = c.day
	}
	err = run(ctx, a, p, servers)
	return benchFailure(errors.Join(err, c.clean(a, p, servers)))
}

// servers are those of the command line: the tenants of a day, or the server and the other one.
func (c *benchCmd) servers() ([]*load.Server, error) {
	configs := []load.Config{{Name: "server", BaseURL: c.BaseURL, Token: c.Token}}
	if c.Other != "" {
		configs = append(configs, load.Config{Name: "other", BaseURL: c.Other, Token: c.OtherToken})
	}
	if c.Tokens != "" {
		var err error
		if configs, err = readTenants(c.Tokens, c.BaseURL); err != nil {
			return nil, misuse(err, "usher bench --help")
		}
	}
	servers := make([]*load.Server, len(configs))
	for i, config := range configs {
		if err := checkBaseURL(config.BaseURL); err != nil {
			return nil, err
		}
		config.NoBulk, config.Timeout = c.NoBulk, c.Timeout
		s, err := load.NewServer(config)
		if err != nil {
			return nil, err
		}
		servers[i] = s
	}
	return servers, nil
}

// welcome looks whether there is a server, and asks before anything is written to one that holds users.
func (c *benchCmd) welcome(ctx context.Context, a *app, s *load.Server) error {
	if err := s.Discover(ctx); err != nil || c.Yes {
		return err
	}
	return askFirst(a, s.BaseURL, s.Held(), "measurement")
}

func (c *benchCmd) measure(ctx context.Context, a *app, p *progress, servers []*load.Server) error {
	plan := load.Plan{
		Users: make([]int, len(c.Users)), Workers: c.Workers, Operations: c.Ops, Rounds: *c.Rounds,
		Slice: time.Duration(*c.Seconds * float64(time.Second)), Progress: p.step,
	}
	for i, n := range c.Users {
		plan.Users[i] = int(n)
	}
	if len(plan.Workers) == 0 {
		plan.Workers = []int{1, 8, 32}
	}
	report, err := plan.Run(ctx, servers...)
	p.clear()
	if err != nil && len(report.Results) == 0 {
		return err
	}
	return errors.Join(c.print(a, report), err)
}

// clean deletes what the run has made, also when it was interrupted.
func (c *benchCmd) clean(a *app, p *progress, servers []*load.Server) error {
	if c.Keep {
		return c.kept(a, servers)
	}
	const longest = 15 * time.Minute
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), longest)
	defer cancel()
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Clean(ctx, p.step))
	}
	p.clear()
	return errors.Join(errs...)
}

func (c *benchCmd) kept(a *app, servers []*load.Server) error {
	for _, s := range servers {
		users, groups := s.Made()
		if _, err := fmt.Fprintf(a.err, "left on %s: %d users and %d groups, whose names begin with %q\n", scimclient.ShownURL(s.BaseURL), users, groups, s.Prefix()); err != nil {
			return err
		}
	}
	return nil
}

// benchFailure adds what to do about an error.
func benchFailure(err error) error {
	if wrong, ok := errors.AsType[*load.Error](err); ok {
		return hint(err, "%s", wrong.Hint())
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	return err
}
