package saml

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
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
		return nil, fmt.Errorf("%s answers %d %s", address, answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, int64(metadataLimits.text)+1))
	if err != nil {
		return nil, fmt.Errorf("the answer of %s broke off: %w", address, err)
	}
	return text, nil // one that is too large is refused as it is read
}

// ErrOtherProtocol is that of a connection that knows nothing of SAML.
var ErrOtherProtocol = errors.New("people sign in by OpenID Connect here")

// ReadImport reads metadata for a connection, of which rules is nil when it has none yet. Certificates whose time is over are
// refused where there is no other: nobody could sign in. What people have chosen stays, signed requests too.
func ReadImport(rules *directory.SignIn, text []byte, now time.Time) (directory.MetadataImport, error) {
	if rules != nil && rules.Protocol != directory.ProtocolSAML {
		return directory.MetadataImport{}, ErrOtherProtocol
	}
	before, err := ProviderOf(rules)
	if err != nil {
		return directory.MetadataImport{}, err
	}
	said, err := ReadMetadata(text, now)
	if err != nil {
		return directory.MetadataImport{}, fmt.Errorf("the metadata cannot be used: %w", causeOf(err))
	}
	said.WantsSignedRequests = said.WantsSignedRequests || before.WantsSignedRequests
	after := said.Update(rules)
	inTime := func(c *x509.Certificate) bool { return now.Before(c.NotAfter) }
	if !after.SAML.ExpiredCertificates && !slices.ContainsFunc(said.Certificates, inTime) {
		return directory.MetadataImport{}, errors.New("the metadata cannot be used: the time of all its certificates is over: get it anew")
	}
	return directory.MetadataImport{
		EntityID: said.EntityID, OtherProvider: before.EntityID != "" && before.EntityID != said.EntityID,
		Certificates: said.Certificates, New: said.certificatesBeside(before), Changes: before.Changes(said), Rules: after,
	}, nil
}

// certificatesBeside are those that another has not.
func (p IdentityProvider) certificatesBeside(other IdentityProvider) []*x509.Certificate {
	return slices.DeleteFunc(slices.Clone(p.Certificates), func(c *x509.Certificate) bool {
		return slices.ContainsFunc(other.Certificates, c.Equal)
	})
}

// ProviderOf is the identity provider as a connection's rules know it; the zero value where they know none.
func ProviderOf(s *directory.SignIn) (IdentityProvider, error) {
	if !s.IsSAML() {
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

// Update returns rules that say what the metadata says; known are those before, or nil.
func (p IdentityProvider) Update(known *directory.SignIn) *directory.SignIn {
	after, said, rules := directory.SignIn{}, p.Rules(), directory.SAML{}
	if known != nil {
		after = *known
	}
	if after.SAML != nil {
		rules = *after.SAML
	}
	rules.SSO, rules.Logout, rules.LogoutAnswer, rules.Certificates = said.SSO, said.Logout, said.LogoutAnswer, said.Certificates
	rules.SignRequests = rules.SignRequests || said.SignRequests
	after.Protocol, after.Issuer, after.SAML = directory.ProtocolSAML, p.EntityID, &rules
	return &after
}
