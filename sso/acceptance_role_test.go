package sso_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// TestAcceptance_J3: the role comes from the login; of several values the first counts; none, or one that is not known, is
// the default role of somebody new and the stored one of somebody known, with a warning.
func TestAcceptance_J3(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		joins := func(p somebody, role string) {
			t.Helper()
			v := h.visitor("192.0.2.1")
			v.signIn(p)
			h.wantHappened("user.create "+p.name+" by okta", "session.create "+p.name+" by okta", "> member.joined "+p.name+": "+role+", active")
			v.wantPage("ACME, as " + role)
		}
		joins(person("ada", "Editor"), "Editor")
		joins(person("bob", "").with("role", []string{"Editor", "Viewer"}), "Editor")
		joins(person("cyd", ""), "Viewer")
		joins(person("dan", "editor"), "Viewer") // case counts
		h.wantNote(person("dan", ""), "editor")

		v := h.visitor("192.0.2.1")
		v.signIn(person("ada", "Nobody"))
		h.wantHappened("session.create ada by okta")
		h.wantMember(person("ada", ""), "Editor by jit, active")
		h.wantNote(person("ada", ""), "Nobody")
		v.wantPage("ACME, as Editor")

		h.rule(func(s *directory.SignIn) { s.UnknownRole = "refuse" })
		h.later(time.Second)
		h.skip()
		for _, role := range []string{"", "Nobody"} {
			h.visitor("192.0.2.1").wantKeptOut(person("eve", role), directory.LoginUnknownRole)
		}
		h.wantMember(person("eve", ""), "")

		settings := h.okta.Settings
		settings.Mapping.RoleClaim = "job"
		_, err := h.directory.UpdateConnection(t.Context(), operator, h.okta, directory.ConnectionChange{Settings: &settings})
		h.check(err)
		h.later(time.Second)
		h.skip()
		joins(person("eve", "Viewer").with("job", "Editor"), "Editor")
	})
}

// wantNote: the inspector of the person's last login has a remark with the word.
func (h *house) wantNote(p somebody, word string) {
	h.Helper()
	logins, err := h.api.Logins(h.Context(), "ACME", h.knows(p))
	h.check(err)
	if len(logins) != 1 || !slices.ContainsFunc(logins[0].Notes, func(note string) bool { return strings.Contains(note, word) }) {
		h.Errorf("no remark about %q: %+v", word, logins)
	}
}

// TestAcceptance_J4: with "update user's role" the stored role follows each login; without it the role of the login holds
// for that session alone.
func TestAcceptance_J4(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		first, second := h.visitor("192.0.2.1"), h.visitor("192.0.2.1")
		first.signIn(person("ada", "Viewer"))
		h.skip()
		second.signIn(person("ada", "Editor"))
		h.wantHappened("session.create ada by okta") // nothing of hers has changed
		second.wantPage("ACME, as Editor")
		first.wantPage("ACME, as Viewer")
		h.wantMember(person("ada", ""), "Viewer by jit, active")
		if got := h.app().signIn(second, ""); got["role"] != "Editor" {
			t.Errorf("the app is told %v", got)
		}

		h.rule(func(s *directory.SignIn) { s.UpdateRole = true })
		h.later(time.Second)
		h.skip()
		third := h.visitor("192.0.2.1")
		third.signIn(person("ada", "Editor"))
		h.wantHappened("user.update ada by okta", "session.create ada by okta", "> member.updated ada: Editor, active")
		h.wantMember(person("ada", ""), "Editor by jit, active")
		for _, v := range []*visitor{first, second, third} {
			v.wantPage("ACME, as Editor")
		}
		third.signIn(person("ada", ""))
		h.wantMember(person("ada", ""), "Editor by jit, active")
	})
}

// TestAcceptance_J13: an admin inspects what the last login has said, and what was made of it.
func TestAcceptance_J13(t *testing.T) {
	onEachRoad(t, func(t *testing.T, h *house) {
		h.visitor("192.0.2.1").signIn(person("ada", "Viewer"))
		h.clock.Add(time.Minute)
		s := h.visitor("192.0.2.1").signIn(person("ada", "Editor").with("department", "Engines"))
		h.skip()
		logins, err := h.api.Logins(t.Context(), "ACME", s.Subject)
		h.check(err)
		if len(logins) != 1 { // one for each identity: the last one
			t.Fatalf("logins %+v", logins)
		}
		last := logins[0]
		if last.Name != "ada" || last.Principal != "ada" || last.MatchedBy != "link" || last.Role != "Viewer" || last.SessionRole != "Editor" ||
			!last.Time.Equal(h.clock.Now()) || last.Connection != h.okta.ID {
			t.Errorf("the inspector says %+v", last)
		}
		for _, attribute := range []string{`"department":"Engines"`, `"role":"Editor"`, `"email":"ada@example.com"`} {
			if !strings.Contains(string(last.Attributes), attribute) {
				t.Errorf("%s is not in %s", attribute, last.Attributes)
			}
		}
		h.wantHappened() // looking changes nothing
		_, err = h.apiOf(directory.ScopeMembersRead).Logins(t.Context(), "ACME", s.Subject)
		wantProblem(t, err, 403)
	})
}
