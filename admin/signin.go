package admin

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// SignInURLs are what is pasted into the identity provider, for people who sign in by a connection.
type SignInURLs struct {
	RedirectURI           string `json:"redirect_uri" doc:"Where it sends the browser back to."`
	LoginURI              string `json:"login_uri" doc:"Where a login begins, for tiles and bookmarks."`
	BackchannelLogoutURI  string `json:"backchannel_logout_uri" doc:"Where it tells of logouts."`
	PostLogoutRedirectURI string `json:"post_logout_redirect_uri" doc:"Where it sends the browser after a logout."`
	EntityID              string `json:"entity_id" doc:"SAML: what Usher is called, the audience; Usher's metadata is there."`
	ACSURL                string `json:"acs_url" doc:"SAML: where browsers bring responses, the reply URL."`
	SLOURL                string `json:"slo_url" doc:"SAML: where browsers bring logouts."`
}

// SignInSecret is the client secret that the identity provider has given.
type SignInSecret struct {
	Secret string `json:"secret" doc:"It is sealed, and never shown again. Empty: there is none any more."`
}

// MatchInput is a login to be tried.
type MatchInput struct {
	Claims jsontext.Value `json:"claims" doc:"The claims of an ID token, an object: sub, the principal claim, email, tid."`
}

// MatchReport says whether SCIM and a login would meet in one person.
type MatchReport struct {
	Principal string       `json:"principal,omitempty" doc:"What the claims call the person: the principal."`
	Login     MatchedLogin `json:"login" doc:"Whom the login would find."`
	SCIM      MatchedLogin `json:"scim" doc:"Whom SCIM knows by the same principal."`
	Same      bool         `json:"same" doc:"Whether both are the same person."`
}

// MatchedLogin is whom something finds.
type MatchedLogin struct {
	Subject string              `json:"subject,omitempty" doc:"The id of the person; not there: nobody yet."`
	By      string              `json:"by,omitempty" doc:"What the person is known by: link, principal, e-mail, or new."`
	Code    directory.LoginCode `json:"code,omitempty" doc:"Why the login would be refused."`
	Cause   string              `json:"cause,omitempty" doc:"The same in words."`
}

func signInRoutes() []route {
	const one = "/workspaces/{workspace}/connections/{connection}"
	return []route{
		accept(route{
			method: "PUT", pattern: one + "/sign-in-secret", name: "setSignInSecret", summary: "Give the client secret of sign-in",
			doc:   "What the identity provider shows beside the client id. The rules of sign-in are settings.sign_in of the connection.",
			scope: directory.ScopeSecurityWrite, matches: true, example: example{body: `{"secret": "client-secret-of-the-identity-provider"}`},
		}, (*call).setSignInSecret),
		accept(route{
			method: "POST", pattern: one + "/match", name: "testMatch", summary: "Try whether SCIM and a login would meet in one person",
			doc: "Nothing is written.", scope: directory.ScopeSecurityRead,
			example: example{body: `{"claims": {"sub": "00u1ann", "preferred_username": "ann@acme.example", "email": "ann@acme.example"}}`},
		}, (*call).testMatch),
	}
}

func (c *call) setSignInSecret(in SignInSecret) (none, error) {
	k, err := c.connection()
	if err != nil {
		return none{}, err
	}
	_, err = c.Directory.ChangeSignInSecret(c.ctx, c.by, k, func(k directory.Connection, _ string) (string, error) {
		if err := c.match(k.Version); err != nil {
			return "", err
		}
		if k.Settings.SignIn.IsSAML() {
			return "", newProblem(invalid, "Usher's own keys are made by POST …/saml/keys/rotate", "people sign in by SAML at connection %q, which knows no client secret", k.Name)
		}
		return in.Secret, nil
	})
	return none{}, err
}

func (c *call) testMatch(in MatchInput) (MatchReport, error) {
	k, err := c.connection()
	if err != nil {
		return MatchReport{}, err
	}
	if k.Settings.SignIn == nil {
		return MatchReport{}, newProblem(invalid, "set settings.sign_in first", "nobody signs in by connection %q", k.Name)
	}
	identity, err := directory.IdentityOfClaims(*k.Settings.SignIn, in.Claims)
	if err != nil {
		return MatchReport{}, newProblem(invalid, "send the claims of an ID token, as one object", "the claims cannot be read")
	}
	login, bySCIM, err := c.Directory.TestMatch(c.ctx, k, identity)
	if err != nil {
		return MatchReport{}, err
	}
	return MatchReport{
		Principal: identity.Principal, Login: MatchedLogin(login), SCIM: MatchedLogin(bySCIM),
		Same: login.Subject != "" && login.Subject == bySCIM.Subject,
	}, nil
}
