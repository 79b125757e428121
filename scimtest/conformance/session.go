package conformance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// session is one run: the client, what the server announced, what was made, and the state of the check at hand.
//
// A check is a straight sequence of requests and expectations. The first one that does not hold ends it: err is set,
// and whatever follows sends nothing and expects nothing.
type session struct {
	ctx      context.Context //nolint:containedctx // a session is one call of Run
	client   *scimclient.Client
	opt      Options
	deadline time.Time

	provider *provider
	results  map[string]Result
	watch    *watch
	made     []string // paths of resources to delete at the end
	groups   []string // groups go first: they may refer to users
	shared   *crowd
	joined   bool // the server was seen to join filters by and

	requests int
	silent   int    // requests in a row without an answer
	named    int    // names handed out
	stopped  string // why nothing more is sent

	rule  string  // of the check at hand
	trail []trace // its last exchanges
	err   error   // *miss, *skip or *blocked
}

// miss is an expectation that did not hold.
type miss struct {
	want, got string
	trail     []trace // nil: the session's
}

func (m *miss) Error() string { return "want " + m.want + ", got " + m.got }

// skip ends a check that cannot be made.
type skip struct {
	reason Reason
	detail string
}

func (k *skip) Error() string { return string(k.reason) + ": " + k.detail }

// blocked ends a check whose ground is missing: what another rule says does not hold.
type blocked struct{ rule, want, got string }

func (b *blocked) Error() string { return b.rule + ": want " + b.want + ", got " + b.got }

const (
	keptExchanges = 4
	mostSilent    = 5 // requests in a row without an answer, until the server counts as gone
)

func newSession(ctx context.Context, c *scimclient.Client, o Options) *session {
	return &session{
		ctx: ctx, opt: o, deadline: time.Now().Add(o.Limit),
		client:   like(c, o.Timeout),
		provider: assumed(), results: map[string]Result{}, watch: newWatch(),
	}
}

// like is a client as c is, with a shorter patience.
func like(c *scimclient.Client, timeout time.Duration) *scimclient.Client {
	return &scimclient.Client{
		BaseURL: c.BaseURL, Token: c.Token, TokenSource: c.TokenSource, UserAgent: c.UserAgent, Header: c.Header,
		Timeout: timeout, MaxResponse: c.MaxResponse, HTTP: c.HTTP, Tap: c.Tap,
	}
}

func (s *session) begin(rule string) {
	s.rule, s.trail, s.err = rule, nil, nil
}

const mediaSCIM = "application/scim+json"

// send sends one request, unless the check has already come to its end. A body is text as it is, or else a value to
// be written as JSON. The answer is never nil.
func (s *session) send(method, path string, body any, header ...string) *answer {
	if s.err != nil {
		return &answer{}
	}
	return s.sendBy(s.client, method, path, body, header...)
}

func (s *session) sendBy(c *scimclient.Client, method, path string, body any, header ...string) *answer {
	if s.err == nil {
		s.err = s.spend()
	}
	if s.err != nil {
		return &answer{}
	}
	req := scimclient.Request{Method: method, Path: path, Header: http.Header{"Accept": {mediaSCIM}}}
	if body != nil {
		req.Body = encode(body)
		req.Header.Set("Content-Type", mediaSCIM)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header[http.CanonicalHeaderKey(header[i])] = values(header[i+1])
	}
	res, err := s.do(s.ctx, c, req)
	s.keep(trace{client: c, request: req, response: res, err: err})
	if err != nil {
		s.err = s.unanswered(method, err)
		return &answer{}
	}
	s.silent = 0
	a := newAnswer(&req, res)
	s.note(a, c.BaseURL == s.client.BaseURL && s.rule != "R-180")
	return a
}

const (
	mostWaits   = 3
	longestWait = 30 * time.Second
)

// do sends the request, and again when the server asks for patience (RFC 6585 §4).
func (s *session) do(ctx context.Context, c *scimclient.Client, req scimclient.Request) (*scimclient.Response, error) {
	for waits := 0; ; waits++ {
		res, err := c.Do(ctx, req)
		if err != nil || res.Status != http.StatusTooManyRequests || waits == mostWaits {
			return res, err
		}
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil {
			seconds = 1
		}
		sleep(ctx, min(time.Duration(seconds)*time.Second, longestWait))
	}
}

// values: an empty text takes the header away.
func values(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func encode(body any) []byte {
	if text, ok := body.(string); ok {
		return []byte(text)
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // bodies are maps and lists of plain values
	}
	return b
}

// spend counts a request, and stops the run at its bounds.
func (s *session) spend() error {
	switch {
	case s.stopped != "":
	case s.ctx.Err() != nil:
		s.stopped = "it was interrupted"
	case time.Now().After(s.deadline):
		s.stopped = fmt.Sprintf("it took longer than %s", s.opt.Limit)
	case s.requests >= s.opt.MaxRequests:
		s.stopped = fmt.Sprintf("it needed more than %d requests", s.opt.MaxRequests)
	}
	if s.stopped != "" {
		return &skip{WasStopped, s.stopped}
	}
	s.requests++
	return nil
}

func (s *session) keep(t trace) {
	if s.trail = append(s.trail, t); len(s.trail) > keptExchanges {
		s.trail = s.trail[1:]
	}
}

// unanswered is a request without an answer. One is a miss of the rule; several in a row end the run.
func (s *session) unanswered(method string, err error) error {
	if s.ctx.Err() != nil {
		s.stopped = "it was interrupted"
		return &skip{WasStopped, s.stopped}
	}
	if s.silent++; s.silent >= mostSilent {
		s.stopped = fmt.Sprintf("%d requests in a row had no answer; the last one: %v", s.silent, unwrapped(err))
	}
	return &miss{want: "an answer to " + method, got: unwrapped(err).Error()}
}

// note remembers what an answer made, and shows it to the rules that watch, unless something in front of the server may
// have given it.
func (s *session) note(a *answer, own bool) {
	if a.status/100 == 2 {
		s.track(a)
	}
	if own && s.provider.owns(a.request.Path) {
		s.watch.see(s, a)
	}
}

// name returns a name that nobody else has, with the tag in it. It has the shape of an e-mail address, which some
// servers want.
func (s *session) name(tag string) string {
	s.named++
	return fmt.Sprintf("%s-%d-%s@example.com", s.prefix(), s.named, tag)
}

// prefix begins every name of the run.
func (s *session) prefix() string { return "check-" + s.opt.Run }

func randomName() string { return strings.ToLower(rand.Text()[:8]) }
