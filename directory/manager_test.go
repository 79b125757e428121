package directory_test

import (
	"fmt"
	"testing"

	"github.com/usher-scim/usher/directory"
)

const managed = `{"userName":"jane","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"%s"}}}`

func TestManager_E3_IsResolvedWhenThePersonIsRead(t *testing.T) {
	t.Parallel()
	const boss = `{"userName":"boss","externalId":"x7","displayName":"Ada Boss","emails":[{"value":"boss@x.org","primary":true}]}`
	for name, value := range map[string]func(w *world, id string) string{
		"SCIM id":    func(_ *world, id string) string { return id },
		"externalId": func(*world, string) string { return "x7" },
		"userName":   func(*world, string) string { return "BOSS" },
		"e-mail":     func(*world, string) string { return "Boss@x.org" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "okta")
			jane := w.user(fmt.Sprintf(managed, "nobody yet"))
			is := func(want directory.Manager) {
				t.Helper()
				p, err := w.directory.Member(w.ctx, w.workspace, w.subject(jane.ID))
				check(t, err)
				equal(t, "manager", *p.Manager, want)
			}
			is(directory.Manager{Value: "nobody yet"}) // as sent, as long as nobody is that
			ada := w.user(boss)
			sent := value(w, ada.ID)
			_, err := w.put(w.userType(), jane.ID, fmt.Sprintf(managed, sent))
			check(t, err)
			is(directory.Manager{Value: sent, Subject: w.subject(ada.ID), Name: "Ada Boss", Email: "boss@x.org"})
		})
	}
}

// An id that another tenant's user has is nobody's here, and one of two who share an e-mail address is neither.
func TestManager_E3_NeverAcrossTenantsNorByAGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	other, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER"})
	check(t, err)
	_, err = w.directory.Invite(w.ctx, operator, other, directory.Invitation{Email: "boss@x.org"})
	check(t, err)
	jane := w.user(fmt.Sprintf(managed, "boss@x.org"))
	unknown := func() {
		t.Helper()
		p, err := w.directory.Member(w.ctx, w.workspace, w.subject(jane.ID))
		check(t, err)
		equal(t, "manager", *p.Manager, directory.Manager{Value: "boss@x.org"})
	}
	unknown()
	for _, name := range []string{"a", "b"} {
		w.user(fmt.Sprintf(`{"userName":"%s","emails":[{"value":"boss@x.org","primary":true}]}`, name))
	}
	unknown()
	joe, err := w.directory.Member(w.ctx, w.workspace, w.subject(w.user(`{"userName":"joe"}`).ID))
	check(t, err)
	if joe.Manager != nil {
		t.Errorf("joe has the manager %v", joe.Manager)
	}
}
