package load

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// Config names a server. Only BaseURL is required.
type Config struct {
	// Name is what reports call it. Defaults to the base URL.
	Name string
	// BaseURL may carry a query, as Entra's tenant URLs do; it then ends the query of every request.
	BaseURL string
	Token   string
	// NoBulk seeds and cleans one request at a time, also where the server announces bulk requests.
	NoBulk bool
	// Timeout is the longest wait for one answer. Defaults to 30 s.
	Timeout time.Duration
	// Transport sends the requests. Defaults to one with as many idle connections as there are workers.
	Transport http.RoundTripper

	// Constant is for a yardstick: the answers do not depend on the requests, so that only their shape is checked.
	Constant bool
	// Except names operations that the server takes no part in.
	Except []string
}

// Server is one SCIM service provider under load, and what the driver has put into it.
type Server struct {
	Config
	base, query string
	client      *http.Client
	prefix      string // of the names of all users and groups of this run
	begun       time.Time
	answered    atomic.Int64
	waits       atomic.Int64 // how often the server asked to be spared

	known  bool // discover has asked
	bulk   int  // operations that one bulk request may have; 0: none
	held   int  // users that were there before
	page   int  // users that the server puts on a page when it is asked for pageSize
	next   atomic.Int64
	mu     sync.Mutex
	users  []user
	blocks []int          // how many users there are of each hundred of numbers
	groups map[int]*group // of the closed loop, by the size that they began with
	made   []string       // ids of all groups
}

// user is what the driver knows of a user that it made.
type user struct {
	id     string
	number int
	active bool
}

// group is a group of the closed loop.
type group struct {
	id   string
	next atomic.Int64 // index of the next user to be added
}

// NewServer prepares for a server. Nothing is sent yet.
func NewServer(c Config) (*Server, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not a base URL", scimclient.ShownURL(c.BaseURL))
	}
	c.Name = cmp.Or(c.Name, scimclient.ShownURL(c.BaseURL))
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 256, DisableCompression: true,
			ResponseHeaderTimeout: c.Timeout,
		}
	}
	s := &Server{
		Config: c, query: u.RawQuery, prefix: strings.ToLower(rand.Text()[:4]) + ".", page: pageSize,
		groups: map[int]*group{}, begun: time.Now(),
		// A redirect is an answer: the token goes to nobody else.
		client: &http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	u.RawQuery, u.Fragment = "", ""
	s.base = strings.TrimSuffix(u.String(), "/")
	return s, nil
}

// Prefix begins the names of all users and groups that the driver makes on this server.
func (s *Server) Prefix() string { return s.prefix }

// call is one request and what its answer must be.
type call struct {
	method, path string
	body         []byte
	check        func(a answer) error
}

// answer is what came back. Its body is good until the worker's next call.
type answer struct {
	status     int
	body       []byte
	retryAfter string
}

// longestAnswer bounds the memory that an answer can take: a group of 100,000 members is below it.
const longestAnswer = 64 << 20

// send makes the exchange and looks at nothing. buffer is the worker's own, for the answer.
func (s *Server) send(ctx context.Context, c call, buffer *bytes.Buffer) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, s.urlOf(c.path), bytes.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Accept", "application/scim+json")
	if c.body != nil {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	response, err := s.client.Do(r)
	if err != nil {
		return answer{}, unwrapped(err)
	}
	defer response.Body.Close()
	buffer.Reset()
	_, err = io.Copy(buffer, io.LimitReader(response.Body, longestAnswer))
	return answer{response.StatusCode, buffer.Bytes(), response.Header.Get("Retry-After")}, err
}

// unwrapped leaves the URL out of an error: the caller names it.
func unwrapped(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

func (s *Server) urlOf(path string) string {
	switch {
	case s.query == "":
		return s.base + path
	case strings.Contains(path, "?"):
		return s.base + path + "&" + s.query
	}
	return s.base + path + "?" + s.query
}

// do makes the exchange and checks the answer.
func (s *Server) do(ctx context.Context, operation string, c call, buffer *bytes.Buffer) error {
	a, err := s.send(ctx, c, buffer)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // the run was ended: no fault of the server
	}
	if err != nil {
		return s.failed(operation, c, answer{}, err)
	}
	if err := c.check(a); err != nil {
		return s.failed(operation, c, a, err)
	}
	s.answered.Add(1)
	return nil
}

func userPath(id string) string  { return "/Users/" + url.PathEscape(id) }
func groupPath(id string) string { return "/Groups/" + url.PathEscape(id) }

func (s *Server) add(u user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, u)
	for len(s.blocks) <= u.number/blockSize {
		s.blocks = append(s.blocks, 0)
	}
	s.blocks[u.number/blockSize]++
}

// blockSize is how many users differ in the last two digits of their names alone.
const blockSize = 100

// noteGroup remembers a group, so that it will be deleted.
func (s *Server) noteGroup(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, id)
}

// total is how many users a list of all must tell.
func (s *Server) total() int { return s.held + len(s.users) }
