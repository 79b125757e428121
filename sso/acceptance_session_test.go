package sso_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
)

// TestAcceptance_J5: whom a login has made for the session alone goes at logout, at the identity provider's logout, when the
// session expires, or a day after the first login, also when the server stops between.
func TestAcceptance_J5(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.rule(func(s *directory.SignIn) { s.Ephemeral = true })
		h.ask(func(s *directory.WorkspaceSettings) { s.Security.SessionIdle, s.Security.SessionMax = 60, 48*60 })
		h.later(time.Second)
		h.skip()
		ada := person("ada", "Editor")
		for _, end := range []struct {
			by  string
			end func(*visitor)
			how []string
		}{
			{"logout", func(v *visitor) { v.post("/logout", nil) }, []string{"session.end logout ada by session"}},
			{"an admin", func(v *visitor) {
				_, err := h.api.RevokeSessions(t.Context(), "ACME", admin.SessionQuery{Subject: h.knows(ada)})
				h.check(err)
			}, []string{"session.end admin ada by admin"}},
			{"the identity provider's logout", func(*visitor) { h.customer.signsOut(h.okta, ada) }, []string{"session.logout by okta"}},
			{"expiry", func(*visitor) { h.clock.Add(61 * time.Minute) }, nil},
			{"a crash after logout", func(v *visitor) { v.post("/logout", nil); h.crash() }, []string{"session.end logout ada by session"}},
			{"a crash before expiry", func(*visitor) { h.crash(); h.clock.Add(61 * time.Minute) }, nil},
			{"a day, while she is there", func(v *visitor) {
				for range 48 {
					h.later(30 * time.Minute)
					v.get("/session")
				}
			}, nil},
		} {
			v := h.visitor("192.0.2.1")
			v.signIn(ada)
			h.wantMember(ada, "Editor by jit, active")
			end.end(v)
			h.later(0)
			if _, live := v.session(); live {
				t.Errorf("%s: the session is live", end.by)
			}
			h.wantMember(ada, "")
			want := append([]string{"user.create ada by okta", "session.create ada by okta"}, end.how...)
			h.wantHappened(append(want, "user.delete ada by system", "> member.joined ada: Editor, active", "> member.left ada")...)
			if t.Failed() {
				t.Fatal("at the end by ", end.by)
			}
		}
	})
}

// TestAcceptance_J5_OnlyWhomALoginHasMade: who was invited or came by SCIM stays, and who has another session.
func TestAcceptance_J5_OnlyWhomALoginHasMade(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodBoth)
		h.prove("example.com")
		h.rule(func(s *directory.SignIn) { s.Ephemeral, s.Linking = true, true })
		ada, bob, cyd := person("ada", ""), person("bob", ""), person("cyd", "")
		h.provisions(ada, "")
		_, err := h.api.Invite(t.Context(), "ACME", admin.Invitation{Email: "bob@example.com"})
		h.check(err)
		h.knows(bob)
		h.later(time.Second)
		for _, p := range []somebody{ada, bob} {
			v := h.visitor("192.0.2.1")
			v.signIn(p)
			v.post("/logout", nil)
			h.later(25 * time.Hour)
			if m, there := h.member(p); !there || m.Status != directory.StatusActive {
				t.Errorf("%s: %+v", p.name, m)
			}
		}
		first, second := h.visitor("192.0.2.1"), h.visitor("192.0.2.1")
		first.signIn(cyd)
		second.signIn(cyd)
		h.skip()
		first.post("/logout", nil)
		h.later(0)
		h.wantMember(cyd, "Viewer by default, active")
		second.post("/logout", nil)
		h.later(0)
		h.wantHappened("session.end logout cyd by session", "session.end logout cyd by session", "user.delete cyd by system", "> member.left cyd")
		h.wantMember(cyd, "")
	})
}

// TestAcceptance_J5_FactorOutlivesThePerson: who comes again is asked for the code, and is the same person.
func TestAcceptance_J5_FactorOutlivesThePerson(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.rule(func(s *directory.SignIn) { s.Ephemeral = true })
		h.ask(func(s *directory.WorkspaceSettings) { s.Security.SecondFactor = directory.FactorRequired })
		h.later(time.Second)
		v := h.visitor("192.0.2.1")
		before := v.signIn(person("ada", ""))
		secret := v.setUpFactor()
		v.post("/logout", nil)
		h.later(time.Minute)
		h.wantMember(person("ada", ""), "")
		h.skip()
		after := v.signIn(person("ada", ""))
		if after.Subject != before.Subject || after.State != directory.SessionPending {
			t.Errorf("again: %+v, before %+v", after, before)
		}
		if page := v.get("/factor"); !strings.Contains(page.text, "Enter your code") || strings.Contains(page.text, "svg") {
			t.Errorf("the page of the second factor: %s", page.text)
		}
		v.giveCode(secret)
		v.wantPage("ACME, as Viewer")
		h.wantHappened("user.create ada by okta", "session.create ada by okta", "factor.verify ada by session", "> member.joined ada: Viewer, active")
	})
}

// setUpFactor sets up a second factor on the page that asks for it.
func (v *visitor) setUpFactor() (secret string) {
	v.Helper()
	page := v.get("/factor")
	if !strings.Contains(page.text, `<svg class="qr"`) {
		v.Fatalf("%d at %s: %s", page.status, page.at, page.text)
	}
	secret = secretOf(v, page.text)
	v.giveCode(secret)
	return secret
}

func (v *visitor) giveCode(secret string) {
	v.Helper()
	if page := v.post("/factor", url.Values{"code": {totp(secret, v.clock.Now())}}); page.status != http.StatusOK {
		v.Fatalf("the code is answered with %d: %s\n%s", page.status, page.text, v.log)
	}
}

// TestAcceptance_J8: IP rules and an enforced second factor hold for whom a login makes, at the login and afterwards.
func TestAcceptance_J8(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		inside, outside := h.visitor("198.51.100.7"), h.visitor("192.0.2.1")
		outside.signIn(person("bob", "Editor"))
		h.ask(func(s *directory.WorkspaceSettings) {
			s.Security.SecondFactor = directory.FactorRequired
			s.Security.IPRules = map[directory.Surface][]string{directory.SurfaceSSO: {"198.51.100.0/24"}}
		})
		h.later(time.Second)
		h.skip()
		outside.wantPage("") // who was there already is out
		for _, v := range []*visitor{h.visitor("192.0.2.1"), h.traveller("198.51.100.7", "192.0.2.1")} {
			v.wantKeptOut(person("ada", ""), directory.LoginAddress)
		}
		h.wantMember(person("ada", ""), "")

		s := inside.signIn(person("ada", "Editor"))
		if page := inside.get("/session"); s.State != directory.SessionPending || page.at.Path != "/sso/factor" {
			t.Errorf("the session is %s, and its page %s", s.State, page.at)
		}
		secret := inside.setUpFactor()
		inside.wantPage("ACME, as Editor")
		h.wantHappened("user.create ada by okta", "session.create ada by okta", "factor.create ada by session", "> member.joined ada: Editor, active")
		h.clock.Add(time.Minute)
		inside.signIn(person("ada", "Editor"))
		if page := inside.post("/factor", url.Values{"code": {"000000"}}); page.status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: %d", page.status)
		}
		inside.giveCode(secret)
		h.wantHappened("session.create ada by okta", "session.end replaced ada by session", "factor.refuse ada by session", "factor.verify ada by session")
	})
}

// traveller is a browser that comes back from the identity provider by another address.
func (h *house) traveller(there, back string) *visitor {
	v := h.visitor(there)
	v.back = back
	v.client.CheckRedirect = func(r *http.Request, before []*http.Request) error {
		if own := v.absolute("/"); strings.HasPrefix(r.URL.String(), own) && !strings.HasPrefix(before[len(before)-1].URL.String(), own) {
			v.client.Transport = from{h.server.Client().Transport, back}
		}
		return nil
	}
	return v
}

// TestAcceptance_J14: the app gets a standard OpenID Connect login, for the workspace that it names, by an ordinary client
// library; the strictest rules of home and entered workspace hold.
func TestAcceptance_J14(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		a := h.app()
		inside := h.visitor("198.51.100.7")
		s := inside.signIn(person("ada", "Editor"))
		got := a.signIn(inside, "") // home, without a question
		for name, want := range map[string]any{
			"sub": s.Subject, "workspace": "ACME", "role": "Editor", "email": "ada@example.com", "name": "ada", "iss": h.server.URL, "aud": a.ClientID,
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		for _, name := range []string{"teams", "permissions", "sid"} {
			if _, told := got[name]; !told {
				t.Errorf("%s is missing in %v", name, got)
			}
		}
		h.skip()
		if got := a.signIn(inside, "ACME-LAB"); got["workspace"] != "ACME-LAB" || got["role"] != "Editor" {
			t.Errorf("entered: %v", got)
		}
		h.wantHappened("session.enter ada by session")

		settings := h.lab.Settings
		settings.Security.SecondFactor = directory.FactorRequired
		settings.Security.IPRules = map[directory.Surface][]string{directory.SurfaceSSO: {"198.51.100.0/24"}}
		_, err := h.directory.UpdateWorkspace(t.Context(), operator, h.lab, directory.WorkspaceChange{Settings: &settings})
		h.check(err)
		h.clock.Add(time.Second)
		h.customer.arrives(person("ada", "Editor"))
		fresh := h.visitor("198.51.100.7")
		if page := a.send(fresh, "ACME-LAB"); page.at.Path != "/sso/factor" {
			t.Errorf("without a second factor: %d at %s", page.status, page.at)
		}
		fresh.setUpFactor()
		if got := a.signIn(fresh, "ACME-LAB"); got["workspace"] != "ACME-LAB" {
			t.Errorf("with a second factor: %v", got)
		}
		outside := h.visitor("192.0.2.1")
		if page := a.send(outside, "ACME-LAB"); page.status != http.StatusForbidden {
			t.Errorf("from elsewhere: %d at %s", page.status, page.at)
		}
		if got := a.signIn(outside, "ACME"); got["workspace"] != "ACME" { // where no such rules are
			t.Errorf("home, from elsewhere: %v", got)
		}
	})
}

// app is a web app with an ordinary OpenID Connect library. What the browser brings to it, its page shows.
type app struct {
	oauth2.Config
	*house
	provider *gooidc.Provider
}

func (h *house) app() *app {
	h.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.RawQuery) }))
	h.Cleanup(front.Close)
	made, err := h.api.CreateApp(h.Context(), "ACME", admin.NewApp{Name: "Board", RedirectURIs: []string{front.URL + "/cb"}, FirstParty: true})
	h.check(err)
	a := &app{house: h}
	a.provider, err = gooidc.NewProvider(a.context(), h.server.URL)
	h.check(err)
	a.Config = oauth2.Config{
		ClientID: made.ID, ClientSecret: made.Secret, Endpoint: a.provider.Endpoint(), RedirectURL: front.URL + "/cb",
		Scopes: []string{"openid", "email", "profile"},
	}
	return a
}

func (a *app) context() context.Context { return gooidc.ClientContext(a.Context(), a.server.Client()) }

const verifier = "a-verifier-of-forty-three-characters-or-more"

// send sends the browser to sign in.
func (a *app) send(v *visitor, workspace string) shown {
	a.Helper()
	to := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if workspace != "" {
		to = append(to, oauth2.SetAuthURLParam("workspace", workspace))
	}
	return v.get(a.AuthCodeURL("the-state", to...))
}

// signIn is a login that must do: the claims of its ID token.
func (a *app) signIn(v *visitor, workspace string) (claims map[string]any) {
	a.Helper()
	page := a.send(v, workspace)
	back, err := url.ParseQuery(page.text)
	if err != nil || back.Get("code") == "" || back.Get("state") != "the-state" {
		a.Fatalf("%d at %s: %s\n%s", page.status, page.at, page.text, a.log)
	}
	token, err := a.Exchange(a.context(), back.Get("code"), oauth2.VerifierOption(verifier))
	a.check(err)
	text, _ := token.Extra("id_token").(string)
	id, err := a.provider.Verifier(&gooidc.Config{ClientID: a.ClientID, Now: a.clock.Now}).Verify(a.context(), text)
	a.check(err)
	a.check(id.Claims(&claims))
	return claims
}
