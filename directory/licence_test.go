package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func TestLicence_X14_CountsActiveMembersByDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.label(w.connection.ID, "<okta>")
	day := func(n int) time.Time { return testStart.Add(time.Duration(n) * 24 * time.Hour) }
	series := func(at directory.Workspace, from, to int) string {
		counts, err := w.directory.Licence(w.ctx, at, day(from), day(to))
		check(t, err)
		text := ""
		for _, c := range counts {
			text += fmt.Sprintf("%s %s %s=%d; ", c.Day.Format(time.DateOnly), c.Workspace, c.Connection, c.Active)
		}
		return w.names.Replace(text)
	}
	w.label(w.workspace.ID, "<acme>")
	ada := w.user(`{"userName":"ada@example.com"}`)
	w.user(`{"userName":"bob@example.com"}`)
	w.user(`{"userName":"eve@example.com","active":false}`)

	equal(t, "today, never counted", series(w.workspace, 0, 0), "2030-01-02 <acme> <okta>=2; ")
	check(t, w.directory.CountLicences(w.ctx))
	_, err := w.patch(w.userType(), ada.ID, `[{"op":"replace","path":"active","value":false}]`)
	check(t, err)
	equal(t, "today is counted now", series(w.workspace, 0, 0), "2030-01-02 <acme> <okta>=1; ")
	check(t, w.directory.CountLicences(w.ctx))
	w.clock.add(24 * time.Hour)
	check(t, w.Delete(w.ctx, w.userType(), ada.ID, scim.Write{}))
	w.user(`{"userName":"dan@example.com"}`)
	equal(t, "two days", series(w.workspace, 0, 1), "2030-01-02 <acme> <okta>=1; 2030-01-03 <acme> <okta>=2; ")
	w.clock.add(24 * time.Hour)
	equal(t, "a day that nobody counted is missing", series(w.workspace, 0, 1), "2030-01-02 <acme> <okta>=1; ")
	equal(t, "of a workspace below", series(w.branch("child", w.workspace.ID), 0, 2), "")
	_, err = w.directory.Licence(w.ctx, w.workspace, day(2), day(1))
	wantRefusal(t, err, directory.RefusedInvalid, "no day")
}
