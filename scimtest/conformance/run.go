package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// Options are the choices for one run; the zero value is useful.
type Options struct {
	// Run is the text that makes the names of this run's resources unlike those of any other. Defaults to random
	// letters and digits.
	Run string
	// Keep leaves the resources of the run where they are.
	Keep bool
	// Only names rules and areas ("R-072", "filters"); nothing else is checked. Defaults to everything.
	Only []string
	// Second is a credential of another tenant (R-175, C-12). Defaults to none.
	Second *scimclient.Client
	// MaxRequests bounds the run. Defaults to 3,000.
	MaxRequests int
	// Timeout bounds one request. Defaults to 30 s.
	Timeout time.Duration
	// Limit bounds the whole run, without the cleaning up. Defaults to 15 minutes.
	Limit time.Duration
	// Progress is called after each rule.
	Progress func(done, total int, r Result)

	tick time.Duration // after which a change would show in lastModified, whatever its precision
}

func (o Options) withDefaults() Options {
	o.Run = cmp.Or(o.Run, randomName())
	o.MaxRequests = cmp.Or(o.MaxRequests, 3000)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Limit = cmp.Or(o.Limit, 15*time.Minute)
	o.tick = cmp.Or(o.tick, 1100*time.Millisecond)
	return o
}

// Run tests the server that c points at. Whatever the server does is in the report; the only errors are choices that
// mean nothing, such as an unknown rule in Options.Only.
func Run(ctx context.Context, c *scimclient.Client, o Options) (*Report, error) {
	chosen, err := choose(o.Only)
	if err != nil {
		return nil, err
	}
	s := newSession(ctx, c, o.withDefaults())
	report := &Report{BaseURL: scimclient.ShownURL(c.BaseURL), Started: time.Now()}
	s.prepare()
	for i, ch := range chosen {
		res := s.judge(ch)
		s.results[ch.id] = res
		if o.Progress != nil {
			o.Progress(i+1, len(chosen), res)
		}
	}
	report.Left = s.cleanUp()
	report.Results = inOrder(chosen, s.results)
	report.Announced = s.provider.announced()
	report.Stopped = s.stopped
	report.Requests = s.requests
	report.Duration = time.Since(report.Started)
	return report, nil
}

// choose returns the checks that only names, in the order in which they are made.
func choose(only []string) ([]check, error) {
	all := checks()
	if len(only) == 0 {
		return all, nil
	}
	var chosen []check
	for _, name := range only {
		named := func(ch check) bool {
			return strings.EqualFold(ch.id, name) || strings.EqualFold(catalogByID()[ch.id].Area, name)
		}
		if !slices.ContainsFunc(all, named) {
			return nil, fmt.Errorf("%q is neither a rule such as R-072 nor an area: %s", name, strings.Join(areaSlugs(), ", "))
		}
	}
	for _, ch := range all {
		if slices.ContainsFunc(only, func(name string) bool {
			return strings.EqualFold(ch.id, name) || strings.EqualFold(catalogByID()[ch.id].Area, name)
		}) {
			chosen = append(chosen, ch)
		}
	}
	return chosen, nil
}

func areaSlugs() []string {
	slugs := make([]string, len(areas))
	for i, a := range areas {
		slugs[i] = a.Slug
	}
	return slugs
}

func inOrder(chosen []check, byID map[string]Result) []Result {
	results := make([]Result, 0, len(chosen))
	for _, r := range catalog() {
		if res, ok := byID[r.ID]; ok {
			results = append(results, res)
		}
	}
	return results
}

// judge makes one check.
func (s *session) judge(ch check) Result {
	res := Result{Rule: catalogByID()[ch.id]}
	if ch.outside != "" {
		res.Outcome, res.Reason, res.Detail = Unchecked, OutsideOfTesting, ch.outside
		return res
	}
	if skip := s.unfit(ch); skip != nil {
		res.Outcome, res.Reason, res.Detail = Skipped, skip.reason, skip.detail
		return res
	}
	requests, start := s.requests, time.Now()
	s.begin(ch.id)
	ch.do(s)
	res.Requests, res.Duration = s.requests-requests, time.Since(start)
	s.settle(&res)
	return res
}

// unfit says why a check cannot be made, or nil.
func (s *session) unfit(ch check) *skip {
	if s.stopped != "" {
		return &skip{WasStopped, s.stopped}
	}
	for word := range strings.FieldsSeq(ch.needs) {
		if n := needs[word]; !n.met(s) {
			return &skip{cmp.Or(n.reason, NotAnnounced), n.what}
		}
	}
	for id := range strings.FieldsSeq(ch.after) {
		switch before := s.results[id]; {
		case before.Outcome == Skipped:
			return &skip{before.Reason, before.Detail}
		case before.Missed():
			return &skip{FailedFirst, id + " failed first"}
		}
	}
	return nil
}

// settle turns what the check came to into its result.
func (s *session) settle(res *Result) {
	switch e := s.err.(type) {
	case nil:
		res.Outcome = Passed
	case *skip:
		res.Outcome, res.Reason, res.Detail = Skipped, e.reason, e.detail
		if e.reason == OutsideOfTesting {
			res.Outcome = Unchecked
		}
	case *blocked:
		if s.results[e.rule].Outcome == Skipped || s.results[e.rule].Missed() {
			res.Outcome, res.Reason, res.Detail = Skipped, FailedFirst, e.rule+" failed first"
			return
		}
		s.miss(res, e.want+", which the check stands on ("+e.rule+")", e.got, s.trail)
	case *miss:
		trail := e.trail
		if trail == nil {
			trail = s.trail
		}
		s.miss(res, e.want, e.got, trail)
	}
}

func (s *session) miss(res *Result, want, got string, trail []trace) {
	res.Outcome = map[Level]Outcome{Must: Failed, Should: Warned, May: Noted}[res.Level]
	res.Expected, res.Got, res.Exchanges = want, got, exchanges(trail)
}
