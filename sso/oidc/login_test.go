package oidc_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/ssotest"
)

func TestLogin_SaysWhoItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, err := w.login()
	if err != nil {
		t.Fatal(err)
	}
	if who.Issuer != w.idp.Issuer || who.Subject != "ada" || who.Principal != "ada" || who.Email != "ada@example.com" ||
		!who.EmailVerified || who.Name != "Ada" || who.Session == "" || !who.AuthTime.Equal(w.clock.Now()) || who.RolesOmitted {
		t.Errorf("identity %+v", who)
	}
	if role, _ := who.Attributes.Get("role"); role != "Editor" {
		t.Errorf("role %v", role)
	}
}

func TestStart_AsksWithPKCEAndNonceEvenWithASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	redirect, err := w.provider.Start(t.Context(), w.party, w.attempt, sso.Ask{State: state})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(redirect)
	q := u.Query()
	for name, want := range map[string]string{
		"code_challenge_method": "S256", "nonce": w.attempt.Nonce, "state": state, "response_type": "code",
		"scope": "openid profile email", "redirect_uri": w.party.Callback, "client_id": "usher",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if q.Has("client_secret") || q.Get("code_challenge") == w.attempt.Verifier || len(q.Get("code_challenge")) != 43 {
		t.Errorf("request %v", q)
	}
}

func TestLogin_TakesRS256UnlessTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules().Algorithms = nil
	key := ssotest.NewRSAKey("rsa")
	w.idp.Twist(ssotest.Twist{
		IDToken: func(token *ssotest.Token) { token.Use(key) },
		Keys:    func() []map[string]any { return []map[string]any{w.idp.Key().JWK(), key.JWK()} },
	})
	if _, err := w.login(); err != nil {
		t.Error(err)
	}
}

func TestStart_AsksForOpenIDAlways(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules().Scopes = []string{"email", "groups"}
	redirect, err := w.provider.Start(t.Context(), w.party, w.attempt, sso.Ask{State: state})
	u, _ := url.Parse(redirect)
	if err != nil || u.Query().Get("scope") != "openid email groups" {
		t.Errorf("scope %q, %v", u.Query().Get("scope"), err)
	}
}

// The e-mail address of an identity provider is a word for nobody unless it vouches for it, and Entra's never is.
func TestLogin_VouchesForTheAddressOnlyWhenTheProviderDoes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		claims map[string]any
		want   bool
	}{
		"verified":                 {map[string]any{"email": "a@example.com", "email_verified": true}, true},
		"verified, as a text":      {map[string]any{"email": "a@example.com", "email_verified": "true"}, true},
		"not verified":             {map[string]any{"email": "a@example.com", "email_verified": false}, false},
		"not said":                 {map[string]any{"email": "a@example.com"}, false},
		"a number":                 {map[string]any{"email": "a@example.com", "email_verified": 1}, false},
		"Entra, whatever it says":  {map[string]any{"email": "a@example.com", "email_verified": true, "tid": "t1", "oid": "o1"}, false},
		"Entra, with its own word": {map[string]any{"email": "a@example.com", "xms_edov": true, "tid": "t1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.idp.SignIn(ssotest.Person{Subject: "ada", Claims: row.claims})
			who, err := w.login()
			if err != nil || who.EmailVerified != row.want {
				t.Errorf("verified %v, %v", who.EmailVerified, err)
			}
		})
	}
}

func TestLogin_TakesThePrincipalFromTheClaimThatSCIMSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules().PrincipalClaim = "oid"
	w.idp.SignIn(ssotest.Person{Subject: "pairwise", Claims: map[string]any{"oid": "0000-1111", "tid": "t1", "email": "a@example.com"}})
	who, err := w.login()
	if err != nil || who.Principal != "0000-1111" || who.Subject != "pairwise" || who.Tenant != "t1" {
		t.Errorf("identity %+v, %v", who, err)
	}
}

// Entra leaves groups out when there are too many of them. That is no word of a role (J3).
func TestLogin_OverageIsNoWordOfARole(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		claim  string
		claims map[string]any
		want   bool
	}{
		"distributed":             {"groups", map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]any{"endpoint": "https://graph.example/x"}}}, true},
		"implicit flow's":         {"groups", map[string]any{"hasgroups": true}, true},
		"of another claim":        {"role", map[string]any{"hasgroups": true}, true},
		"the role is there":       {"role", map[string]any{"hasgroups": true, "role": "Admin"}, false},
		"no groups at all":        {"groups", nil, false},
		"groups, none of them":    {"groups", map[string]any{"groups": []string{}}, false},
		"nested role is there":    {"realm_access.roles", map[string]any{"hasgroups": true, "realm_access": map[string]any{"roles": []string{"A"}}}, false},
		"hasgroups, but it is no": {"groups", map[string]any{"hasgroups": false}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.party.Connection.Settings.Mapping.RoleClaim = row.claim
			w.idp.SignIn(ssotest.Person{Subject: "ada", Claims: row.claims})
			who, err := w.login()
			if err != nil || who.RolesOmitted != row.want {
				t.Errorf("omitted %v, %v", who.RolesOmitted, err)
			}
		})
	}
}

// Some providers keep ID tokens short. What the token says counts, and what the protocol rests on comes from it alone.
func TestLogin_AsksUserInfoForWhatTheTokenLeavesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{
		IDToken: func(token *ssotest.Token) { delete(token.Claims, "role"); token.Claims["name"] = "Ada of the token" },
		UserInfo: func(info map[string]any) {
			info["sid"], info["amr"], info["acr"], info["oid"] = "of userinfo", []string{"mfa"}, "high", "o"
		},
	})
	who, err := w.login()
	if err != nil {
		t.Fatal(err)
	}
	if role, _ := who.Attributes.Get("role"); role != "Editor" || who.Name != "Ada of the token" {
		t.Errorf("role %v, name %q", role, who.Name)
	}
	if who.Session == "of userinfo" || slices.Contains(who.Methods, "mfa") || who.Context != "" {
		t.Errorf("userinfo has said how the login came about: %+v", who)
	}
}

func TestLogin_AddressComesWithItsOwnWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) {
		delete(token.Claims, "role")
		token.Claims["email"] = "unverified@example.com"
		delete(token.Claims, "email_verified")
	}})
	who, err := w.login()
	if err != nil || who.EmailVerified || who.Email != "unverified@example.com" {
		t.Errorf("%q verified %v, %v", who.Email, who.EmailVerified, err)
	}
}

func TestLogin_MultiTenantIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	template := w.idp.Issuer + "/{tenantid}/v2.0"
	w.rules().Tenants = []string{"t1", "t2"}
	twist := func(tenant, issuer string) ssotest.Twist {
		return ssotest.Twist{
			Discovery: func(d map[string]any) {
				d["issuer"] = template
				delete(d, "authorization_response_iss_parameter_supported")
			},
			Callback: func(v url.Values) { v.Del("iss") },
			IDToken:  func(token *ssotest.Token) { token.Claims["tid"], token.Claims["iss"] = tenant, issuer },
		}
	}
	w.idp.Twist(twist("t2", w.idp.Issuer+"/t2/v2.0"))
	who, err := w.login()
	if err != nil || who.Issuer != w.idp.Issuer+"/t2/v2.0" || who.Tenant != "t2" || who.EmailVerified {
		t.Errorf("identity %+v, %v", who, err)
	}
	w.idp.Twist(twist("t3", w.idp.Issuer+"/t3/v2.0"))
	_, err = w.login()
	w.wantRefused(err, "foreign_tenant")
	w.idp.Twist(twist("t1", w.idp.Issuer+"/t2/v2.0"))
	_, err = w.login()
	w.wantRefused(err, "issuer")
	w.rules().Tenants = nil
	w.idp.Twist(twist("t1", w.idp.Issuer+"/t1/v2.0"))
	_, err = w.login()
	w.wantRefused(err, "unconfigured")
}

// At Google everybody has an account. A connection must say whose come in.
func TestLogin_AtAnIssuerOfEverybody(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		tenants []string
		hosted  any
		want    directory.LoginCode
	}{
		"of the Workspace":     {[]string{"example.com"}, "example.com", ""},
		"of another one":       {[]string{"example.com"}, "evil.example", directory.LoginForeignTenant},
		"a private account":    {[]string{"example.com"}, nil, directory.LoginForeignTenant},
		"whose is not said":    {nil, "example.com", sso.CodeUnconfigured},
		"by Entra's claim":     {[]string{"t1"}, nil, directory.LoginForeignTenant},
		"with both names":      {[]string{"example.com"}, "example.com", ""},
		"a list of Workspaces": {[]string{"example.com"}, []string{"example.com"}, directory.LoginForeignTenant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			const google = "https://accounts.google.com"
			w.provider = oidc.New(oidc.Config{Now: w.clock.Now, Transport: elsewhere{google, w.idp.Issuer}})
			w.rules().Issuer, w.rules().Tenants = google, row.tenants
			w.idp.Twist(ssotest.Twist{
				Discovery: func(d map[string]any) {
					d["issuer"], d["token_endpoint"], d["jwks_uri"] = google, google+"/token", google+"/keys"
					delete(d, "authorization_response_iss_parameter_supported")
				},
				Callback: func(q url.Values) { q.Del("iss") },
				IDToken: func(token *ssotest.Token) {
					token.Claims["iss"], token.Claims["tid"] = google, "t1"
					if name == "with both names" {
						token.Claims["iss"] = "accounts.google.com"
					}
					if row.hosted != nil {
						token.Claims["hd"] = row.hosted
					}
				},
			})
			who, err := w.login()
			if row.want != "" {
				w.wantRefused(err, row.want)
				return
			}
			if err != nil || who.Issuer != google || who.Tenant != "example.com" {
				t.Errorf("identity %+v, %v", who, err)
			}
		})
	}
}

// elsewhere calls the one host in the place of the other.
type elsewhere struct{ from, to string }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	at, err := url.Parse(strings.Replace(r.URL.String(), e.from, e.to, 1))
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL, r.Host = at, at.Host
	return http.DefaultTransport.RoundTrip(r)
}
