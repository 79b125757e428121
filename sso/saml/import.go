package saml

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

const fetchTimeout = 10 * time.Second

// FetchMetadata gets an identity provider's metadata. The transport sees to which addresses may be called.
func FetchMetadata(ctx context.Context, transport http.RoundTripper, address string) ([]byte, error) {
	if err := sso.CheckURL(address); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, int64(metadataLimits.text)+1))
	if err != nil {
		return nil, fmt.Errorf("the answer of %s broke off: %w", address, err)
	}
	return text, nil // one that is too large is refused as it is read
}

// ProviderOf is the identity provider as a connection's rules know it; the zero value where they know none.
func ProviderOf(s *directory.SignIn) (IdentityProvider, error) {
	if s == nil || s.SAML == nil {
		return IdentityProvider{}, nil
	}
	p := IdentityProvider{
		EntityID: s.Issuer, SSO: s.SAML.SSO, Logout: s.SAML.Logout, LogoutAnswer: s.SAML.LogoutAnswer, WantsSignedRequests: s.SAML.SignRequests,
	}
	if p.LogoutAnswer == "" {
		p.LogoutAnswer = p.Logout
	}
	var err error
	p.Certificates, err = ParseCertificates(s.SAML.Certificates)
	return p, err
}

// Update has rules say what the metadata says. What people have chosen stays, signed requests too.
func (p IdentityProvider) Update(s *directory.SignIn) {
	said, rules := p.Rules(), directory.SAML{}
	if s.SAML != nil {
		rules = *s.SAML
	}
	rules.SSO, rules.Logout, rules.LogoutAnswer, rules.Certificates = said.SSO, said.Logout, said.LogoutAnswer, said.Certificates
	rules.SignRequests = rules.SignRequests || said.SignRequests
	s.Protocol, s.Issuer, s.SAML = directory.ProtocolSAML, p.EntityID, &rules
}
