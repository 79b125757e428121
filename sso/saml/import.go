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
		return nil, fmt.Errorf("%s answers %s", address, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, int64(metadataLimits.text)+1))
	if err != nil {
		return nil, fmt.Errorf("the answer of %s broke off: %w", address, err)
	}
	return text, nil // one that is too large is refused as it is read
}

// Import is an identity provider's metadata beside the rules of the connection that it is to change.
type Import struct {
	// Metadata is what it says, with signed requests also where people have chosen these.
	Metadata IdentityProvider

	before IdentityProvider
	rules  directory.SignIn
}

// ErrOtherProtocol is that of a connection that knows nothing of SAML.
var ErrOtherProtocol = errors.New("people sign in by OpenID Connect here")

// NewImport reads metadata for a connection, of which rules is nil when it has none yet. Certificates whose time is over are
// refused where there is no other: nobody could sign in.
func NewImport(rules *directory.SignIn, text []byte, now time.Time) (Import, error) {
	var i Import
	if rules != nil {
		i.rules = *rules
	}
	if rules != nil && rules.Protocol != directory.ProtocolSAML {
		return i, ErrOtherProtocol
	}
	var err error
	if i.before, err = ProviderOf(rules); err != nil {
		return i, err
	}
	if i.Metadata, err = ReadMetadata(text, now); err != nil {
		if refused, ok := errors.AsType[*sso.Refused](err); ok {
			err = refused.Cause
		}
		return i, fmt.Errorf("the metadata cannot be used: %w", err)
	}
	i.Metadata.WantsSignedRequests = i.Metadata.WantsSignedRequests || i.before.WantsSignedRequests
	inTime := func(c *x509.Certificate) bool { return now.Before(c.NotAfter) }
	if takesOld := i.rules.SAML != nil && i.rules.SAML.ExpiredCertificates; !takesOld && !slices.ContainsFunc(i.Metadata.Certificates, inTime) {
		return i, errors.New("the metadata cannot be used: the time of all its certificates is over: get it anew")
	}
	return i, nil
}

// Changes says in plain words what becomes different; nothing: nothing does.
func (i Import) Changes() []string { return i.before.Changes(i.Metadata) }

// NewCertificates are those that the connection does not take yet. Whoever has the key of one can sign in anybody.
func (i Import) NewCertificates() []*x509.Certificate {
	return slices.DeleteFunc(slices.Clone(i.Metadata.Certificates), func(c *x509.Certificate) bool {
		return slices.ContainsFunc(i.before.Certificates, c.Equal)
	})
}

// OtherProvider reports that the metadata is of another identity provider than the connection's, by whose name people are known.
func (i Import) OtherProvider() bool {
	return i.before.EntityID != "" && i.before.EntityID != i.Metadata.EntityID
}

// Rules are those of the connection after it.
func (i Import) Rules() *directory.SignIn {
	rules := i.rules
	i.Metadata.Update(&rules)
	return &rules
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
