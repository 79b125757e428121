package sso_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest"
)

// way is one of the protocols by which the same person signs in to ACME.
type way struct {
	*samlWorld
	connection *directory.Connection
	login      func(b *browser, who ssotest.Person) page
}

// bothWays runs a test over each Provider: whatever holds of one protocol holds of the other.
func bothWays(t *testing.T, run func(t *testing.T, w *way)) {
	t.Helper()
	t.Run("by OpenID Connect", func(t *testing.T) {
		t.Parallel()
		w := newSAMLWorld(t)
		run(t, &way{w, &w.okta, func(b *browser, who ssotest.Person) page {
			w.world.idp.SignIn(who)
			return b.login(w.okta, "")
		}})
	})
	t.Run("by SAML", func(t *testing.T) {
		t.Parallel()
		w := newSAMLWorld(t)
		run(t, &way{w, &w.adfs, func(b *browser, who ssotest.Person) page {
			r, state := w.ask(b, w.adfs, "")
			r.NameID, r.Attributes = who.Subject, w.idp.Respond("", "", "", who).Attributes
			return w.deliver(b, w.adfs, formOf(r, state))
		}})
	})
}

func (w *way) rule(change func(*directory.SignIn)) {
	w.Helper()
	*w.connection = w.ruled(*w.connection, change)
}

// comes signs somebody in, with these roles, and returns what the session page says the role is.
func (w *way) comes(subject string, roles ...string) (b *browser, role string) {
	w.Helper()
	b = w.browser()
	who := ssotest.Person{Subject: subject, Claims: map[string]any{"email": subject + "@example.com", "email_verified": true, "name": subject, "role": roles}}
	if p := w.login(b, who); p.StatusCode != http.StatusSeeOther {
		w.Fatalf("answered %d: %s\n%s", p.StatusCode, p.text, w.log)
	}
	text := b.get("/session").text
	_, text, _ = strings.Cut(text, "<dd>ACME, as ")
	role, _, _ = strings.Cut(text, "</dd>")
	return b, role
}

// stored are the roles of ACME's people.
func (w *way) stored() string {
	w.Helper()
	people, err := w.directory.PeoplePage(w.Context(), w.acme, directory.PeopleFilter{})
	w.check(err)
	var roles []string
	for _, p := range people.People {
		roles = append(roles, p.Role)
	}
	return strings.Join(roles, " ")
}

func TestBothWays_J3_TheFirstValueIsTheRole(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, w *way) {
		if _, role := w.comes("ada", "Editor", "Viewer"); role != "Editor" || w.stored() != "Editor" {
			t.Errorf("session %q, stored %q", role, w.stored())
		}
	})
}

func TestBothWays_J3_UnknownRole(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, w *way) {
		if _, role := w.comes("ada", "editor"); role != "Viewer" || w.stored() != "Viewer" {
			t.Errorf("a role in another case: session %q, stored %q", role, w.stored())
		}
		w.rule(func(s *directory.SignIn) { s.UnknownRole = "refuse" })
		before := w.traces(w.acme)
		p := w.login(w.browser(), ssotest.Person{Subject: "bob", Claims: map[string]any{"role": "<b>Boss</b>"}})
		w.wantRefused(p, before, directory.LoginUnknownRole)
	})
}

func TestBothWays_J4_TheRoleOfTheSession(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, w *way) {
		w.comes("ada", "Editor")
		if _, role := w.comes("ada", "Viewer"); role != "Viewer" || w.stored() != "Editor" {
			t.Errorf("session %q, stored %q", role, w.stored())
		}
		w.rule(func(s *directory.SignIn) { s.UpdateRole = true })
		if _, role := w.comes("ada", "Viewer"); role != "Viewer" || w.stored() != "Viewer" {
			t.Errorf("where the role is updated: session %q, stored %q", role, w.stored())
		}
	})
}

func TestBothWays_J5_EphemeralPeopleGoWithTheSession(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, w *way) {
		w.rule(func(s *directory.SignIn) { s.Ephemeral = true })
		b, _ := w.comes("ada", "Editor")
		if w.stored() != "Editor" {
			t.Fatalf("stored %q", w.stored())
		}
		b.post("/logout", nil)
		w.check(w.directory.SweepSessions(t.Context()))
		if left := w.traces(w.acme); left.people != 0 || left.sessions != 0 {
			t.Errorf("left %+v", left)
		}
	})
}

func TestBothWays_J2_WhereNoLoginMakesPeople(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, w *way) {
		w.world.ask(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodManual })
		before := w.traces(w.acme)
		p := w.login(w.browser(), ssotest.Person{Subject: "ada", Claims: map[string]any{"role": "Editor"}})
		w.wantRefused(p, before, directory.LoginNotProvisioned)
	})
}

func TestBothWays_J8_FromWhereNobodyMayCome(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, w *way) {
		b, _ := w.comes("ada", "Editor")
		w.world.ask(func(s *directory.WorkspaceSettings) {
			s.Security.IPRules = map[directory.Surface][]string{directory.SurfaceSSO: {"198.51.100.0/24"}}
		})
		if p := b.get("/session"); p.StatusCode != http.StatusForbidden {
			t.Errorf("who was there before: %d", p.StatusCode)
		}
		if p := w.browser().get("/" + w.connection.ID + "/login"); p.StatusCode != http.StatusForbidden {
			t.Errorf("who comes now: %d", p.StatusCode)
		}
	})
}
