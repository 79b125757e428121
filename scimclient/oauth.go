package scimclient

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	defaultEarly    = 30 * time.Second
	defaultLifetime = 5 * time.Minute
)

// ClientCredentials gets bearer tokens by OAuth 2.0 client credentials, and keeps each until shortly before it ends.
// TokenURL, ID and Secret are required. Its method Token goes into [Client.TokenSource]:
//
//	credentials := &scimclient.ClientCredentials{TokenURL: "https://idp.example.com/token", ID: id, Secret: secret}
//	c := &scimclient.Client{BaseURL: base, TokenSource: credentials.Token}
//
// See RFC 6749 §4.4.
type ClientCredentials struct {
	TokenURL string
	ID       string
	Secret   string
	Scopes   []string
	// Params are further form fields, such as "resource" or "audience".
	Params url.Values
	// InBody sends ID and Secret as form fields instead of by HTTP Basic, for servers that want that.
	InBody bool
	// Early is how long before its end a token is replaced. Defaults to 30 s, but at most half of its life.
	Early time.Duration
	// HTTP sends the requests. Defaults to that of a zero Client.
	HTTP *http.Client
	// Tap shows the requests, secrets masked. Defaults to none.
	Tap io.Writer
	// Now defaults to time.Now.
	Now func() time.Time

	once    sync.Once
	turn    chan struct{} // holds one place: whoever waits for it can give up, unlike with a mutex
	token   string
	refresh time.Time
}

// Token returns a token that is good for now and not the rejected one.
func (s *ClientCredentials) Token(ctx context.Context, rejected string) (string, error) {
	s.once.Do(func() { s.turn = make(chan struct{}, 1) })
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	if s.token != "" && s.token != rejected && now().Before(s.refresh) {
		return s.token, nil
	}
	token, life, err := s.fetch(ctx)
	if err != nil {
		return "", err
	}
	s.token, s.refresh = token, now().Add(life-min(cmp.Or(s.Early, defaultEarly), life/2))
	return token, nil
}

// fetch asks the token endpoint, and never shows the secret in an error.
func (s *ClientCredentials) fetch(ctx context.Context) (token string, life time.Duration, err error) {
	u, err := url.Parse(s.TokenURL)
	shown := ShownURL(s.TokenURL)
	if err != nil {
		return "", 0, fmt.Errorf("token endpoint %q is not a URL", shown)
	}
	endpoint := &Client{BaseURL: u.Scheme + "://" + u.Host, HTTP: s.HTTP, Tap: s.Tap, MaxResponse: 1 << 20}
	res, err := endpoint.Do(ctx, s.request(u))
	if err != nil {
		return "", 0, fmt.Errorf("token endpoint: %w", err)
	}
	var m struct {
		AccessToken string  `json:"access_token"`
		TokenType   string  `json:"token_type"`
		ExpiresIn   integer `json:"expires_in"`
		Error       string  `json:"error"`
		Description string  `json:"error_description"`
	}
	err = json.Unmarshal(res.Body, &m)
	switch {
	case res.Status != http.StatusOK:
		why := maskText([]byte(strings.TrimSpace(m.Error+" "+m.Description)), s.Secret)
		return "", 0, fmt.Errorf("token endpoint %s answers %d %s", shown, res.Status, cmp.Or(string(why), http.StatusText(res.Status)))
	case err != nil:
		return "", 0, fmt.Errorf("token endpoint %s: %w", shown, err)
	case m.AccessToken == "" || !strings.EqualFold(m.TokenType, "Bearer"):
		return "", 0, fmt.Errorf("token endpoint %s answers without a bearer token (type %q)", shown, m.TokenType)
	}
	const year = 365 * 24 * 3600
	life = time.Duration(min(max(m.ExpiresIn, 0), year)) * time.Second
	return m.AccessToken, cmp.Or(life, defaultLifetime), nil
}

func (s *ClientCredentials) request(u *url.URL) Request {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(s.Scopes) > 0 {
		form.Set("scope", strings.Join(s.Scopes, " "))
	}
	for name, values := range s.Params {
		form[name] = values
	}
	h := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	if s.InBody {
		form.Set("client_id", s.ID)
		form.Set("client_secret", s.Secret)
	} else {
		r := http.Request{Header: h}
		r.SetBasicAuth(url.QueryEscape(s.ID), url.QueryEscape(s.Secret)) // RFC 6749 §2.3.1
	}
	return Request{Method: http.MethodPost, Path: u.RequestURI(), Header: h, Body: []byte(form.Encode())}
}
