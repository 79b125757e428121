package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
)

func jitRows() []behaviour {
	return []behaviour{
		{name: "J1 enable, edit and disable, each with its confirmation; a default role is required", play: jitEnable},
		{name: "J2 not while SCIM is on; with both SCIM wins, and nobody returns whom it has deleted", play: jitExclusive},
		{name: "J3 the role of the login: the first one, else the default or the stored one", play: jitRole},
		{name: "J4 the stored role follows logins, or the login's role holds for the session alone", play: jitUpdateRole},
		{name: "J5 who was made by a login goes with the last session", play: jitEphemeral, also: "expiry, a day, a crash, and who stays: `TestAcceptance_J5` moves the clock"},
		{name: "J6 who came by SCIM stays, with the role", play: jitAfterSCIM},
		{name: "J7 invite, another role, revoke; who is revoked comes back unless blocked", play: jitByHand},
		{name: "J8 IP rules and the second factor hold for them", play: jitSecurity, also: "the code itself: `TestAcceptance_J8`"},
		{name: "J9 audit of the configuration and of people", play: jitAudit},
		{name: "J10 mails to the admins", play: jitMails, also: "those about new people wait a minute for more: `TestAcceptance_J10` moves the clock"},
		{name: "J11 Okta, Entra, OneLogin and any other provider", play: jitProviders},
		{name: "J12 only who may set up and manage security settings changes how people come in", play: jitPermission},
		{name: "J13 the last login can be inspected", play: jitInspect},
		{name: "J14 the app gets a standard login, for the workspace that it names", play: jitApp, also: "the strictest rules of two workspaces: `TestAcceptance_J14`"},
	}
}

// okta is a door by the rules of the file's connection.
func (r *row) okta(change func(*directory.SignIn)) *door {
	r.Helper()
	file, err := r.api.Connection(r.Context(), "DC03", "okta")
	r.check(err)
	return r.door("DC03", "okta", func(n *admin.NewConnection) {
		own := n.Settings.SignIn
		rules := *file.Settings.SignIn
		rules.Issuer, rules.ClientID, rules.Algorithms = own.Issuer, own.ClientID, own.Algorithms
		n.Profile, n.Settings = file.Profile, file.Settings
		n.Settings.SignIn = &rules
		if change != nil {
			change(&rules)
		}
	})
}

func jitEnable(r *row) {
	at, ada := r.workspace(directory.MethodManual), r.person("ada")
	okta := r.door(at, "okta", nil)
	okta.keptOut(ada, nil, directory.LoginNotProvisioned)
	r.refused([]string{"begins: sign-in by \"j1-okta\" makes members, with the role User", "--yes"}, "workspace", "method", at, "jit")
	okta.keptOut(ada, nil, directory.LoginNotProvisioned)
	r.command("workspace", "method", at, "jit", "--yes")
	okta.eventuallyEnters(ada, "User")
	none := ""
	_, err := r.api.UpdateWorkspace(r.Context(), at, admin.WorkspaceChange{DefaultRole: &none})
	r.problem(err, http.StatusBadRequest, "role")
	r.refused([]string{"stops: new people by sign-in of \"j1-okta\""}, "workspace", "method", at, "manual")
	report, err := r.api.SetMethod(r.Context(), at, admin.Method{Method: directory.MethodManual, Confirm: true})
	r.check(err)
	r.equal("stops", report.Stops, []string{`new people by sign-in of "j1-okta"`})
	okta.keptOut(r.person("bob"), nil, directory.LoginNotProvisioned)
	okta.enters(ada, nil, "User")
}

// provisioned is a workspace with one connection that has both halves.
func (r *row) provisioned(method directory.Method) (*idp, *door) {
	r.Helper()
	d := r.door(r.workspace(method), "okta", func(n *admin.NewConnection) { n.Profile = "okta" })
	return r.connect(d.workspace, d.connection.ID), d
}

func jitExclusive(r *row) {
	scim, okta := r.provisioned(directory.MethodBoth)
	_, err := r.api.SetMethod(r.Context(), okta.workspace, admin.Method{Method: directory.MethodJIT, Confirm: true})
	r.problem(err, http.StatusConflict, `SCIM of "j2-okta"`)
	_, err = r.api.SetMethod(r.Context(), okta.workspace, admin.Method{Method: directory.MethodSCIM, Confirm: true})
	r.problem(err, http.StatusConflict, `sign-in by "j2-okta"`)
	_, err = r.api.CreateToken(r.Context(), "DC03", "okta", admin.NewToken{})
	r.problem(err, http.StatusConflict, "its method is jit")

	ada := r.person("ada")
	scim.create("okta/user.json", ada)
	b := okta.enters(ada, claims{"role": "Manager"}, "User") // SCIM has said nothing else
	scim.send("PATCH /Users/{{user_id}}", "okta/deactivate.json", ada).want(200)
	r.says(b.get(r.url+"/sso/session"), "403")
	okta.keptOut(ada, nil, directory.LoginDeactivated)
	scim.send("DELETE /Users/{{user_id}}", "", ada).want(http.StatusNoContent)
	okta.keptOut(ada, nil, directory.LoginDeleted)
	scim.create("okta/user.json", ada)
	okta.enters(ada, nil, "User")
	okta.enters(r.person("bob"), claims{"role": "Manager"}, "Manager")
}

func jitRole(r *row) {
	okta, ada, bob := r.okta(nil), r.person("ada"), r.person("bob")
	okta.enters(ada, claims{"role": []string{"Marketer", "Admin"}}, "Marketer")
	okta.enters(ada, claims{"role": "marketer"}, "Marketer") // case counts: the stored one stays
	okta.enters(ada, nil, "Marketer")
	m := r.has("DC03", ada, "Marketer", "jit", "active")
	logins, err := r.api.Logins(r.Context(), "DC03", m.Subject)
	r.check(err)
	r.equal("identities", len(logins), 1)
	okta.enters(bob, claims{"role": "nobody"}, "User")
	r.says(r.command("log", "list", "-w", "DC03"), "nobody")
	strict := r.door("DC03", "strict", func(n *admin.NewConnection) { n.Settings.SignIn.UnknownRole = "refuse" })
	strict.keptOut(r.person("cyd"), claims{"role": "nobody"}, directory.LoginUnknownRole)
}

func jitUpdateRole(r *row) {
	follows, ada := r.okta(nil), r.person("ada")
	follows.enters(ada, claims{"role": "Marketer"}, "Marketer")
	follows.enters(ada, claims{"role": "Manager"}, "Manager")
	m := r.has("DC03", ada, "Manager", "jit", "active")
	r.equal("events", r.events("DC03", m.Subject), []string{"member.joined", "member.updated"})

	session := r.door("DC03", "session", nil)
	bob := r.person("bob")
	first := session.enters(bob, claims{"role": "Marketer"}, "Marketer")
	session.enters(bob, claims{"role": "Manager"}, "Manager")
	r.says(first.get(r.url+"/sso/session"), ", as Marketer</dd>")
	m = r.has("DC03", bob, "Marketer", "jit", "active")
	r.equal("events", r.events("DC03", m.Subject), []string{"member.joined"})
}

func jitEphemeral(r *row) {
	okta, ada := r.okta(func(s *directory.SignIn) { s.Ephemeral = true }), r.person("ada")
	for _, end := range []func(*browser){
		func(b *browser) { b.post(r.url+"/sso/logout", nil) },
		func(*browser) { // forced
			b := newBrowser(r.T)
			b.post(okta.connection.SignIn.BackchannelLogoutURI, map[string][]string{"logout_token": {okta.provider.LogoutToken(ada["external_id"], "").String()}})
		},
		func(*browser) { r.command("session", "end", "-w", "DC03", "--member", ada["email"]) },
	} {
		b := okta.enters(ada, claims{"role": "Marketer"}, "Marketer")
		m := r.has("DC03", ada, "Marketer", "jit", "active")
		if left := time.Until(*m.DeleteAfter); left < 23*time.Hour || left > 24*time.Hour {
			r.Errorf("she would stay for %s, want a day", left)
		}
		end(b)
		okta.signedOut(b)
		okta.gone(ada)
	}
}

func jitAfterSCIM(r *row) {
	scim, okta := r.provisioned(directory.MethodBoth)
	ada := r.person("ada")
	scim.create(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","externalId":"{{external_id}}",
		"emails":[{"primary":true,"value":"{{email}}"}],"active":true,"roles":[{"value":"Manager"}]}`, ada)
	before := r.has("J6", ada, "Manager", "scim", "active")
	tokens, err := r.api.Tokens(r.Context(), "J6", okta.connection.ID)
	r.check(err)
	for _, token := range tokens {
		r.check(r.api.RevokeToken(r.Context(), "J6", okta.connection.ID, token.ID))
	}
	_, err = r.api.SetMethod(r.Context(), "J6", admin.Method{Method: directory.MethodJIT, Confirm: true})
	r.check(err)
	okta.enters(ada, nil, "Manager")
	r.equal("subject", r.has("J6", ada, "Manager", "scim", "active").Subject, before.Subject)
	r.equal("events", r.events("J6", before.Subject), []string{"member.joined"})
}

func jitByHand(r *row) {
	okta, ada, manager := r.okta(func(s *directory.SignIn) { s.UpdateRole = false }), r.person("ada"), "Manager"
	okta.enters(ada, nil, "User")
	m := r.member("DC03", ada["email"])
	_, err := r.api.UpdateMember(r.Context(), "DC03", m.Subject, admin.MemberChange{Role: &manager})
	r.check(err)
	b := okta.enters(ada, nil, "Manager")
	r.command("member", "remove", ada["email"], "-w", "DC03", "--yes")
	okta.signedOut(b)
	b = okta.enters(ada, nil, "User")
	r.command("member", "block", ada["email"], "-w", "DC03")
	okta.signedOut(b)
	okta.keptOut(ada, nil, directory.LoginBlocked)
	r.command("member", "unblock", ada["email"], "-w", "DC03")
	r.says(strings.Join(r.events("DC03", m.Subject), " "), "member.joined member.updated member.left member.joined")
}

func jitSecurity(r *row) {
	at, ada := r.workspace(directory.MethodJIT), r.person("ada")
	okta := r.door(at, "okta", nil)
	b := okta.enters(ada, nil, "User")
	r.check(r.settings(r.api, at, `{"security":{"ip_rules":{"sso":["127.0.0.0/8"]},"second_factor":"required"}}`))
	if page := b.get(r.url + "/sso/session"); !strings.HasPrefix(page, "/sso/factor 200") || !strings.Contains(page, `<svg class="qr"`) {
		r.Errorf("who is signed in is not asked for a second factor: %s", page)
	}
	if _, page := okta.visit(r.person("bob"), nil); !strings.HasPrefix(page, "/sso/factor 200") {
		r.Errorf("a new person is not asked for a second factor: %s", page)
	}
	r.command("workspace", "update", at, "--allow-sso", "192.0.2.0/24")
	okta.signedOut(b)
	okta.keptOut(r.person("cyd"), nil, directory.LoginAddress)
	if _, found := r.lookup(at, r.person("cyd")["email"]); found {
		r.Error("who was kept out is a member")
	}
	r.problem(r.settings(r.api, at, `{"security":{"ip_rules":{"admin":["192.0.2.0/24"]}}}`), http.StatusBadRequest, "would lock you out")
}

func jitAudit(r *row) {
	at, ada := r.workspace(directory.MethodManual), r.person("ada")
	okta := r.door(at, "okta", func(n *admin.NewConnection) { n.Settings.SignIn.Ephemeral = true })
	r.command("workspace", "method", at, "jit", "--yes")
	r.check(r.settings(r.api, at+"/connections/"+okta.connection.ID, `{"sign_in":{"update_role":true}}`))
	okta.eventuallyEnters(ada, "User")
	subject := r.member(at, ada["email"]).Subject
	okta.enters(ada, claims{"role": "Manager"}, "Manager")
	r.command("session", "end", "-w", at, "--member", ada["email"])
	okta.gone(ada)
	for action, want := range map[string]int{"user.create": 1, "user.update": 1, "user.delete": 1, "session.create": 2, "session.end": 2} {
		r.equal(action, r.audited(at, subject, action), want)
	}
	r.equal("of the workspace", r.audited(at, "", directory.ActionWorkspaceUpdate), 1)
	r.equal("of the connection", r.audited(at, "", directory.ActionConnectionUpdate), 2) // its secret, its rules
	r.says(r.command("audit", "list", "-w", at), "workspace.update", "cli:", "connection.update", "apikey:", "user.create", "sso:"+okta.connection.ID)
}

func jitMails(r *row) {
	at := r.workspace(directory.MethodManual)
	r.installation.owner(r.T, at, "Owner")
	r.door(at, "okta", nil)
	r.command("workspace", "method", at, "jit", "--yes")
	_, err := r.api.SetMethod(r.Context(), at, admin.Method{Method: directory.MethodManual, Confirm: true})
	r.check(err)
	for _, subject := range []string{"J10: sign-in was enabled", "J10: sign-in was disabled"} {
		eventually(r.T, func() string {
			files, _ := filepath.Glob(filepath.Join(r.mails, "*.eml"))
			for _, file := range files {
				text, err := os.ReadFile(file)
				r.check(err)
				if strings.Contains(string(text), "Subject: "+subject) && strings.Contains(string(text), "To: <owner@example.net>") {
					return ""
				}
			}
			return "no mail says " + subject
		})
	}
}

func jitProviders(r *row) {
	for _, from := range []struct {
		profile, principal, role string
		said                     claims
	}{
		{"okta", "sub", "role", claims{"role": "Marketer"}},
		{"entra", "oid", "roles", claims{"oid": "6f1", "tid": "11111111-2222-4333-8444-555555555555", "roles": []string{"Marketer"}}},
		{"onelogin", "preferred_username", "role", claims{"preferred_username": "ada@onelogin", "role": "Marketer"}},
		{"keycloak", "sub", "realm_access.roles", claims{"realm_access": map[string]any{"roles": []string{"Marketer"}}}},
		{"generic", "sub", "https://app.example/role", claims{"https://app.example/role": "Marketer"}},
	} {
		d := r.door("DC03", from.profile, func(n *admin.NewConnection) {
			n.Profile, n.Settings.Mapping.RoleClaim, n.Settings.SignIn.PrincipalClaim = from.profile, from.role, from.principal
		})
		who := r.person(from.profile)
		d.enters(who, from.said, "Marketer")
		r.has("DC03", who, "Marketer", "jit", "active")
	}
}

func jitPermission(r *row) {
	at := r.workspace(directory.MethodJIT)
	okta := r.door(at, "okta", nil)
	issued, err := r.api.CreateKey(r.Context(), at, admin.NewAPIKey{Name: "everything else", Scopes: []string{
		directory.ScopeWorkspacesWrite, directory.ScopeConnectionsWrite, directory.ScopeMembersWrite,
	}})
	r.check(err)
	other := &admin.Client{BaseURL: r.api.BaseURL, Key: issued.Text}
	_, err = other.SetMethod(r.Context(), at, admin.Method{Method: directory.MethodManual, Confirm: true})
	r.problem(err, http.StatusForbidden, directory.ScopeSecurityWrite)
	_, err = other.PauseConnection(r.Context(), at, okta.connection.ID)
	r.problem(err, http.StatusForbidden, directory.ScopeSecurityWrite)
	r.problem(other.SetSignInSecret(r.Context(), at, okta.connection.ID, "another"), http.StatusForbidden, directory.ScopeSecurityWrite)
	r.problem(r.settings(other, at, `{"security":{"second_factor":"required"}}`), http.StatusForbidden, directory.ScopeSecurityWrite)
	r.problem(r.settings(other, at+"/connections/"+okta.connection.ID, `{"sign_in":{"update_role":true}}`), http.StatusForbidden, directory.ScopeSecurityWrite)
	okta.enters(r.person("ada"), nil, "User") // as before
}

func jitInspect(r *row) {
	okta, ada := r.okta(nil), r.person("ada")
	okta.enters(ada, claims{"role": "Marketer", "department": "Engines"}, "Marketer")
	logins, err := r.api.Logins(r.Context(), "DC03", r.member("DC03", ada["email"]).Subject)
	r.check(err)
	r.equal("logins", len(logins), 1)
	r.equal("what was made of it", logins[0].MatchedBy+", "+logins[0].Role, "new, Marketer")
	r.says(string(logins[0].Attributes), `"department":"Engines"`, ada["email"])
	r.says(r.command("member", "logins", ada["email"], "-w", "DC03", "--json"), "Engines", ada["external_id"])
}

func jitApp(r *row) {
	at, ada := r.workspace(directory.MethodJIT), r.person("ada")
	okta := r.door(at, "okta", nil)
	_, err := r.api.CreateWorkspace(r.Context(), admin.NewWorkspace{Key: "J14-LAB", Parent: at})
	r.check(err)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.FormValue("code"))) }))
	r.Cleanup(front.Close)
	made, err := r.api.CreateApp(r.Context(), at, admin.NewApp{Name: "Board", RedirectURIs: []string{front.URL + "/cb"}, FirstParty: true})
	r.check(err)
	provider, err := oidc.NewProvider(r.Context(), r.url)
	r.check(err)
	app := oauth2.Config{
		ClientID: made.ID, ClientSecret: made.Secret, Endpoint: provider.Endpoint(), RedirectURL: front.URL + "/cb", Scopes: []string{"openid", "email"},
	}
	b := okta.enters(ada, claims{"role": "Manager"}, "Manager")
	for _, workspace := range []string{at, "J14-LAB"} {
		verifier := oauth2.GenerateVerifier()
		page := b.get(app.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("workspace", workspace)))
		_, code, _ := strings.Cut(page, "\n")
		got := r.claimsOf(provider, app, code, verifier)
		r.equal("workspace", got["workspace"], workspace)
		r.equal("role", got["role"], "Manager")
		r.equal("e-mail", got["email"], ada["email"])
		r.equal("subject", got["sub"], r.member(at, ada["email"]).Subject)
	}
}

// claimsOf redeems a code as an app does, with a library that is not ours.
func (r *row) claimsOf(provider *oidc.Provider, app oauth2.Config, code, verifier string) (claims map[string]any) {
	r.Helper()
	token, err := app.Exchange(r.Context(), code, oauth2.VerifierOption(verifier))
	r.check(err)
	text, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: app.ClientID}).Verify(r.Context(), text)
	r.check(err)
	r.check(id.Claims(&claims))
	return claims
}
