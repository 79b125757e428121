package oidc

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/usher-scim/usher/sso"
)

// Config configures a [Provider].
type Config struct {
	// Transport makes all calls to issuers, whose addresses strangers have configured. Required.
	Transport http.RoundTripper
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Provider signs people in by OpenID Connect. It is safe for concurrent use.
type Provider struct {
	client  *http.Client
	issuers issuers
	now     func() time.Time
}

var _ sso.Provider = (*Provider)(nil)

// New returns a Provider.
func New(cfg Config) *Provider {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	client := newClient(cfg.Transport)
	return &Provider{
		client: client, now: cfg.Now,
		issuers: issuers{client: client, now: cfg.Now, known: map[string]*entry{}},
	}
}

// Check implements [sso.Provider].
func (p *Provider) Check(ctx context.Context, party sso.Party) error {
	_, err := p.issuer(ctx, party)
	return err
}

// issuer finds the issuer of a connection, whose rules must suffice to verify a token: nothing is verified by half.
func (p *Provider) issuer(ctx context.Context, party sso.Party) (*issuer, error) {
	rules := party.SignIn()
	if rules.Issuer == "" || rules.ClientID == "" {
		return nil, sso.Refuse(sso.CodeUnconfigured, "the connection has no issuer, or no client id")
	}
	for _, name := range rules.Algorithms {
		if !slices.Contains(asymmetric, jose.SignatureAlgorithm(name)) {
			return nil, sso.Refuse(sso.CodeUnconfigured, "the algorithm %q proves nothing: choose one of %v", name, asymmetric)
		}
	}
	if err := checkIssuer(rules.Issuer); err != nil {
		return nil, &sso.Refused{Code: sso.CodeUnconfigured, Cause: err}
	}
	found, err := p.issuers.get(ctx, rules.Issuer)
	if err != nil {
		return nil, &sso.Refused{Code: sso.CodeUnreachable, Cause: err}
	}
	if found.anybodys() && len(rules.Tenants) == 0 {
		return nil, sso.Refuse(sso.CodeUnconfigured, "the issuer serves many tenants: name those whose people may come in")
	}
	return found, nil
}

// defaultScopes are asked for unless the connection says otherwise.
var defaultScopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}

func (p *Provider) requester(party sso.Party, i *issuer) *oauth2.Config {
	rules := party.SignIn()
	scopes := rules.Scopes
	if len(scopes) == 0 {
		scopes = defaultScopes
	}
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return &oauth2.Config{
		ClientID: rules.ClientID, ClientSecret: party.Secret, RedirectURL: party.Callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: i.AuthURL, TokenURL: i.TokenURL, AuthStyle: i.authStyle(party.Secret)},
	}
}

func (p *Provider) verification(party sso.Party, i *issuer) *verification {
	rules := party.SignIn()
	return &verification{issuer: i, client: rules.ClientID, algorithms: rules.Algorithms, tenants: rules.Tenants, now: p.now}
}
