package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

type connectionSignInCmd struct {
	namedConnection
	Issuer         *string   `placeholder:"URL" help:"Issuer of the identity provider, whose /.well-known/openid-configuration is read."`
	ClientID       *string   `name:"client-id" placeholder:"ID" help:"Client id that the identity provider has given."`
	SecretFile     string    `placeholder:"FILE" help:"File of the client secret that the identity provider has given; - reads standard input. It is sealed and never shown."`
	Scope          *[]string `placeholder:"SCOPE,…" help:"Scopes to ask for. Defaults to openid, profile and email."`
	Algorithm      *[]string `placeholder:"NAME,…" help:"How ID tokens may be signed. Defaults to RS256."`
	PrincipalClaim *string   `placeholder:"CLAIM" help:"Claim that SCIM sends as well. Defaults to sub; for Entra it is oid."`
	RoleClaim      *string   `placeholder:"CLAIM" help:"Claim that holds the role. Defaults to role."`
	Tenant         *[]string `placeholder:"ID,…" help:"Entra tenants (tid) or Google domains (hd) whose people may come in."`
	UnknownRole    *string   `enum:"default,refuse" placeholder:"WHAT" help:"What to do with somebody new whose role is not known: default (give the default role) or refuse."`
	UpdateRole     *bool     `negatable:"" help:"The stored role follows each login. Without it the asserted role holds for that session alone."`
	Ephemeral      *bool     `negatable:"" help:"Remove whom a login has made when the last session ends, or after a day."`
	Linking        *bool     `negatable:"" help:"A verified e-mail address in a proved domain finds who is there already."`
	FactorMethod   *[]string `placeholder:"AMR,…" help:"What in amr counts as a second factor. Defaults to mfa, otp, hwk, swk and fido."`
	FactorContext  *[]string `placeholder:"ACR,…" help:"What in acr counts as a second factor."`
	LogoutRedirect *bool     `negatable:"" help:"A logout goes on to the identity provider's own."`
	samlFlags
	Enable  bool `xor:"state" help:"Let people sign in again."`
	Disable bool `xor:"state" help:"Keep the settings, let nobody in, and sign out who came in by it."`
	Remove  bool `xor:"state" help:"Take sign-in away, with the secret."`
	consent
}

// Help implements explainer.
func (c *connectionSignInCmd) Help() string {
	return "Without flags it shows what to paste into the identity provider. docs/idps has the clicks."
}

// Run changes what the flags name, and shows the addresses.
func (c *connectionSignInCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, k directory.Connection) error {
		if !c.changes() {
			return a.printSignIn(f, w, k, "Sign-in by connection "+k.Name)
		}
		k, err := c.change(a, f, k)
		if err != nil {
			return err
		}
		return a.printSignIn(f, w, k, "Updated sign-in by connection "+k.Name+".")
	})
}

// changes reports whether any flag asks for a change.
func (c *connectionSignInCmd) changes() bool {
	asked := *c
	asked.namedConnection, asked.consent = namedConnection{}, consent{}
	return !reflect.ValueOf(asked).IsZero()
}

func (c *connectionSignInCmd) change(a *app, f *folder, k directory.Connection) (directory.Connection, error) {
	before := k.Settings.SignIn
	if err := c.take(a, &k.Settings, c.consent); err != nil {
		return k, err
	}
	if c.Remove {
		if err := c.ask(a, "the sign-in by connection "+k.Name); err != nil {
			return k, err
		}
		k.Settings.SignIn = nil
	} else {
		c.applyTo(&k.Settings)
	}
	secret, err := c.secretFor(a, f, k, before)
	if err != nil {
		return k, err
	}
	return f.UpdateConnection(a.ctx, a.actor(), k, directory.ConnectionChange{Settings: &k.Settings, SignInSecret: secret, Version: k.Version})
}

// secretFor is the secret to be kept, the client's or our keys of SAML; nil: the one that is there.
func (c *connectionSignInCmd) secretFor(a *app, f *folder, k directory.Connection, before *directory.SignIn) (*string, error) {
	if c.Remove {
		return new(""), nil
	}
	if text, given, err := c.secret(a); err != nil || given {
		return &text, err
	}
	known, err := f.SignInSecret(a.ctx, k)
	if err != nil {
		return nil, err
	}
	return c.keys(a, before, k.Settings.SignIn, known)
}

// secret reads the client secret.
func (c *connectionSignInCmd) secret(a *app) (text string, given bool, err error) {
	if c.SecretFile == "" {
		return "", false, nil
	}
	read, err := a.readInput(c.SecretFile)
	if err != nil {
		return "", false, err
	}
	if text = strings.TrimSpace(string(read)); text == "" {
		return "", false, hint(errors.New("the client secret is empty"), "put it into the file, or leave --secret-file out for a client without one")
	}
	return text, true, nil
}

func (c *connectionSignInCmd) applyTo(to *directory.ConnectionSettings) {
	s := directory.SignIn{Protocol: directory.ProtocolOIDC}
	if to.SignIn != nil {
		s = *to.SignIn
	}
	give(&s.Issuer, c.Issuer)
	give(&s.ClientID, c.ClientID)
	give(&s.Scopes, c.Scope)
	give(&s.Algorithms, c.Algorithm)
	give(&s.PrincipalClaim, c.PrincipalClaim)
	give(&s.Tenants, c.Tenant)
	give(&s.UnknownRole, c.UnknownRole)
	give(&s.UpdateRole, c.UpdateRole)
	give(&s.Ephemeral, c.Ephemeral)
	give(&s.Linking, c.Linking)
	give(&s.FactorMethods, c.FactorMethod)
	give(&s.FactorContexts, c.FactorContext)
	give(&s.LogoutRedirect, c.LogoutRedirect)
	give(&to.Mapping.RoleClaim, c.RoleClaim)
	c.samlFlags.apply(&s)
	s.Disabled = c.Disable || s.Disabled && !c.Enable
	to.SignIn = &s
}

// signInView is what both sides of sign-in have to know.
type signInView struct {
	Connection            string            `json:"connection"`
	Settings              *directory.SignIn `json:"settings"`
	HasSecret             bool              `json:"has_secret"`
	RedirectURI           string            `json:"redirect_uri"`
	LoginURI              string            `json:"login_uri"`
	BackchannelLogoutURI  string            `json:"backchannel_logout_uri"`
	PostLogoutRedirectURI string            `json:"post_logout_redirect_uri"`
	EntityID              string            `json:"entity_id"`
	ACSURL                string            `json:"acs_url"`
	SLOURL                string            `json:"slo_url"`
	Certificates          []certificateView `json:"certificates,omitempty"`
}

func (a *app) printSignIn(f *folder, w directory.Workspace, k directory.Connection, title string) error {
	has, err := f.HasSignInSecret(a.ctx, k)
	if err != nil {
		return err
	}
	kept, err := f.SignInSecret(a.ctx, k)
	if err != nil {
		return err
	}
	certificates, err := a.certificates(k.Settings.SignIn, kept)
	if err != nil {
		return err
	}
	urls := usher.SignInURLs(f.publicURL, k.ID)
	v := signInView{
		Connection: k.Name, Settings: k.Settings.SignIn, HasSecret: has, RedirectURI: urls.RedirectURI, LoginURI: urls.LoginURI,
		BackchannelLogoutURI: urls.BackchannelLogoutURI, PostLogoutRedirectURI: urls.PostLogoutRedirectURI,
		EntityID: urls.EntityID, ACSURL: urls.ACSURL, SLOURL: urls.SLOURL, Certificates: certificates,
	}
	state, secret := "not set up: --issuer and --client-id, or --metadata", "none"
	if s := k.Settings.SignIn; s != nil {
		if state = "on"; s.Disabled {
			state = "disabled"
		}
	}
	if has {
		secret = "kept"
	}
	secretName := "client secret"
	if v.Settings.IsSAML() {
		secretName = "keys"
	}
	rows := append([]string{"workspace", w.Key, "state", state}, signInRows(k.Settings.SignIn)...)
	rows = append(rows, secretName, secret, "read-only", readOnlyText(k.Origin))
	return a.print(v, append(texts{newCard(title, rows...)}, v.paste(a)...))
}

// paste is what goes into the identity provider: for both protocols until one of them is set up.
func (v signInView) paste(a *app) texts {
	var t texts
	if !v.Settings.IsSAML() {
		t = append(t, newCard("\nPaste into the identity provider:", "redirect URI", v.RedirectURI, "login URI", v.LoginURI,
			"back-channel logout URI", v.BackchannelLogoutURI, "post-logout redirect URI", v.PostLogoutRedirectURI))
	}
	if v.Settings == nil || v.Settings.IsSAML() {
		t = append(t, newCard("\nPaste into an identity provider of SAML:", "entity ID and metadata URL", v.EntityID, "ACS URL", v.ACSURL,
			"SLO URL", v.SLOURL, "login URL", v.LoginURI))
	}
	if len(v.Certificates) == 0 {
		return t
	}
	list := a.table("", "certificate of", "sha-256", "subject", "expires")
	for _, c := range v.Certificates {
		expires := c.Until.Format(time.DateOnly)
		if c.Expired {
			expires += ", over"
		}
		list.add(usedAs[c.Use], c.Fingerprint, c.Subject, expires)
	}
	return append(t, line(""), list)
}

type connectionMatchCmd struct {
	namedConnection
	Claims string `arg:"" placeholder:"FILE" help:"JSON file with the claims of an ID token; - reads standard input."`
}

type matchView struct {
	Principal string      `json:"principal"`
	Login     matchedView `json:"login"`
	SCIM      matchedView `json:"scim"`
	Same      bool        `json:"same"`
}

type matchedView struct {
	Subject string `json:"subject"`
	By      string `json:"by"`
	Code    string `json:"code"`
	Cause   string `json:"cause"`
}

func newMatchedView(m directory.Match) matchedView {
	return matchedView{m.Subject, m.By, string(m.Code), m.Cause}
}

func (v matchedView) text(nobody string) string {
	switch {
	case v.Code != "":
		return strings.TrimSuffix(fmt.Sprintf("refused, %s: %s", v.Code, v.Cause), ": ")
	case v.Subject == "":
		return nobody
	}
	return v.Subject + ", known by " + v.By
}

// Run says whether SCIM and a login would meet in one person (X12). Nothing is written.
func (c *connectionMatchCmd) Run(a *app) error {
	return c.in(a, func(f *folder, _ directory.Workspace, k directory.Connection) error {
		if k.Settings.SignIn == nil {
			return hint(fmt.Errorf("nobody signs in by connection %s", k.Name), "usher connection sign-in --help")
		}
		text, err := a.readInput(c.Claims)
		if err != nil {
			return err
		}
		identity, err := directory.IdentityOfClaims(*k.Settings.SignIn, text)
		if err != nil {
			return hint(fmt.Errorf("the claims cannot be read: %w", err), "give the claims of an ID token, as one JSON object")
		}
		login, bySCIM, err := f.TestMatch(a.ctx, k, identity)
		if err != nil {
			return err
		}
		v := matchView{identity.Principal, newMatchedView(login), newMatchedView(bySCIM), login.Subject != "" && login.Subject == bySCIM.Subject}
		verdict := "They do not meet."
		if v.Same {
			verdict = "They are one person."
		}
		return a.print(v, newCard(verdict, "principal", v.Principal, "login", v.Login.text("somebody new"), "SCIM", v.SCIM.text("nobody")))
	})
}
