package sso_test

import (
	"maps"
	"net/http"
	"net/url"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// roads are the protocols by which people sign in. Another one joins by an entry.
var roads = []road{{"oidc", openOIDC}, {"saml", openSAML}}

// road is a protocol.
type road struct {
	name string
	// open starts the identity provider of a customer who speaks it.
	open func(*house) customer
}

// customer is a company with an identity provider.
type customer struct {
	rules  directory.SignIn // of a connection by it
	secret string
	// arrives lets this person sign in, in whichever browser, from now on.
	arrives func(somebody)
	// signsOut ends all sessions of the person there, and tells the connection.
	signsOut func(directory.Connection, somebody)
}

// somebody is a person at the identity provider: who it is, and what is said beside.
type somebody struct {
	name       string // which SCIM sends as the externalId
	attributes map[string]any
}

// person has an address and, unless it is empty, a role.
func person(name, role string) somebody {
	p := somebody{name, map[string]any{"email": name + "@example.com", "email_verified": true, "name": name}}
	if role != "" {
		p.attributes["role"] = role
	}
	return p
}

// with is the person with one more attribute.
func (p somebody) with(name string, value any) somebody {
	p.attributes = maps.Clone(p.attributes)
	p.attributes[name] = value
	return p
}

func openOIDC(h *house) customer {
	h.Helper()
	idp, err := ssotest.Start(ssotest.Config{Now: h.clock.Now})
	h.check(err)
	h.Cleanup(func() { _ = idp.Close() })
	return customer{
		rules: directory.SignIn{
			Protocol: directory.ProtocolOIDC, Issuer: idp.Issuer, ClientID: idp.ClientID, Algorithms: []string{"ES256"},
		},
		secret:  idp.ClientSecret,
		arrives: func(p somebody) { idp.SignIn(ssotest.Person{Subject: p.name, Claims: p.attributes}) },
		signsOut: func(c directory.Connection, p somebody) {
			h.Helper()
			token := url.Values{"logout_token": {idp.LogoutToken(p.name, "").String()}}
			res, err := h.server.Client().PostForm(h.server.URL+sso.Path+"/"+c.ID+sso.BackchannelLogout, token)
			h.check(err)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				h.Fatalf("the logout token was answered with %d\n%s", res.StatusCode, h.log)
			}
		},
	}
}

func openSAML(h *house) customer {
	h.Helper()
	idp, err := ssotest.StartSAML(nil, h.clock.Now)
	h.check(err)
	h.Cleanup(func() { _ = idp.Close() })
	keys, err := saml.GenerateKeys(h.clock.Now())
	h.check(err)
	return customer{
		rules: directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: idp.EntityID, SAML: &directory.SAML{
				SSO: idp.URL + "/sso", Logout: idp.URL + "/slo", VerifiedEmails: true,
				Certificates: []string{directory.PEM(idp.Key.Certificate)},
			},
		},
		secret:  keys.Secret(),
		arrives: func(p somebody) { idp.SignIn(ssotest.Person{Subject: p.name, Claims: flat("", p.attributes)}) },
		signsOut: func(c directory.Connection, p somebody) {
			h.Helper()
			place := h.server.URL + sso.Path + "/" + c.ID + "/slo"
			res, err := h.server.Client().Get(place + "?" + idp.Logout(place, p.name).URL())
			h.check(err)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK || res.Request.URL.Host != hostOf(idp.URL) {
				h.Fatalf("the logout was answered with %d at %s\n%s", res.StatusCode, res.Request.URL, h.log)
			}
		},
	}
}

func hostOf(address string) string {
	at, _ := url.Parse(address)
	return at.Host
}

// flat are attributes as SAML has them: each has a name and texts.
func flat(prefix string, attributes map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range attributes {
		if inner, nested := value.(map[string]any); nested {
			maps.Copy(all, flat(prefix+name+".", inner))
		} else {
			all[prefix+name] = value
		}
	}
	return all
}
