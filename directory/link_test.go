package directory_test

import (
	"testing"

	"github.com/usher-scim/usher/directory"
)

// beginLink begins a login that is to link its identity with the account of the session.
func (w *world) beginLink(s directory.Session) (string, error) {
	w.t.Helper()
	state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{
		Connection: w.connection, Browser: browser, Session: &s, Address: "192.0.2.1",
	})
	return state, err
}

func TestLink_CountsWhileTheSessionLivesThatAsksForIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  func(w *world, s directory.Session) error
	}{
		{"logged out", func(w *world, s directory.Session) error {
			return w.directory.EndSession(w.ctx, operator, s.Root, s.ID, directory.ReasonLogout)
		}},
		{"an admin has ended all", func(w *world, s directory.Session) error {
			_, err := w.directory.EndSessions(w.ctx, operator, w.workspace, directory.SessionQuery{Subject: s.Subject}, directory.ReasonAdmin)
			return err
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
			ada := w.signIn(identity("ada", ""))
			state, err := w.beginLink(ada.Session)
			check(t, err)
			check(t, row.end(w, ada.Session))
			w.skip()
			_, err = w.finish(state, identity("mallory", ""))
			wantCode(t, err, directory.LoginNoAccess)
			if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], "login.refuse", `"code":"no_access"`) {
				t.Errorf("a link without its session left %q", lines)
			}
			_, err = w.beginLink(ada.Session)
			wantCode(t, err, directory.LoginNoAccess)
			mallory := w.signIn(identity("mallory", ""))
			if mallory.Session.Subject == ada.Session.Subject {
				t.Error("the identity is linked")
			}
		})
	}
}

func TestLink_IsAskedForInASessionOfItsOwnTenant(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	ada := w.signIn(identity("ada", ""))
	other, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER"})
	check(t, err)
	w.connection, err = w.directory.CreateConnection(w.ctx, operator, other, directory.NewConnection{
		Name: "theirs", Settings: directory.ConnectionSettings{
			SignIn: &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: "https://theirs.example.com", ClientID: "usher"},
		},
	})
	check(t, err)
	_, err = w.beginLink(ada.Session)
	wantCode(t, err, directory.LoginNoAccess)
}
