package directory_test

import (
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func TestConnection_Create(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	c, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{Name: "IdP of Acme"})
	check(t, err)
	w.label(c.ID, "<c>")
	equal(t, "connection", []any{c.Profile, c.State, c.Status(), c.Created, len(c.ID)},
		[]any{"generic", directory.StateEnabled, "inactive", testStart, 12})
	w.wantHappened(`connection.create <c> by cli:test: {"name":"IdP of Acme","profile":"generic","state":"enabled"}`)
	for _, nameOrID := range []string{c.Name, c.ID} {
		found, err := w.directory.Connection(w.ctx, w.workspace, nameOrID)
		check(t, err)
		equal(t, nameOrID, found, c)
	}
}

func TestConnection_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rows := []struct {
		new  directory.NewConnection
		kind directory.RefusalKind
		text string
	}{
		{directory.NewConnection{Name: ""}, directory.RefusedInvalid, "empty"},
		{directory.NewConnection{Name: "x "}, directory.RefusedInvalid, `"x "`},
		{directory.NewConnection{Name: "x", Profile: "adfs"}, directory.RefusedInvalid, `"adfs"`},
		{directory.NewConnection{Name: "okta-1"}, directory.RefusedExists, `"okta-1"`},
	}
	for _, row := range rows {
		_, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, row.new)
		wantRefusal(t, err, row.kind, row.text)
	}
	_, err := w.directory.Connection(w.ctx, w.workspace, "nope")
	wantRefusal(t, err, directory.RefusedNotFound, "nope")
	w.wantHappened()
}

func TestConnection_M17_PauseAndResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	w.user(jane)
	w.label(w.connection.ID, "<c>")
	w.skip()

	for range 2 { // pausing a paused one is no second entry
		c, err := w.directory.PauseConnection(w.ctx, operator, w.connection)
		check(t, err)
		equal(t, "state", []any{c.State, c.StateBy, c.StateAt}, []any{directory.StatePaused, "cli:test", testStart})
	}
	w.wantHappened(`connection.pause <c> by cli:test: {"name":"okta-1","profile":"okta","state":"paused"}`)
	_, err := w.authenticate("Bearer "+token.Text, "")
	wantKind(t, err, scim.KindPaused, "okta-1", "cli:test", "2030-01-02T03:04:05Z")

	for range 2 {
		_, err = w.directory.ResumeConnection(w.ctx, operator, w.connection)
		check(t, err)
	}
	w.wantHappened(`connection.resume <c> by cli:test: {"name":"okta-1","profile":"okta","state":"enabled"}`)
	client, err := w.authenticate("Bearer "+token.Text, "") // tokens kept
	check(t, err)
	page, err := client.List(w.ctx, w.userType(), scim.Query{StartIndex: 1})
	check(t, err)
	equal(t, "users untouched", page.Total, 1)
}

func TestConnection_E8_MadeDisabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	c, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{Name: "off", Disabled: true})
	check(t, err)
	token := w.token(c)
	w.label(c.ID, "<c>")
	w.skip()
	_, err = w.authenticate("Bearer "+token.Text, "")
	wantKind(t, err, scim.KindDisabled, "off", "cli:test", "2030-01-02T03:04:05Z")
	_, err = w.directory.PauseConnection(w.ctx, operator, c)
	wantRefusal(t, err, directory.RefusedInvalid, "disabled")
	_, err = w.directory.ResumeConnection(w.ctx, operator, c)
	check(t, err)
	_, err = w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	w.wantHappened(`connection.resume <c> by cli:test: {"name":"off","profile":"generic","state":"enabled"}`)
}

func TestConnection_E2_DeleteLeavesTheMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	rec := w.user(jane)
	subject := w.subject(rec.ID)
	w.label(w.connection.ID, "<c>")
	w.skip()

	check(t, w.directory.DeleteConnection(w.ctx, operator, w.connection))
	w.wantHappened(`connection.delete <c> by cli:test: {"name":"okta-1","profile":"okta","state":"enabled"}`)
	equal(t, "E2 membership", w.membership(subject).Status, directory.StatusActive)
	_, err := w.authenticate("Bearer "+token.Text, "")
	wantKind(t, err, scim.KindUnknownToken)
	_, err = w.Get(w.ctx, w.userType(), rec.ID, w.all(w.userType()))
	wantKind(t, err, scim.KindUnknownResource)
	wantRefusal(t, w.directory.DeleteConnection(w.ctx, operator, w.connection), directory.RefusedNotFound, "okta-1")
	_, err = w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(1, 0, 0))
	wantRefusal(t, err, directory.RefusedNotFound, "okta-1")
	w.connect("okta-1", "okta") // E1: recreated at any time
	rows, err := w.directory.MembersOf(w.ctx, w.workspace, "")
	check(t, err)
	equal(t, "members", memberLines(rows), map[string]string{"": " active member []"})
}

// A credential is remembered for a moment after its connection is gone. What it still asks for is refused.
func TestConnection_E2_AWriteUnderADeletedConnectionLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	check(t, w.directory.DeleteConnection(w.ctx, operator, w.Client.Connection))
	_, err := w.Create(w.ctx, w.decode(w.userType(), jane), scim.Write{})
	wantKind(t, err, scim.KindUnknownToken)
	_, err = w.Create(w.ctx, w.decode(w.groupType(), `{"displayName":"Sales"}`), scim.Write{})
	wantKind(t, err, scim.KindUnknownToken)
	members, err := w.directory.MembersOf(w.ctx, w.Client.Workspace, "")
	check(t, err)
	equal(t, "members left", len(members), 0)
}
