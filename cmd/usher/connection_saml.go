package main

import (
	"bufio"
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
	Metadata            string  `placeholder:"FILE" help:"SAML metadata of the identity provider: a file, an https URL, or - for standard input. Says what becomes different, and asks."`
	SignRequests        *bool   `negatable:"" help:"SAML: sign what is sent to the identity provider."`
	SignedAssertions    *bool   `negatable:"" help:"SAML: want assertions signed themselves, whether the response around them is or not."`
	Unsolicited         *bool   `negatable:"" help:"SAML: people may start at the identity provider."`
	VerifiedEmails      *bool   `negatable:"" help:"SAML: the identity provider lets nobody write their own e-mail address."`
	CBC                 *bool   `name:"aes-cbc" negatable:"" help:"SAML: take assertions encrypted by AES-CBC, in signed responses alone."`
	ExpiredCertificates *bool   `negatable:"" help:"SAML: take certificates of the identity provider out of their time, until it has new ones."`
	SHA1Until           *string `name:"sha1-until" placeholder:"DAY" help:"SAML: take signatures with SHA-1, which can be forged, until a day such as 2026-12-31, at most 366 days ahead. Empty: take none."`
	Skew                *int    `placeholder:"SECONDS" help:"SAML: by how much the identity provider's clock may differ, up to 300. Defaults to 60."`
	EmailAttribute      *string `placeholder:"NAME" help:"SAML: the attribute with the e-mail address."`
	NameAttribute       *string `placeholder:"NAME" help:"SAML: the attribute with the name to show."`
	NewKeys             bool    `xor:"keys" help:"SAML: make keys of our own, or the next ones beside those in use. Usher's metadata shows both."`
	SwitchKeys          bool    `xor:"keys" help:"SAML: use the next keys, and forget the others. The identity provider has to know them."`
}

// apply changes what the flags name.
func (c *samlFlags) apply(s *directory.SignIn) {
	if !s.IsSAML() {
		return
	}
	rules := *s.SAML
	give(&rules.SignRequests, c.SignRequests)
	give(&rules.SignedAssertions, c.SignedAssertions)
	give(&rules.Unsolicited, c.Unsolicited)
	give(&rules.VerifiedEmails, c.VerifiedEmails)
	give(&rules.CBC, c.CBC)
	give(&rules.ExpiredCertificates, c.ExpiredCertificates)
	give(&rules.SHA1Until, c.SHA1Until)
	give(&rules.Skew, c.Skew)
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
	in, err := saml.ReadImport(to.SignIn, text, a.now())
	switch {
	case errors.Is(err, saml.ErrOtherProtocol):
		return hint(err, "make another connection for SAML: usher connection create")
	case err != nil:
		return hint(err, "usher check-sso says what stands in it")
	}
	if len(in.Changes) > 0 {
		if err := yes.accept(a, in.Changes); err != nil {
			return err
		}
	}
	to.SignIn = in.Rules
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

// keys are the next secret; nil: the one that is there stays. before and after are the rules.
func (c *samlFlags) keys(a *app, before, after *directory.SignIn, known string) (*string, error) {
	if !after.IsSAML() {
		if c.NewKeys || c.SwitchKeys {
			return nil, hint(errors.New("nobody signs in by SAML here, so there are no keys"), "give --metadata first")
		}
		return nil, nil
	}
	if !c.NewKeys && !c.SwitchKeys {
		return saml.SecretFor(before, after, known, a.now())
	}
	if !before.IsSAML() {
		known = "" // it is a client secret
	}
	change := saml.NextKeys
	if c.SwitchKeys {
		change = saml.SwitchKeys
	}
	secret, err := change(known, a.now())
	return &secret, err
}

// certificateView is one of the identity provider's, or of ours.
type certificateView struct {
	Use         directory.CertificateUse `json:"use"`
	Fingerprint string                   `json:"sha256"`
	Subject     string                   `json:"subject"`
	From        time.Time                `json:"from"`
	Until       time.Time                `json:"until"`
	Expired     bool                     `json:"expired,omitempty"`
}

// certificates lists the identity provider's and ours.
func (a *app) certificates(s *directory.SignIn, secret string) (views []certificateView, err error) {
	all, err := saml.Certificates(s, secret)
	for _, c := range all {
		views = append(views, certificateView{
			c.Use, directory.Fingerprint(c.Certificate), c.Subject.String(), c.NotBefore.UTC(), c.NotAfter.UTC(), a.now().After(c.NotAfter),
		})
	}
	return views, err
}

// usedAs says what certificates are for.
var usedAs = map[directory.CertificateUse]string{
	directory.UseProvider: "identity provider", directory.UseSigning: "Usher, signing", directory.UseNextSigning: "Usher, signing next",
	directory.UseEncryption: "Usher, encryption", directory.UseNextEncryption: "Usher, encryption next",
}

// signInRows are the settings of a sign-in as a card has them. Certificates stand in a table of their own.
func signInRows(s *directory.SignIn) []string {
	if !s.IsSAML() {
		return []string{"settings", settingsText(s)}
	}
	general, rules := *s, *s.SAML
	general.SAML = nil
	rules.SSO, rules.Logout, rules.LogoutAnswer, rules.Certificates = "", "", "", nil
	return []string{
		"settings", settingsText(general), "people sign in at", s.SAML.SSO, "people sign out at", s.SAML.Logout,
		"answers to logouts", s.SAML.LogoutAnswer, "rules of SAML", settingsText(rules),
	}
}
