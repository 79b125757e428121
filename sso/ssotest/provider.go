package ssotest

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Person is somebody who can sign in.
type Person struct {
	Subject string
	Claims  map[string]any // beyond those of the protocol
}

// Config configures a [Provider]. The zero value is one with a client "usher" that nobody signs in to.
type Config struct {
	// ClientID and ClientSecret are those of the one client. They default to "usher" and "secret of usher".
	ClientID, ClientSecret string
	// People can sign in. With one of them there, or after [Provider.SignIn], no page asks who it is.
	People []Person
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Twist changes the answers of a provider. What is nil stays honest.
type Twist struct {
	Discovery func(map[string]any)    // the discovery document
	Keys      func() []map[string]any // the keys in the place of its own
	Callback  func(url.Values)        // what the browser brings back
	IDToken   func(*Token)            // before it is signed
	Exchange  func(map[string]any)    // the answer of the token endpoint
	UserInfo  func(map[string]any)
	// Serve answers in the place of a path, such as "/keys"; false leaves the request to the provider.
	Serve func(w http.ResponseWriter, r *http.Request) bool
}

// Provider is a running OpenID provider on a loopback port. It is safe for concurrent use.
type Provider struct {
	// Issuer is its URL.
	Issuer                 string
	ClientID, ClientSecret string
	// Calls counts the requests by path.
	Calls Calls

	key    *Key
	now    func() time.Time
	people []Person
	server *http.Server

	mu     sync.Mutex
	person *Person // who signs in without being asked
	twist  Twist
	grants map[string]grant // by code, and by access token
}

// grant is what a code or an access token stands for.
type grant struct {
	person                                  Person
	redirect, nonce, challenge, client, sid string
	auth                                    time.Time
}

// Calls counts requests by path.
type Calls struct{ counts sync.Map }

// Of is how often a path was asked for.
func (c *Calls) Of(path string) int64 {
	n, _ := c.counts.LoadOrStore(path, new(atomic.Int64))
	return n.(*atomic.Int64).Load()
}

func (c *Calls) add(path string) {
	n, _ := c.counts.LoadOrStore(path, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

// Start starts a provider. The caller closes it.
func Start(cfg Config) (*Provider, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Provider{
		Issuer: "http://" + listener.Addr().String(), ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
		key: NewKey("first"), now: cfg.Now, people: cfg.People, grants: map[string]grant{},
	}
	if p.ClientID == "" {
		p.ClientID = "usher"
	}
	if p.ClientSecret == "" {
		p.ClientSecret = "secret of usher"
	}
	if p.now == nil {
		p.now = time.Now
	}
	if len(p.people) == 1 {
		p.person = &p.people[0]
	}
	p.server = &http.Server{Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

// Close stops it.
func (p *Provider) Close() error { return p.server.Close() }

// SignIn lets this person sign in from now on, without being asked.
func (p *Provider) SignIn(person Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = &person
}

// Twist changes its answers from now on. The zero Twist makes it honest again.
func (p *Provider) Twist(t Twist) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.twist = t
}

func (p *Provider) twisted() Twist {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.twist
}

// Rotate makes a new signing key. The old one is forgotten.
func (p *Provider) Rotate(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = NewKey(id)
}

// Key is the one it signs with.
func (p *Provider) Key() *Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key
}

// Sign makes a token of these claims with the current key, ready to be changed.
func (p *Provider) Sign(kind string, claims map[string]any) *Token {
	t := &Token{Header: map[string]any{"typ": kind}, Claims: claims}
	t.Use(p.Key())
	return t
}

// LogoutToken makes a logout token (OpenID Connect Back-Channel Logout §2.4) for a subject, a session, or both.
func (p *Provider) LogoutToken(subject, session string) *Token {
	now := p.now()
	claims := map[string]any{
		"iss": p.Issuer, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if subject != "" {
		claims["sub"] = subject
	}
	if session != "" {
		claims["sid"] = session
	}
	return p.Sign("logout+jwt", claims)
}

// IDToken makes the ID token of a grant.
func (p *Provider) idToken(g grant) *Token {
	now := p.now()
	claims := maps.Clone(g.person.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	maps.Copy(claims, map[string]any{
		"iss": p.Issuer, "sub": g.person.Subject, "aud": g.client, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"auth_time": g.auth.Unix(), "nonce": g.nonce, "sid": g.sid,
	})
	return p.Sign("JWT", claims)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
