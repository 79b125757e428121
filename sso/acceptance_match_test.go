package sso_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// TestAcceptance_J11: people come from Okta, Entra, OneLogin and any other provider, whatever it calls the person, the role
// and what SCIM knows the person by.
func TestAcceptance_J11(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		const tenant = "11111111-2222-4333-8444-555555555555"
		for _, from := range []struct {
			profile, principal, role string
			tenants                  []string
			who                      somebody
		}{
			{"entra", "oid", "roles", []string{tenant}, person("pairwise-1", "").with("oid", "oid-1").with("tid", tenant).with("roles", []string{"Editor"})},
			{"onelogin", "preferred_username", "role", nil, person("1001", "Editor").with("preferred_username", "oid-1")},
			{"generic", "sub", "realm_access.roles", nil, person("oid-1", "").with("realm_access", map[string]any{"roles": []string{"Editor"}})},
		} {
			rules := h.customer.rules
			rules.PrincipalClaim = from.principal
			if rules.Protocol == directory.ProtocolOIDC { // a connection of SAML has the certificate of one tenant
				rules.Tenants = from.tenants
			}
			c := h.connect(from.profile, rules)
			settings := c.Settings
			settings.Mapping.RoleClaim = from.role
			var err error
			h.okta, err = h.directory.UpdateConnection(t.Context(), operator, c, directory.ConnectionChange{Settings: &settings})
			h.check(err)
			h.later(time.Second)
			h.skip()
			v := h.visitor("192.0.2.1")
			v.signIn(from.who)
			v.wantPage("ACME, as Editor")
			h.wantHappened("user.create "+from.who.name+" by "+from.profile, "session.create "+from.who.name+" by "+from.profile,
				"> member.joined "+from.who.name+": Editor, active")
			logins, err := h.api.Logins(t.Context(), "ACME", h.knows(from.who))
			h.check(err)
			if len(logins) != 1 || logins[0].Principal != "oid-1" {
				t.Errorf("%s: known to SCIM as %+v", from.profile, logins)
			}
		}
	})
}

// TestAcceptance_X12: whom SCIM and a login know by the same principal is one person, whoever comes first.
func TestAcceptance_X12(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodBoth)
		ada, bob := person("ada", ""), person("bob", "")
		h.provisions(ada, `,"displayName":"Ada Byron"`)
		subject := h.knows(ada)
		claims := jsontext.Value(`{"sub":"ada"}`)
		match, err := h.api.TestMatch(t.Context(), "ACME", "okta", admin.MatchInput{Claims: claims})
		h.check(err)
		if !match.Same || match.Login.Subject != subject || match.Login.By != "principal" {
			t.Errorf("the test of the connection says %+v", match)
		}
		h.skip()
		if s := h.visitor("192.0.2.1").signIn(ada); s.Subject != subject {
			t.Errorf("the login is %s's, not %s's", s.Subject, subject)
		}
		h.wantHappened("session.create ada by okta")

		s := h.visitor("192.0.2.1").signIn(bob)
		h.skip()
		h.provisions(bob, "")
		if got := h.knows(bob); got != s.Subject {
			t.Errorf("SCIM has made %s, not taken over %s", got, s.Subject)
		}
		h.wantHappened("user.create bob by scim", "> member.updated bob: Viewer, active") // nobody joins
		// The same address with another principal is somebody else.
		if s := h.visitor("192.0.2.1").signIn(somebody{"eve", ada.attributes}); s.Subject == subject {
			t.Error("the address has found the account")
		}
		h.wantHappened("user.create eve by okta", "session.create eve by okta", "> member.joined eve: Viewer, active")
	})
}

// TestAcceptance_X15: of an issuer with many tenants only the listed ones come in, and an address proves nothing there. The
// claims are those of Entra.
func TestAcceptance_X15(t *testing.T) {
	t.Parallel()
	h := newHouse(t, roads[0])
	const ours, theirs = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555"
	h.method(directory.MethodBoth)
	h.prove("example.com")
	h.rule(func(s *directory.SignIn) { s.Tenants, s.PrincipalClaim, s.Linking = []string{ours}, "oid", true })
	h.later(time.Second)
	ada := person("ada", "")
	h.provisions(ada, `,"roles":[{"value":"Editor"}]`)
	subject := h.knows(ada)
	h.skip()

	entra := func(sub, tid, oid string) somebody {
		return somebody{sub, ada.attributes}.with("tid", tid).with("oid", oid)
	}
	h.visitor("192.0.2.1").wantKeptOut(entra("s1", theirs, "ada"), directory.LoginForeignTenant) // the same oid, the same address
	h.visitor("192.0.2.1").wantKeptOut(entra("s1", "", "ada"), directory.LoginForeignTenant)
	if s := h.visitor("192.0.2.1").signIn(entra("s1", ours, "ada")); s.Subject != subject {
		t.Errorf("the login is %s's, not %s's", s.Subject, subject)
	}
	h.wantHappened("session.create s1 by okta") // one more name of hers
	h.wantMember(ada, "Editor by scim, active")

	for issuer, word := range map[string]string{"https://login.microsoftonline.com/common/v2.0": "Microsoft", "https://accounts.google.com": "Google"} {
		rules := directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: issuer, ClientID: "usher"}
		_, err := h.api.CreateConnection(t.Context(), "ACME", admin.NewConnection{Name: "all", Settings: directory.ConnectionSettings{SignIn: &rules}})
		wantProblem(t, err, http.StatusBadRequest, word)
		rules.PrincipalClaim, rules.Tenants = "email", []string{ours, theirs}
		_, err = h.api.CreateConnection(t.Context(), "ACME", admin.NewConnection{Name: "all", Settings: directory.ConnectionSettings{SignIn: &rules}})
		wantProblem(t, err, http.StatusBadRequest, "email")
	}
	h.wantHappened()
}

// TestAcceptance_M2: a workspace may take SCIM only by connections by which people sign in; without that setting SCIM needs no
// sign-in.
func TestAcceptance_M2(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodBoth)
		signIn := *h.okta.Settings.SignIn
		settings := h.okta.Settings
		settings.SignIn = nil
		set := func() {
			t.Helper()
			var err error
			h.okta, err = h.directory.UpdateConnection(t.Context(), operator, h.okta, directory.ConnectionChange{Settings: &settings})
			h.check(err)
			h.later(time.Second)
		}
		set()
		h.provisions(person("ada", ""), "") // SCIM alone
		_, err := h.api.UpdateWorkspace(t.Context(), "ACME", admin.WorkspaceChange{Settings: &directory.WorkspaceSettings{RequireSSO: true}})
		h.check(err)
		h.later(time.Second)
		h.skip()
		if status, _, detail := h.sends(http.MethodGet, "/Users", ""); status != http.StatusForbidden || !strings.Contains(detail, "sign in") {
			t.Errorf("SCIM where nobody signs in: %d: %s", status, detail)
		}
		h.wantHappened()
		settings.SignIn = &signIn
		set()
		h.check(h.directory.SetSignInSecret(t.Context(), operator, h.okta, h.customer.secret))
		h.provisions(person("bob", ""), "")
		h.skip()
		h.visitor("192.0.2.1").signIn(person("bob", ""))
		h.wantHappened("session.create bob by okta")
		signIn.Disabled = true
		set()
		if status, _, _ := h.sends(http.MethodGet, "/Users", ""); status != http.StatusForbidden {
			t.Errorf("SCIM where sign-in is disabled: %d", status)
		}
	})
}

// TestAcceptance_M11: who was provisioned is invited until the first login that Usher sees, or that the app reports.
func TestAcceptance_M11(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodBoth)
		h.ask(func(s *directory.WorkspaceSettings) { s.FirstStatus = directory.StatusInvited })
		h.later(time.Second)
		ada, bob := person("ada", ""), person("bob", "")
		for _, p := range []somebody{ada, bob} {
			h.provisions(p, "")
			h.wantMember(p, "Viewer by default, invited")
		}
		h.skip()
		v := h.visitor("192.0.2.1")
		v.signIn(ada)
		v.wantPage("ACME, as Viewer")
		h.wantHappened("member.login ada by okta", "session.create ada by okta", "> member.updated ada: Viewer, active")
		h.wantMember(ada, "Viewer by default, active")
		h.visitor("192.0.2.1").signIn(ada)
		h.wantHappened("session.create ada by okta")
		for range 2 {
			h.check(h.api.ReportLogin(t.Context(), "ACME", h.knows(bob)))
		}
		h.wantHappened("member.login bob by admin", "> member.updated bob: Viewer, active")
		h.wantMember(bob, "Viewer by default, active")
	})
}

// TestAcceptance_B11: the last owner stays whatever a login or SCIM says, a login grants privileged roles only where they are
// listed, and a link lets an owner in when the identity provider does not.
func TestAcceptance_B11(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.rule(func(s *directory.SignIn) { s.UpdateRole = true })
		h.later(time.Second)
		eve := person("eve", "Owner")
		h.visitor("192.0.2.1").signIn(eve)
		h.wantMember(eve, "Viewer by default, active") // Owner is not on the connection's list
		settings := h.okta.Settings
		settings.Roles = []string{"Viewer", "Editor", "Owner"}
		var err error
		h.okta, err = h.directory.UpdateConnection(t.Context(), operator, h.okta, directory.ConnectionChange{Settings: &settings})
		h.check(err)
		h.later(time.Second)
		root, v := person("root", "Owner"), h.visitor("192.0.2.1")
		v.signIn(root)
		h.wantMember(root, "Owner by jit, active")
		h.skip()
		v.signIn(person("root", "Viewer"))
		h.wantHappened("session.create root by okta", "session.end replaced root by session")
		h.wantMember(root, "Owner by jit, active")
		v.wantPage("ACME, as Viewer")
		_, err = h.api.RemoveMember(t.Context(), "ACME", h.knows(root))
		wantProblem(t, err, http.StatusConflict, "last owner")
		h.wantHappened()

		h.rule(func(s *directory.SignIn) { s.Issuer = "https://broken.invalid" })
		h.later(time.Second)
		v = h.visitor("192.0.2.1")
		v.wantRefused(v.attempt(root))
		h.skip()
		_, err = h.directory.BreakGlass(t.Context(), operator, h.acme, h.knows(eve))
		if err == nil {
			t.Error("there is a link for who owns nothing")
		}
		text, err := h.directory.BreakGlass(t.Context(), operator, h.acme, "root@example.com")
		h.check(err)
		link := sso.BreakGlassURL(h.server.URL, text)
		if page := v.get(link); page.status != http.StatusOK || !strings.Contains(page.text, "Emergency sign-in") {
			t.Errorf("%d: %s", page.status, page.text)
		}
		v.post("/break-glass", url.Values{"login": {text}})
		v.wantPage("ACME, as Owner")
		h.wantHappened("break_glass.create root by cli", "break_glass.use root by break-glass")
		again := h.visitor("192.0.2.1")
		again.wantRefused(again.post("/break-glass", url.Values{"login": {text}})) // once
	})
}
