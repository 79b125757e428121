package sso_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

// wantProblem: the API has refused with that status, and says each of the words.
func wantProblem(t testing.TB, err error, status int, words ...string) {
	t.Helper()
	p, ok := errors.AsType[*admin.Problem](err)
	if !ok || p.Status != status {
		t.Errorf("got %v, want a refusal with %d", err, status)
		return
	}
	for _, word := range words {
		if !strings.Contains(p.Detail+" "+p.Hint, word) {
			t.Errorf("%q does not say %q", p.Detail+" "+p.Hint, word)
		}
	}
}

// TestAcceptance_J1: enabling, editing and disabling say first what they come to, and change nothing until confirmed; there
// is always a default role.
func TestAcceptance_J1(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodManual)
		h.skip()
		ask := func(m directory.Method) admin.MethodReport {
			t.Helper()
			report, err := h.api.SetMethod(t.Context(), "ACME", admin.Method{Method: m})
			h.check(err)
			if report.Applied {
				t.Error("it was done unasked")
			}
			h.wantHappened()
			return report
		}
		if begins := ask(directory.MethodJIT).Begins; len(begins) != 1 || !strings.Contains(begins[0], `sign-in by "okta" makes members, with the role Viewer`) {
			t.Errorf("begins: %q", begins)
		}
		h.visitor("192.0.2.1").wantKeptOut(person("ada", ""), directory.LoginNotProvisioned)
		h.method(directory.MethodJIT)
		h.wantHappened("workspace.update by admin")
		h.visitor("192.0.2.1").signIn(person("ada", ""))
		h.wantMember(person("ada", ""), "Viewer by default, active")

		_, err := h.api.UpdateWorkspace(t.Context(), "ACME", admin.WorkspaceChange{Settings: &directory.WorkspaceSettings{Method: directory.MethodManual}})
		wantProblem(t, err, http.StatusBadRequest, "settings.method")
		none, other, unknown := "", "Editor", "Nobody"
		for _, role := range []*string{&none, &unknown} {
			_, err := h.api.UpdateWorkspace(t.Context(), "ACME", admin.WorkspaceChange{DefaultRole: role})
			wantProblem(t, err, http.StatusBadRequest, "role")
		}
		wantProblem(t, h.api.DeleteRole(t.Context(), "ACME", "Viewer"), http.StatusConflict)
		h.skip()
		_, err = h.api.UpdateWorkspace(t.Context(), "ACME", admin.WorkspaceChange{DefaultRole: &other})
		h.check(err)
		h.wantHappened("workspace.update by admin")
		h.clock.Add(time.Second)
		h.visitor("192.0.2.1").signIn(person("bob", ""))
		h.wantMember(person("bob", ""), "Editor by default, active")
		h.skip()

		if stops := ask(directory.MethodManual).Stops; len(stops) != 1 || !strings.Contains(stops[0], `new people by sign-in of "okta"`) {
			t.Errorf("stops: %q", stops)
		}
		h.method(directory.MethodManual)
		h.wantHappened("workspace.update by admin")
		h.visitor("192.0.2.1").wantKeptOut(person("cyd", ""), directory.LoginNotProvisioned)
		h.visitor("192.0.2.1").signIn(person("bob", "")) // who is there stays
	})
}

// TestAcceptance_J2: JIT and SCIM exclude each other, and the one that is on is named; in scim+jit SCIM wins, and whom it has
// deactivated or deleted no login brings back.
func TestAcceptance_J2(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		_, err := h.api.CreateToken(t.Context(), "ACME", "okta", admin.NewToken{})
		wantProblem(t, err, http.StatusConflict, "its method is jit")
		_, err = h.api.SetMethod(t.Context(), "ACME", admin.Method{Method: directory.MethodSCIM, Confirm: true})
		wantProblem(t, err, http.StatusConflict, `sign-in by "okta"`)
		h.method(directory.MethodBoth)

		ada, v := person("ada", "Viewer"), h.visitor("192.0.2.1")
		h.rule(func(s *directory.SignIn) { s.UpdateRole = true })
		h.later(time.Second)
		id := h.provisions(ada, `,"roles":[{"value":"Editor"}]`)
		_, err = h.api.SetMethod(t.Context(), "ACME", admin.Method{Method: directory.MethodJIT, Confirm: true})
		wantProblem(t, err, http.StatusConflict, `SCIM of "okta"`)
		h.skip()
		v.signIn(ada)
		h.wantHappened("session.create ada by okta") // and what SCIM has said stays
		h.wantMember(ada, "Editor by scim, active")

		if status, _, detail := h.sends(http.MethodPatch, "/Users/"+id, inactive); status != http.StatusOK {
			t.Fatalf("%d: %s", status, detail)
		}
		h.wantHappened("user.update ada by scim", "> member.deactivated ada: Editor, deactivated")
		v.wantPage("") // at once
		h.visitor("192.0.2.1").wantKeptOut(ada, directory.LoginDeactivated)
		if status, _, detail := h.sends(http.MethodDelete, "/Users/"+id, ""); status != http.StatusNoContent {
			t.Fatalf("%d: %s", status, detail)
		}
		h.skip()
		h.later(24 * time.Hour)
		h.visitor("192.0.2.1").wantKeptOut(ada, directory.LoginDeleted)
		h.visitor("192.0.2.1").wantKeptOut(somebody{"ada2", ada.attributes}, directory.LoginDeleted) // nor under another name
		h.provisions(ada, "")
		h.skip()
		h.visitor("192.0.2.1").signIn(ada)
		h.wantHappened("session.create ada by okta")
		h.visitor("192.0.2.1").signIn(person("bob", "")) // whom SCIM does not know a login makes
		h.wantMember(person("bob", ""), "Viewer by default, active")
	})
}

// TestAcceptance_J6: who came by SCIM stays, with the role, when the workspace moves to JIT.
func TestAcceptance_J6(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodBoth)
		ada, bob := person("ada", "Viewer"), person("bob", "")
		h.provisions(ada, `,"roles":[{"value":"Editor"}]`)
		h.provisions(bob, `,"roles":[{"value":"Editor"}]`)
		tokens, err := h.api.Tokens(t.Context(), "ACME", "okta")
		h.check(err)
		h.check(h.api.RevokeToken(t.Context(), "ACME", "okta", tokens[0].ID))
		h.skip()
		if report := h.method(directory.MethodJIT); report.From != directory.MethodBoth || len(report.Blocked) != 0 {
			t.Errorf("the change: %+v", report)
		}
		h.wantHappened("workspace.update by admin")
		v := h.visitor("192.0.2.1")
		v.signIn(ada)
		h.wantHappened("session.create ada by okta")
		v.wantPage("ACME, as Viewer") // as the login says, for the session (J4)
		h.wantMember(ada, "Editor by scim, active")
		h.wantMember(bob, "Editor by scim, active") // who does not sign in stays as well
		h.later(25 * time.Hour)
		h.wantMember(ada, "Editor by scim, active")
	})
}

// TestAcceptance_J7: people are invited, get another role and are revoked by hand. Who is revoked comes back by the next
// login, unless blocked; a role that is given by hand holds where roles do not follow logins.
func TestAcceptance_J7(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		ada, editor := person("ada", "Viewer"), "Editor"
		h.visitor("192.0.2.1").signIn(ada)
		subject := h.knows(ada)
		h.skip()
		_, err := h.api.UpdateMember(t.Context(), "ACME", subject, admin.MemberChange{Role: &editor})
		h.check(err)
		h.wantHappened("member.update ada by admin", "> member.updated ada: Editor, active")
		h.visitor("192.0.2.1").signIn(person("ada", ""))
		h.wantMember(ada, "Editor by manual, active")
		h.rule(func(s *directory.SignIn) { s.UpdateRole = true })
		h.later(time.Second)
		v := h.visitor("192.0.2.1")
		v.signIn(ada)
		h.wantMember(ada, "Viewer by jit, active")
		h.skip()

		_, err = h.api.RemoveMember(t.Context(), "ACME", subject)
		h.check(err)
		h.wantHappened("member.remove ada by admin", "> member.left ada")
		v.wantPage("")
		v.signIn(ada)
		h.wantHappened("user.update ada by okta", "session.create ada by okta", "> member.joined ada: Viewer, active")
		yes, no := true, false
		_, err = h.api.UpdateMember(t.Context(), "ACME", subject, admin.MemberChange{Blocked: &yes})
		h.check(err)
		v.wantPage("")
		h.skip()
		v.wantKeptOut(ada, directory.LoginBlocked)
		_, err = h.api.UpdateMember(t.Context(), "ACME", subject, admin.MemberChange{Blocked: &no})
		h.check(err)
		v.signIn(ada)
		h.skip()

		bob := person("bob", "")
		invited, err := h.api.Invite(t.Context(), "ACME", admin.Invitation{Email: "bob@example.com", Role: "Editor"})
		h.check(err)
		h.knows(bob)
		h.wantHappened("member.invite bob by admin", "> member.joined bob: Editor, invited")
		h.prove("example.com")
		h.rule(func(s *directory.SignIn) { s.Linking = true })
		h.later(time.Second)
		h.skip()
		if s := h.visitor("192.0.2.1").signIn(bob); s.Subject != invited.Subject {
			t.Error("the one who was invited is somebody else")
		}
		h.wantHappened("user.update bob by okta", "session.create bob by okta", "> member.updated bob: Editor, active")
	})
}

// TestAcceptance_J9: the audit log has each change of the configuration, and of people, by whom.
func TestAcceptance_J9(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.method(directory.MethodManual)
		h.method(directory.MethodJIT)
		settings := h.okta.Settings
		settings.SignIn.Ephemeral = true
		_, err := h.api.UpdateConnection(t.Context(), "ACME", "okta", admin.ConnectionChange{Settings: &settings})
		h.check(err)
		h.check(h.renews(h.api, h.customer.secret))
		h.wantHappened("workspace.update by admin", "workspace.update by admin", "connection.update by admin", "connection.update by admin")
		h.later(time.Second)
		v := h.visitor("192.0.2.1")
		v.signIn(person("ada", ""))
		v.signIn(person("ada", "").with("given_name", "Ada"))
		v.post("/logout", nil)
		h.later(0)
		h.wantHappened(
			"user.create ada by okta", "session.create ada by okta",
			"user.update ada by okta", "session.create ada by okta", "session.end replaced ada by session",
			"session.end logout ada by session", "user.delete ada by system",
			"> member.joined ada: Viewer, active", "> member.updated ada: Viewer, active", "> member.left ada",
		)
	})
}

// TestAcceptance_J10: the admins get a mail when sign-in is enabled and disabled, and about each new person. That mails
// are made of these messages, and where they go, package delivery shows.
func TestAcceptance_J10(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		root := h.owner()
		h.names[root.Subject] = "root"
		h.check(h.directory.ReportLogin(t.Context(), operator, h.acme, root.Subject))
		h.mails()
		h.method(directory.MethodManual)
		h.wantMails("signin.disabled: manual, by admin")
		h.method(directory.MethodJIT)
		h.wantMails("signin.enabled: jit, by admin")
		h.rule(func(s *directory.SignIn) { s.UpdateRole = true })
		h.wantMails("signin.changed: okta, by cli")
		h.rule(func(s *directory.SignIn) { s.Disabled = true })
		h.wantMails("signin.disabled: okta, by cli")
		h.rule(func(s *directory.SignIn) { s.Disabled = false })
		h.wantMails("signin.enabled: okta, by cli")
		h.later(time.Second)
		for range 2 { // the second time it is nobody new
			h.visitor("192.0.2.1").signIn(person("ada", "Editor"))
		}
		h.wantMails("user.created: ada@example.com, Editor")
		h.method(directory.MethodManual)
		h.visitor("192.0.2.1").attempt(person("eve", "")) // is refused: no mail for that
		h.wantMails("signin.disabled: manual, by admin")

		h.clock.Add(2 * time.Minute) // more people might have come
		letters := h.deliver("ada@example.com")
		for _, word := range []string{"To: <root@example.com>", "ACME", "ada@example.com", "Editor"} {
			if !strings.Contains(letters, word) {
				t.Errorf("no mail says %q:\n%s", word, letters)
			}
		}
	})
}

// wantMails fails unless exactly these messages to the admins are new.
func (h *house) wantMails(want ...string) {
	h.Helper()
	if diff := gocmp.Diff(append([]string{}, want...), h.mails()); diff != "" {
		h.Errorf("mails (-want +got):\n%s", diff)
	}
}

// mails are the messages to the admins that are new, a line each.
func (h *house) mails() []string {
	h.Helper()
	fresh := []string{}
	due, err := h.directory.DueMessages(h.Context(), directory.MessageMail, 100)
	h.check(err)
	for _, m := range due {
		if h.mailed[m.ID] {
			continue
		}
		h.mailed[m.ID] = true
		var n directory.Notice
		h.check(json.Unmarshal(m.Data, &n))
		about := cmp.Or(n.Connection, string(n.Method)) + ", by " + h.actor(n.By)
		if m.Subject != "" {
			about = n.Email + ", " + n.Role
		}
		fresh = append(fresh, m.Type+": "+about)
	}
	return fresh
}

// deliver sends the mails that are due, into a folder, until one says the word. It returns all of them.
func (h *house) deliver(word string) (letters string) {
	h.Helper()
	folder := filepath.Join(h.folder, "mails")
	mailer, err := delivery.NewMailer(delivery.MailerConfig{URL: (&url.URL{Scheme: "file", Path: folder}).String(), From: "usher@example.com"})
	h.check(err)
	ctx, stop := context.WithTimeout(h.Context(), 20*time.Second)
	var done sync.WaitGroup
	defer done.Wait()
	defer stop()
	done.Go(func() {
		_ = delivery.Run(ctx, delivery.Config{Directory: h.directory, Mailer: mailer, Now: h.clock.Now})
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil && !strings.Contains(letters, word) {
		<-tick.C
		letters = ""
		files, _ := filepath.Glob(filepath.Join(folder, "*.eml"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			h.check(err)
			letters += string(text)
		}
	}
	return letters
}

// TestAcceptance_J12: how people come in is for those who may set up and manage the security settings. A key that may do
// everything else changes nothing of it.
func TestAcceptance_J12(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.visitor("192.0.2.1").signIn(person("ada", ""))
		subject := h.knows(person("ada", ""))
		other := h.apiOf(
			directory.ScopeWorkspacesRead, directory.ScopeWorkspacesWrite, directory.ScopeConnectionsRead, directory.ScopeConnectionsWrite,
			directory.ScopeMembersRead, directory.ScopeMembersWrite, directory.ScopeAuditRead, directory.ScopeEventsRead, directory.ScopeLogsRead,
			directory.ScopeWebhooksWrite, directory.ScopeKeysWrite,
		)
		h.skip()
		ctx, rules := t.Context(), h.okta.Settings
		eve := h.customer.rules
		eve.Issuer = "https://eve.example"
		rules.SignIn = &eve
		stricter := &directory.WorkspaceSettings{Security: directory.Security{SecondFactor: directory.FactorRequired}}
		secure := func(c *admin.Client) []error {
			_, method := c.SetMethod(ctx, "ACME", admin.Method{Method: directory.MethodManual, Confirm: true})
			_, security := c.UpdateWorkspace(ctx, "ACME", admin.WorkspaceChange{Settings: stricter})
			_, signIn := c.UpdateConnection(ctx, "ACME", "okta", admin.ConnectionChange{Settings: &rules})
			_, another := c.CreateConnection(ctx, "ACME", admin.NewConnection{Name: "eve", Settings: rules})
			_, paused := c.PauseConnection(ctx, "ACME", "okta")
			_, sessions := c.RevokeSessions(ctx, "ACME", admin.SessionQuery{Subject: subject})
			_, app := c.CreateApp(ctx, "ACME", admin.NewApp{Name: "Eve", RedirectURIs: []string{"https://eve.example/cb"}})
			return []error{
				method, security, signIn, another, paused, sessions, app, h.renews(c, "eve's"), c.ResetFactor(ctx, "ACME", subject),
			}
		}
		for i, err := range secure(other) {
			if p, ok := errors.AsType[*admin.Problem](err); !ok || p.Status != http.StatusForbidden || !strings.Contains(p.Detail, directory.ScopeSecurityWrite) {
				t.Errorf("%d: %v", i, err)
			}
		}
		h.wantHappened()
		for i, err := range secure(h.api) {
			if err != nil {
				t.Errorf("who may: %d: %v", i, err)
			}
		}
	})
}
