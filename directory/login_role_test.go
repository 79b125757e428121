package directory_test

import (
	"context"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// wantRole fails unless the session's claims have the role.
func (w *world) wantRole(s directory.Session, want string) {
	w.t.Helper()
	c, err := w.directory.Claims(w.ctx, s)
	check(w.t, err)
	if c.Role != want {
		w.t.Errorf("role of the session is %q, want %q", c.Role, want)
	}
}

func TestLogin_X8_TheHookIsAskedAboutTheRoleOfTheSession(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		answer directory.HookAnswer
		want   string // "": refused
	}{
		{"it lets it be", directory.HookAnswer{}, "editor"},
		{"it keeps the stored one", directory.HookAnswer{Memberships: []directory.HookChange{{Workspace: "ACC123", Role: new("member")}}}, "member"},
		{"it gives a third", directory.HookAnswer{Memberships: []directory.HookChange{{Workspace: "ACC123", Role: new("viewer")}}}, "viewer"},
		{"it refuses", directory.HookAnswer{Refused: "no seat is left"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := editorWorld(t)
			var asked []directory.HookQuestion
			d, err := directory.New(directory.Config{
				Store: w.store, Key: w.key, Now: w.clock.Now,
				Hook: func(_ context.Context, q directory.HookQuestion) (directory.HookAnswer, error) {
					asked = append(asked, q)
					return row.answer, nil
				},
			})
			check(t, err)
			w.directory = d
			w.signIn(identity("ada", ""))
			equal(t, "asked where nothing is asserted", len(asked), 0)
			s, err := w.tryLogin(identity("ada", `{"role":"editor"}`), "")
			if len(asked) != 1 || asked[0].Operation != directory.HookUpdate || asked[0].Wanted[0].Role != "editor" {
				t.Fatalf("asked %+v", asked)
			}
			if row.want == "" {
				wantCode(t, err, directory.LoginRefusedByRules)
				return
			}
			check(t, err)
			w.wantRole(s.Session, row.want)
			equal(t, "stored role", w.membership(s.Session.Subject).Role, "member")
		})
	}
}

func TestLogin_J4_NoRoleOverWhatAnotherConnectionGrants(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor", "texts.write")
	ada := w.signIn(identity("ada", ""))
	other, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{
		Name: "other", Settings: directory.ConnectionSettings{
			SignIn: &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: "https://other.example.com", ClientID: "usher"},
		},
	})
	check(t, err)
	w.connection = other
	state, err := w.beginLink(ada.Session)
	check(t, err)
	i := identity("ada", `{"role":"editor"}`)
	i.Issuer = "https://other.example.com"
	s, err := w.finish(state, i)
	check(t, err)
	equal(t, "subject", s.Session.Subject, ada.Session.Subject)
	w.wantRole(s.Session, "member")
}

func TestClaims_J4_TheRoleOfTheSessionEndsWithItsGrounds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  func(w *world, subject string)
		want string
	}{
		{"the stored role is changed by hand", func(w *world, subject string) {
			_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, directory.MemberChange{Role: new("viewer")})
			check(w.t, err)
		}, "viewer"},
		{"the connection may not grant it any more", func(w *world, _ string) {
			w.connectionSettings(func(s *directory.ConnectionSettings) { s.Roles = []string{"viewer", "member"} })
		}, "member"},
		{"another setting of the connection changes", func(w *world, _ string) {
			w.connectionSettings(func(s *directory.ConnectionSettings) { s.Roles = []string{"editor", "member"} })
		}, "editor"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := editorWorld(t)
			s := w.signIn(identity("ada", `{"role":"editor"}`))
			w.wantRole(s.Session, "editor")
			row.end(w, s.Session.Subject)
			w.wantRole(s.Session, row.want)
		})
	}
}
