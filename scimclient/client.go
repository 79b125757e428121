package scimclient

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	defaultTimeout     = 60 * time.Second // Okta closes its socket then (T-018).
	defaultMaxResponse = 16 << 20
	defaultUserAgent   = "Usher"
)

// ErrTooLarge says that an answer was longer than Client.MaxResponse.
var ErrTooLarge = errors.New("answer too large")

// Client speaks to one SCIM service provider. Only BaseURL is required. Its fields
// may be changed until the first call; all methods are safe for concurrent use.
type Client struct {
	// BaseURL is the SCIM base URL, such as "https://app.example.com/scim/v2". It
	// may carry a query, as Entra's tenant URLs do ("…/v2?aadOptscim062020"), which
	// then ends the query of every request (T-015).
	BaseURL string

	// Token is sent as "Authorization: Bearer <Token>", unless the request or
	// Header sets Authorization itself. Defaults to none.
	Token string

	// TokenSource, when set, is asked for the token of every request in place of
	// Token: [ClientCredentials.Token], or a function of your own. It must be safe
	// for concurrent use. rejected is empty, or the token that the server has just
	// refused with 401: the source then gets a new one, and the request is sent
	// once more.
	TokenSource func(ctx context.Context, rejected string) (string, error)

	// Retry says when a typed call is sent again. The zero value never does. Do
	// sends once, whatever it says.
	Retry Retry

	// UserAgent defaults to "Usher".
	UserAgent string

	// Header is added to every request; a header of the request replaces it.
	Header http.Header

	// Timeout bounds one exchange, body included. Defaults to 60 s.
	Timeout time.Duration

	// MaxResponse bounds the answer's body in bytes, after decompression.
	// Defaults to 16 MiB.
	MaxResponse int64

	// Tap, when set, gets every exchange in readable form, secrets masked. One
	// exchange is one Write; writes do not overlap. A Tap that fails is ignored.
	Tap io.Writer

	// HTTP sends the requests. Its redirect policy is not used: a redirect is
	// returned as the answer. Defaults to a client that adds no headers of its own.
	HTTP *http.Client

	// Now is the clock by which retries and Retry-After are reckoned. Defaults to
	// time.Now.
	Now func() time.Time

	tapMu sync.Mutex
}

// Request is one request, sent exactly as written.
type Request struct {
	Method string
	// Path is appended to the base URL as it is, query included:
	// "/Users?filter=userName%20eq%20%22jane%22".
	Path string
	// Header replaces the client's headers of the same name; a header without
	// values is not sent at all.
	Header http.Header
	Body   []byte
}

// Response is one answer, read to its end.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte        // decompressed
	Duration time.Duration // from the first byte sent to the last byte read
}

// defaultHTTP adds nothing to a request (no transparent gzip) and keeps enough
// idle connections for the parallel scenarios.
var defaultHTTP = sync.OnceValue(func() *http.Client {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return &http.Client{}
	}
	transport = transport.Clone()
	transport.DisableCompression = true
	transport.MaxIdleConnsPerHost = 64
	return &http.Client{Transport: transport}
})

// Do sends a request and reads the whole answer. Every status is an answer; an
// error means that there was none, or that it was longer than MaxResponse
// (ErrTooLarge).
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	token, err := c.token(ctx, r, "")
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, r, token)
}

// errNotSent marks what failed before anything was sent: sending it again cannot
// help.
var errNotSent = errors.New("not sent")

// token is the bearer token for a request, asked for only where it is used.
func (c *Client) token(ctx context.Context, r Request, rejected string) (string, error) {
	if c.TokenSource == nil || setsAuthorization(c.Header) || setsAuthorization(r.Header) {
		return c.Token, nil
	}
	token, err := c.TokenSource(ctx, rejected)
	if err != nil {
		return "", fmt.Errorf("scimclient: %s %s: %w: token: %w", r.Method, r.Path, errNotSent, err)
	}
	return token, nil
}

func setsAuthorization(h http.Header) bool {
	_, ok := h["Authorization"]
	return ok
}

// exchange is one request and its answer.
func (c *Client) exchange(ctx context.Context, r Request, token string) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, defaultTimeout))
	defer cancel()
	req, err := c.newRequest(ctx, r, token)
	if err != nil {
		return nil, fmt.Errorf("scimclient: %s %s: %w: %w", r.Method, r.Path, errNotSent, err)
	}
	res, err := c.roundTrip(req)
	if c.Tap != nil {
		c.tap(req, token, r.Body, res, err)
	}
	if err != nil {
		return nil, fmt.Errorf("scimclient: %s %s: %w", r.Method, r.Path, err)
	}
	return res, nil
}

func (c *Client) newRequest(ctx context.Context, r Request, token string) (*http.Request, error) {
	u, err := target(c.BaseURL, r.Path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "", bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.URL, req.Host = u, u.Host
	if len(r.Body) == 0 {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	req.Header = c.header(r, token)
	return req, nil
}

// header merges the client's headers with those of the request, which win.
func (c *Client) header(r Request, token string) http.Header {
	h := http.Header{"User-Agent": {cmp.Or(c.UserAgent, defaultUserAgent)}}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	maps.Copy(h, c.Header)
	maps.Copy(h, r.Header)
	return h
}

func (c *Client) roundTrip(req *http.Request) (*Response, error) {
	sender := defaultHTTP()
	if c.HTTP != nil {
		sender = c.HTTP
	}
	literal := *sender
	literal.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	start := time.Now()
	res, err := literal.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // it writes URLs like those of target without their host
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := readBody(res, cmp.Or(c.MaxResponse, defaultMaxResponse))
	if err != nil {
		return nil, err
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: body, Duration: time.Since(start)}, nil
}
