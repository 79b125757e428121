package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
)

// samlFlags are what a sign-in by SAML has beside that by OpenID Connect.
type samlFlags struct {
	Metadata         string  `placeholder:"FILE" help:"SAML metadata of the identity provider: a file, an https URL, or - for standard input. Says what becomes different, and asks."`
	SignRequests     *bool   `negatable:"" help:"SAML: sign what is sent to the identity provider."`
	SignedAssertions *bool   `negatable:"" help:"SAML: want assertions signed themselves, whether the response around them is or not."`
	Unsolicited      *bool   `negatable:"" help:"SAML: people may start at the identity provider."`
	VerifiedEmails   *bool   `negatable:"" help:"SAML: the identity provider lets nobody write their own e-mail address."`
	CBC              *bool   `name:"aes-cbc" negatable:"" help:"SAML: take assertions encrypted by AES-CBC, in signed responses alone."`
	EmailAttribute   *string `placeholder:"NAME" help:"SAML: the attribute with the e-mail address."`
	NameAttribute    *string `placeholder:"NAME" help:"SAML: the attribute with the name to show."`
	NewKeys          bool    `xor:"keys" help:"SAML: make keys of our own, or the next ones beside those in use. Usher's metadata shows both."`
	SwitchKeys       bool    `xor:"keys" help:"SAML: use the next keys, and forget the others. The identity provider has to know them."`
}

// apply changes what the flags name.
func (c *samlFlags) apply(s *directory.SignIn) {
	if s.SAML == nil {
		return
	}
	rules := *s.SAML
	give(&rules.SignRequests, c.SignRequests)
	give(&rules.SignedAssertions, c.SignedAssertions)
	give(&rules.Unsolicited, c.Unsolicited)
	give(&rules.VerifiedEmails, c.VerifiedEmails)
	give(&rules.CBC, c.CBC)
	give(&rules.EmailAttribute, c.EmailAttribute)
	give(&rules.NameAttribute, c.NameAttribute)
	s.SAML = &rules
}

// take brings in the metadata. What it changes decides whom Usher believes, so that somebody has to say yes.
func (c *samlFlags) take(a *app, to *directory.ConnectionSettings, yes consent) error {
	if c.Metadata == "" {
		return nil
	}
	text, err := a.readMetadata(c.Metadata)
	if err != nil {
		return err
	}
	newer, err := saml.ReadMetadata(text, a.now())
	if err != nil {
		return hint(fmt.Errorf("the metadata cannot be used: %w", err), "usher check-sso says what stands in it")
	}
	if to.SignIn != nil && to.SignIn.Protocol != directory.ProtocolSAML {
		return hint(errors.New("people sign in by OpenID Connect here"), "take that away first: usher connection sign-in NAME --remove")
	}
	before, err := saml.ProviderOf(to.SignIn)
	if err != nil {
		return err
	}
	newer.WantsSignedRequests = newer.WantsSignedRequests || before.WantsSignedRequests // who has chosen that keeps it
	if changes := before.Changes(newer); len(changes) > 0 {
		if err := yes.accept(a, changes); err != nil {
			return err
		}
	}
	rules := directory.SignIn{}
	if to.SignIn != nil {
		rules = *to.SignIn
	}
	newer.Update(&rules)
	to.SignIn = &rules
	return nil
}

// accept shows what becomes different, and wants a yes.
func (c consent) accept(a *app, changes []string) error {
	list := "- " + strings.Join(changes, "\n- ")
	if c.Yes {
		_, _ = fmt.Fprintln(a.err, "The metadata says:\n"+list)
		return nil
	}
	if !isTerminal(a.in) {
		return hint(errors.New("nobody has said yes to what becomes different:\n"+list), "compare the certificates with the identity provider's own page, and add --yes")
	}
	_, _ = fmt.Fprintln(a.err, "The metadata says:\n"+list)
	if !a.saysYes("Are these the identity provider's?", bufio.NewReader(a.in)) {
		return errors.New("nothing was changed")
	}
	return nil
}

// readMetadata reads a file, or asks an address: at public ones alone, as it comes from somebody else.
func (a *app) readMetadata(place string) ([]byte, error) {
	if !strings.Contains(place, "://") {
		return a.readInput(place)
	}
	text, err := saml.FetchMetadata(a.ctx, delivery.NewClient(delivery.ClientConfig{}), place)
	if err != nil {
		return nil, hint(err, "download it, and name the file")
	}
	return text, nil
}

// keys makes or switches the keys; given is false where nothing asks for it. Who is to sign requests needs one.
func (c *samlFlags) keys(a *app, s *directory.SignIn, secret string) (text string, given bool, err error) {
	if s == nil || s.SAML == nil {
		if c.NewKeys || c.SwitchKeys {
			return "", false, hint(errors.New("nobody signs in by SAML here, so there are no keys"), "give --metadata first")
		}
		return "", false, nil
	}
	keys, err := saml.ReadKeys(secret)
	switch {
	case err != nil:
	case c.SwitchKeys:
		keys, err = keys.Switch()
	case c.NewKeys || s.SAML.SignRequests && keys.Signing == nil:
		keys, err = keys.Change(a.now())
	default:
		return "", false, nil
	}
	return keys.Secret(), true, err
}

// certificateView is one of the identity provider's, or of ours.
type certificateView struct {
	Of          string    `json:"of"`
	Fingerprint string    `json:"sha256"`
	Subject     string    `json:"subject"`
	Expires     time.Time `json:"expires"`
	Expired     bool      `json:"expired,omitempty"`
}

func (a *app) certificateView(of string, c *x509.Certificate) certificateView {
	return certificateView{of, saml.Fingerprint(c), c.Subject.String(), c.NotAfter.UTC(), a.now().After(c.NotAfter)}
}

// certificates lists the identity provider's and ours.
func (a *app) certificates(s *directory.SignIn, secret string) ([]certificateView, error) {
	if s == nil || s.SAML == nil {
		return nil, nil
	}
	var all []certificateView
	provider, err := saml.ProviderOf(s)
	if err != nil {
		return nil, err
	}
	for _, c := range provider.Certificates {
		all = append(all, a.certificateView("identity provider", c))
	}
	keys, err := saml.ReadKeys(secret)
	if err != nil {
		return nil, err
	}
	if keys.Signing != nil {
		all = append(all, a.certificateView("Usher, signing", keys.Signing.Certificate))
	}
	if keys.Next != nil {
		all = append(all, a.certificateView("Usher, signing next", keys.Next.Certificate))
	}
	for _, key := range keys.Decryption {
		all = append(all, a.certificateView("Usher, encryption", key.Certificate))
	}
	return all, nil
}

// briefSignIn has fingerprints in the place of certificates, which nobody reads.
func briefSignIn(s *directory.SignIn) *directory.SignIn {
	if s == nil || s.SAML == nil {
		return s
	}
	short, rules := *s, *s.SAML
	rules.Certificates = nil
	for _, text := range s.SAML.Certificates {
		if block, _ := pem.Decode([]byte(text)); block != nil {
			if c, err := x509.ParseCertificate(block.Bytes); err == nil {
				rules.Certificates = append(rules.Certificates, saml.Fingerprint(c)[:16]+"…")
			}
		}
	}
	short.SAML = &rules
	return &short
}
