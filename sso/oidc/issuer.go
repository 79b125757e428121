package oidc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/usher-scim/usher/sso"
)

const (
	discoveryFor    = time.Hour
	discoveryInNeed = 24 * time.Hour // while the issuer cannot be reached
	maxIssuers      = 4096           // in memory
)

// tenantPlaceholder stands for the tenant in the issuer that Entra announces for all of its tenants.
const tenantPlaceholder = "{tenantid}"

// unreachableError says that the issuer did not answer, or not usefully.
type unreachableError struct{ cause error }

func (u *unreachableError) Error() string { return u.cause.Error() }

func (u *unreachableError) Unwrap() error { return u.cause }

// issuer is what an identity provider says of itself (OpenID Connect Discovery §3), with its keys.
type issuer struct {
	Name        string   `json:"issuer"` // may hold tenantPlaceholder
	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	UserInfoURL string   `json:"userinfo_endpoint"`
	KeysURL     string   `json:"jwks_uri"`
	SignOutURL  string   `json:"end_session_endpoint"`
	ClientAuth  []string `json:"token_endpoint_auth_methods_supported"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	// NamesItself: its answers carry iss (RFC 9207 §3).
	NamesItself bool `json:"authorization_response_iss_parameter_supported"`

	keys    *keySet
	fetched time.Time
}

// issuers remembers what issuers have said.
type issuers struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	known map[string]*entry // by the configured issuer
}

// entry is one issuer's place. Who holds its lock asks the issuer; the others wait, and use what was found.
type entry struct {
	mu      sync.Mutex
	issuer  *issuer
	next    time.Time // before which it is not asked again
	failure error
}

// get returns what the issuer with this URL says of itself: remembered for an hour, for a day while it is out of reach.
func (s *issuers) get(ctx context.Context, name string) (*issuer, error) {
	if err := checkIssuer(name); err != nil {
		return nil, err
	}
	e := s.entry(name)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := s.now()
	if now.Before(e.next) {
		return e.result(now)
	}
	found, err := s.discover(context.WithoutCancel(ctx), name)
	if err != nil {
		e.failure, e.next = &unreachableError{err}, now.Add(failurePause)
		if e.issuer != nil { // nobody waits for it
			e.next = now.Add(keysPause)
		}
		return e.result(now)
	}
	if e.issuer != nil && e.issuer.KeysURL == found.KeysURL {
		found.keys = e.issuer.keys
	}
	found.fetched = now
	e.issuer, e.failure, e.next = found, nil, now.Add(discoveryFor)
	return found, nil
}

func (e *entry) result(now time.Time) (*issuer, error) {
	if e.issuer != nil && now.Sub(e.issuer.fetched) < discoveryInNeed {
		return e.issuer, nil
	}
	return nil, e.failure
}

func (s *issuers) entry(name string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.known[name]; ok {
		return e
	}
	if len(s.known) >= maxIssuers { // any one goes, and is asked again when it is needed
		for some := range maps.Keys(s.known) {
			delete(s.known, some)
			break
		}
	}
	e := &entry{}
	s.known[name] = e
	return e
}

// discover asks the issuer about itself. Where Entra serves many tenants it announces an issuer with a placeholder.
func (s *issuers) discover(ctx context.Context, name string) (*issuer, error) {
	ctx = oidc.ClientContext(ctx, s.client)
	provider, err := oidc.NewProvider(ctx, name)
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &mismatch) && isTemplateOf(mismatch.Discovered, name) {
		provider, err = oidc.NewProvider(oidc.InsecureIssuerURLContext(ctx, mismatch.Discovered), name)
	}
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	found := &issuer{}
	if err := provider.Claims(found); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	for _, address := range []string{found.AuthURL, found.TokenURL, found.KeysURL} {
		if err := sso.CheckURL(address); err != nil {
			return nil, fmt.Errorf("discovery: endpoint %w", err)
		}
	}
	for _, address := range []*string{&found.UserInfoURL, &found.SignOutURL} { // which it need not have
		if sso.CheckURL(*address) != nil {
			*address = ""
		}
	}
	found.keys = &keySet{url: found.KeysURL, client: s.client, now: s.now}
	return found, nil
}

// isTemplateOf tells whether an announced issuer is that of all tenants at the configured one's host.
func isTemplateOf(announced, configured string) bool {
	a, err := url.Parse(strings.Replace(announced, tenantPlaceholder, "tenant", 1))
	b, err2 := url.Parse(configured)
	return err == nil && err2 == nil && strings.Count(announced, tenantPlaceholder) == 1 &&
		a.Scheme == b.Scheme && a.Host == b.Host
}

// manyTenants tells whether its name stands for those of all tenants of a provider.
func (i *issuer) manyTenants() bool { return strings.Contains(i.Name, tenantPlaceholder) }

// google is one issuer for everybody who has an account there.
const google = "https://accounts.google.com"

// anybodys tells whether everybody can get an account at the issuer, so that the connection must say whose come in.
func (i *issuer) anybodys() bool { return i.manyTenants() || i.Name == google }

// tenantClaim is where the issuer says of which tenant somebody is.
func (i *issuer) tenantClaim() string {
	if i.Name == google {
		return "hd" // the hosted domain
	}
	return "tid"
}

// of is the issuer's name in the tokens of a tenant.
func (i *issuer) of(tenant string) string {
	return strings.Replace(i.Name, tenantPlaceholder, tenant, 1)
}

// authStyle is how the client shows its secret. The library would try one way after the other, and a code is good once.
func (i *issuer) authStyle(secret string) oauth2.AuthStyle {
	if secret == "" || len(i.ClientAuth) > 0 && !slices.Contains(i.ClientAuth, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader // the default of OpenID Connect Core §9
}

func checkIssuer(name string) error {
	if err := sso.CheckURL(name); err != nil {
		return fmt.Errorf("issuer %w", err)
	}
	if strings.ContainsAny(name, "?#") {
		return fmt.Errorf("issuer %q: it has a query or a fragment", name)
	}
	return nil
}
