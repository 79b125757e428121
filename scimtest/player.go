package scimtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// player plays one scenario once.
type player struct {
	scenario Scenario
	client   *scimclient.Client
	vars     vars
	made     *ledger

	impatient bool // takes a 429 for an answer
}

// ledger knows what a run has made and not yet deleted.
type ledger struct {
	mu    sync.Mutex // for steps with concurrent requests
	paths []string
}

// errNoAnswer ends a run: the rest would only wait for the same silence.
var errNoAnswer = errors.New("no answer")

func newPlayer(s Scenario, c *scimclient.Client, run string) *player {
	return &player{
		scenario: s,
		client:   withQuery(c, s.query),
		vars: vars{
			"run": run, "RUN": strings.ToUpper(run),
			"guid": randomUUID(), "oid": randomUUID(), "base": scimclient.ReferenceBase(c.BaseURL),
		},
		made: &ledger{},
	}
}

// withQuery returns the client with a query on its base URL, unless it has one.
func withQuery(c *scimclient.Client, query string) *scimclient.Client {
	if query == "" || strings.Contains(c.BaseURL, "?") {
		return c
	}
	return &scimclient.Client{
		BaseURL: c.BaseURL + "?" + query, Token: c.Token, UserAgent: c.UserAgent, Header: c.Header,
		Timeout: c.Timeout, MaxResponse: c.MaxResponse, Tap: c.Tap, HTTP: c.HTTP, TokenSource: c.TokenSource, Now: c.Now,
	}
}

func (p *player) run(ctx context.Context, o Options) *Report {
	r := &Report{Scenario: p.scenario.Name, Title: p.scenario.Title, BaseURL: scimclient.ShownURL(p.client.BaseURL), Started: time.Now()}
	steps := p.scenario.steps()
	gone := false
	for i := range steps {
		row := steps[i].outcome()
		if gone {
			row.Skipped, row.Detail = true, "not played: the server stopped answering"
		} else {
			gone = errors.Is(p.step(ctx, &steps[i], &row), errNoAnswer)
		}
		r.Steps = append(r.Steps, row)
		if o.Progress != nil {
			o.Progress(i+1, len(steps), row)
		}
	}
	if (o.Purge || p.scenario.purge) && !gone {
		p.purge(ctx)
	}
	r.Left, r.Duration = p.made.paths, time.Since(r.Started)
	return r
}

// step plays one step into its row. The error is only for run, which must know that
// the server is gone; all that it says is in the row already.
func (p *player) step(ctx context.Context, st *step, row *Step) error {
	if st.needs != "" && p.vars[st.needs] == "" {
		row.Skipped, row.Detail = true, fmt.Sprintf("not played: the server offers no %s", st.needs)
		return nil
	}
	err := p.vars.extend(st.with)
	if err == nil {
		err = p.stand(ctx, "before", st.before)
	}
	if err == nil {
		err = p.main(ctx, st, row)
	}
	if err == nil {
		err = p.stand(ctx, "afterwards", st.after)
	}
	var reason notPlayed
	switch {
	case err == nil:
		row.Passed = true
	case errors.As(err, &reason):
		row.Skipped, row.Detail = true, err.Error()
	default:
		row.Detail = err.Error()
	}
	return err
}

// main plays what the step's row shows.
func (p *player) main(ctx context.Context, st *step, row *Step) error {
	if st.play != nil {
		shown, err := p.vars.expand(st.send, asURL)
		if err != nil {
			return err
		}
		row.Request = shown
		start := time.Now()
		out := st.play(ctx, p)
		row.Duration, row.Got = time.Since(start), out.got
		if out.skipped != "" {
			return notPlayed(out.skipped)
		}
		return asError(out.misses)
	}
	a, err := p.exchange(ctx, &st.request)
	if err != nil {
		if errors.Is(err, errNoAnswer) {
			row.Got = "no answer"
		}
		return err
	}
	row.Request = a.request.Method + " " + a.request.Path
	row.Status, row.Duration, row.Got = a.Status, a.Duration, a.summary()
	return asError(p.judge(a, &st.request))
}

// stand plays the exchanges around a step; the first miss ends it.
func (p *player) stand(ctx context.Context, when string, rs []request) error {
	for i := range rs {
		a, err := p.exchange(ctx, &rs[i])
		if err != nil {
			return err
		}
		if misses := p.judge(a, &rs[i]); len(misses) > 0 {
			return fmt.Errorf("%s: %s %s: %s", when, a.request.Method, a.request.Path, strings.Join(misses, "; "))
		}
	}
	return nil
}

// exchange sends one request.
func (p *player) exchange(ctx context.Context, r *request) (*answer, error) {
	sent, err := p.literal(r)
	if err != nil {
		return nil, err
	}
	res, err := p.send(ctx, *sent)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	a := newAnswer(p, sent, res)
	p.made.note(a)
	return a, nil
}

// literal fills the variables in and adds the provider's headers.
func (p *player) literal(r *request) (*scimclient.Request, error) {
	method, path, _ := strings.Cut(r.send, " ")
	path, err := p.vars.expand(path, asURL)
	if err != nil {
		return nil, err
	}
	body, err := p.literalBody(r.body)
	if err != nil {
		return nil, err
	}
	header := p.scenario.header(method, body != "")
	for name, values := range r.header {
		header[name] = make([]string, len(values))
		for i, value := range values {
			if header[name][i], err = p.vars.expand(value, asText); err != nil {
				return nil, err
			}
		}
	}
	return &scimclient.Request{Method: method, Path: path, Header: header, Body: []byte(body)}, nil
}

func (p *player) literalBody(name string) (string, error) {
	text, err := p.scenario.body(name)
	if err != nil {
		return "", err
	}
	return p.vars.expand(text, asJSON)
}

// judge returns what is wrong with an answer. After a wrong status the other checks
// would only repeat it.
func (p *player) judge(a *answer, r *request) []string {
	if len(r.want) > 0 && !slices.Contains(r.want, a.Status) {
		miss := fmt.Sprintf("status %d, want %s", a.Status, strings.ReplaceAll(statuses(r.want), "|", " or "))
		if said := a.complaint(); said != "" {
			miss += "; the server says: " + said
		}
		return []string{miss}
	}
	var misses []string
	for _, c := range slices.Concat(p.scenario.always, r.checks) {
		if miss := c.miss(a); miss != "" {
			misses = append(misses, miss)
		}
	}
	return misses
}

func asError(misses []string) error {
	if len(misses) == 0 {
		return nil
	}
	return errors.New(strings.Join(misses, "\n"))
}

// note reads from an answer what was made or deleted.
func (l *ledger) note(a *answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path, _, _ := strings.Cut(a.request.Path, "?")
	switch {
	case a.request.Method == http.MethodPost && a.Status == http.StatusCreated && a.text("id") != "":
		l.paths = append(l.paths, path+"/"+asURL(a.text("id")))
	case a.request.Method == http.MethodDelete && a.Status < 300:
		l.paths = slices.DeleteFunc(l.paths, func(p string) bool { return p == path })
	}
}

// add notes what no answer told.
func (l *ledger) add(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.paths, path) {
		l.paths = append(l.paths, path)
	}
}

// purge deletes what is left, the newest first, so that groups go before most of their members.
func (p *player) purge(ctx context.Context) {
	for _, path := range slices.Backward(slices.Clone(p.made.paths)) {
		if _, err := p.exchange(ctx, &request{send: "DELETE " + path}); err != nil {
			return
		}
	}
}
