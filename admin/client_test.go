package admin

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

func (w *world) client(key string) *Client {
	return &Client{BaseURL: w.server.URL + defaultURL + "/", Key: key}
}

// must is for calls that must succeed.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// status is that of a *Problem.
func status(t *testing.T, err error, want int) {
	t.Helper()
	p, ok := errors.AsType[*Problem](err)
	if !ok || p.Status != want {
		t.Errorf("got %v, want a problem with status %d", err, want)
	}
}

func TestClient_Workspaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	made := must(c.CreateWorkspace(ctx, NewWorkspace{Key: "N-1", Parent: "ACC123"}))(t)
	if made.Name != "N-1" || made.Parent != "ACC123" || made.DefaultRole != "member" {
		t.Errorf("made %+v", made)
	}
	name := "North"
	after := must(c.IfVersion(made.Version).UpdateWorkspace(ctx, "N-1", WorkspaceChange{
		Name: &name, Settings: &directory.WorkspaceSettings{Language: "de"},
	}))(t)
	if after.Name != name || after.Settings.Language != "de" {
		t.Errorf("after %+v", after)
	}
	_, err := c.IfVersion(made.Version).UpdateWorkspace(ctx, "N-1", WorkspaceChange{Name: &name})
	status(t, err, http.StatusPreconditionFailed)
	// RFC 7396: settings that are not named stay, null is the default.
	merged := w.send(w.all, "PATCH", "/workspaces/N-1", `{"settings":{"time_zone":"Europe/Zurich"}}`)
	if !strings.Contains(merged.body, `"language":"de"`) || !strings.Contains(merged.body, `"time_zone":"Europe/Zurich"`) {
		t.Errorf("merged %s", merged.body)
	}
	if cleared := w.send(w.all, "PATCH", "/workspaces/N-1", `{"settings":{"language":null}}`); strings.Contains(cleared.body, "language") {
		t.Errorf("cleared %s", cleared.body)
	}
	if n := len(must(c.Workspaces(ctx))(t)); n != 6 {
		t.Errorf("%d workspaces", n)
	}
	if children := must(c.Children(ctx, "ACC123"))(t); len(children) != 2 {
		t.Errorf("children %+v", children)
	}
	ok(t, c.DeleteWorkspace(ctx, "N-1"))
	if _, err := c.Workspace(ctx, "N-1"); !IsNotFound(err) {
		t.Errorf("after its deletion: %v", err)
	}
}

func TestClient_RolesAndTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	const odd = "R&D / 100% “quoted”"
	role := must(c.CreateRole(ctx, "ACC123", NewRole{Name: odd, Permissions: []string{"a.b"}}))(t)
	description := "odd"
	must(c.UpdateRole(ctx, "ACC123", odd, RoleChange{Description: &description, Permissions: &[]string{}}))(t)
	if got := must(c.Role(ctx, "ACC123", odd))(t); got.Description != "odd" || len(got.Permissions) != 0 || got.Version == role.Version {
		t.Errorf("role %+v", got)
	}
	ok(t, c.DeleteRole(ctx, "ACC123", odd))
	if n := len(must(c.Roles(ctx, "ACC123"))(t)); n != 3 {
		t.Errorf("%d roles", n)
	}
	status(t, c.DeleteRole(ctx, "ACC123", "member"), http.StatusConflict) // the default one

	must(c.CreateTeam(ctx, "ACC123", NewTeam{Name: odd}))(t)
	must(c.UpdateTeam(ctx, "ACC123", odd, TeamChange{Description: &description}))(t)
	if got := must(c.Team(ctx, "ACC123", odd))(t); got.Description != "odd" {
		t.Errorf("team %+v", got)
	}
	ok(t, c.DeleteTeam(ctx, "ACC123", odd))
	if n := len(must(c.Teams(ctx, "ACC123"))(t)); n != 1 {
		t.Errorf("%d teams", n)
	}
}

func TestClient_Connections(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	before := must(c.Connections(ctx, "ACC123"))(t)
	made := must(c.CreateConnection(ctx, "ACC123", NewConnection{
		Name: "entra", Profile: "entra", Settings: directory.ConnectionSettings{NoCreate: true, Required: []string{"name.givenName"}},
	}))(t)
	if !strings.Contains(made.BaseURL, made.ID) || !made.Settings.NoCreate {
		t.Errorf("made %+v", made)
	}
	name := "azure"
	after := must(c.UpdateConnection(ctx, "ACC123", made.ID, ConnectionChange{
		Name: &name, Settings: &directory.ConnectionSettings{HardDelete: true},
	}))(t)
	if after.Name != name || !after.Settings.HardDelete || !after.Settings.NoCreate || len(after.Settings.Required) != 1 {
		t.Errorf("after %+v", after)
	}
	if got := must(c.PauseConnection(ctx, "ACC123", name))(t); got.State != directory.StatePaused || !strings.HasPrefix(got.StateBy, "apikey:") {
		t.Errorf("paused %+v", got)
	}
	must(c.DisableConnection(ctx, "ACC123", name))(t)
	if got := must(c.ResumeConnection(ctx, "ACC123", name))(t); got.State != directory.StateEnabled {
		t.Errorf("resumed %+v", got)
	}
	if s := must(c.RotateHookSecret(ctx, "ACC123", name))(t); !strings.HasPrefix(s.Secret, "whsec_") {
		t.Errorf("hook secret %q", s.Secret)
	}
	first := must(c.CreateToken(ctx, "ACC123", name, NewToken{}))(t)
	if first.ExpiresAt.Sub(w.clock.Now()) != ayear || !strings.HasPrefix(first.Text, "usher_scim_") {
		t.Errorf("token %+v", first)
	}
	second := must(c.RotateToken(ctx, "ACC123", name, first.ID, Rotation{}))(t)
	if stays := must(c.CancelRotation(ctx, "ACC123", name, second.ID))(t); stays.ID != first.ID {
		t.Errorf("stays %+v", stays)
	}
	third := must(c.RotateToken(ctx, "ACC123", name, first.ID, Rotation{}))(t)
	if stays := must(c.CompleteRotation(ctx, "ACC123", name, third.ID))(t); stays.ID != third.ID {
		t.Errorf("stays %+v", stays)
	}
	must(c.CreateToken(ctx, "ACC123", name, NewToken{Kind: directory.TokenSecret}))(t)
	ok(t, c.RevokeToken(ctx, "ACC123", name, third.ID))
	if got := must(c.Token(ctx, "ACC123", name, third.ID))(t); got.RevokedAt == nil {
		t.Errorf("revoked %+v", got)
	}
	if all := must(c.Tokens(ctx, "ACC123", name))(t); len(all) != 4 {
		t.Errorf("%d tokens", len(all))
	}
	p := must(c.Preview(ctx, "ACC123", "okta", PreviewInput{User: "ann@acme.example"}))(t)
	if len(p.Memberships) != 1 || p.Memberships[0].Change != "none" || p.Subject != w.values["subject"] {
		t.Errorf("preview %+v", p)
	}
	p = must(c.Preview(ctx, "ACC123", "okta", PreviewInput{Document: jsontext.Value(`{"userName":"q@acme.example","roles":["king"]}`)}))(t)
	if p.Refused == "" || p.Status != 400 {
		t.Errorf("preview %+v", p)
	}
	must(c.Jobs(ctx, "ACC123"))(t)
	if all := must(c.Groups(ctx, "ACC123", "okta"))(t); len(all) != 1 || all[0].DisplayName != "Sales" {
		t.Errorf("groups %+v", all)
	}
	if released := must(c.ReleaseLeavers(ctx, "ACC123", "okta"))(t); released.Settings.BrakeOpenUntil.IsZero() {
		t.Errorf("released %+v", released)
	}
	if back := must(c.RollBackLeavers(ctx, "ACC123", "okta"))(t); back.Restored != 0 {
		t.Errorf("%d came back", back.Restored)
	}
	ok(t, c.DeleteConnection(ctx, "ACC123", made.ID, name))
	if all := must(c.Connections(ctx, "ACC123"))(t); len(all) != len(before) {
		t.Errorf("%d connections, not %d", len(all), len(before))
	}
}

// B10: what a preview says is what happens, and the person stays who it is.
func TestClient_MovesAndMerges(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	preview := must(c.MoveUsers(ctx, "ACC123", "okta", Move{To: "entra-next", Preview: true}))(t)
	if _, err := c.MoveUsers(ctx, "ACC123", "okta", Move{To: "entra-next"}); err == nil || !strings.Contains(err.Error(), "is enabled") {
		t.Errorf("to move from an enabled connection: %v", err)
	}
	if _, err := c.MoveUsers(ctx, "ACC123", "okta", Move{To: "nowhere"}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("to move to no connection: %v", err)
	}
	moved := must(c.MoveUsers(ctx, "ACC123", "okta", Move{To: "entra-next", Pause: true}))(t)
	if moved.Users != 1 || moved.Moved != 1 || preview.Moved != moved.Moved {
		t.Errorf("moved %+v after %+v", moved, preview)
	}
	m := must(c.Member(ctx, "ACC123", w.values["subject"]))(t)
	if to := must(c.Connection(ctx, "ACC123", "entra-next"))(t); m.Connection != to.ID {
		t.Errorf("member of %s, not of %s", m.Connection, to.ID)
	}
	merged := must(c.MergeSubjects(ctx, "ACME", w.values["subject"], Merge{Drop: w.values["removed"], Preview: true}))(t)
	if merged.Keep != m.Subject || merged.Drop != w.values["removed"] || len(merged.Memberships) != 0 {
		t.Errorf("merged %+v", merged)
	}
}

func TestClient_Declarations(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	const urn = "urn:example:params:scim:schemas:core:acme:2.0:Lamp"
	shape := func(attribute string) jsontext.Value {
		return jsontext.Value(`{"id":"` + urn + `","name":"Lamp","resourceType":"Lamp","attributes":[{"name":"` + attribute + `","type":"string"}]}`)
	}
	made := must(c.DeclareSchema(ctx, "ACC123", shape("watts")))(t)
	must(c.DeclareResourceType(ctx, "ACC123", jsontext.Value(`{"name":"Lamp","endpoint":"/Lamps","schema":"`+urn+`"}`)))(t)
	after := must(c.IfVersion(made.Version).RedeclareSchema(ctx, "ACC123", urn, shape("lumens")))(t)
	if got := must(c.Schema(ctx, "ACC123", urn))(t); got.Version != after.Version || !strings.Contains(string(got.Declaration), "lumens") {
		t.Errorf("schema %+v", got)
	}
	if got := must(c.ResourceType(ctx, "ACC123", "Lamp"))(t); got.ID != "Lamp" {
		t.Errorf("resource type %+v", got)
	}
	ok(t, c.UndeclareResourceType(ctx, "ACC123", "Lamp"))
	ok(t, c.UndeclareSchema(ctx, "ACC123", urn))
	if s, rt := must(c.Schemas(ctx, "ACC123"))(t), must(c.ResourceTypes(ctx, "ACC123"))(t); len(s) != 3 || len(rt) != 1 {
		t.Errorf("%d schemas, %d resource types", len(s), len(rt))
	}
}

func TestClient_Members(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "members.read", "members.write")), t.Context()
	cy := must(c.Invite(ctx, "ACC123", Invitation{Email: "cy@partner.example", Teams: []string{"sales"}}))(t)
	if cy.Status != directory.StatusInvited {
		t.Errorf("invited %+v", cy)
	}
	ok(t, c.ReportLogin(ctx, "ACC123", cy.Subject))
	if got := must(c.Member(ctx, "ACC123", cy.Subject))(t); got.Status != directory.StatusActive || got.JoinedAt == nil {
		t.Errorf("after login %+v", got)
	}
	viewer, blocked := "viewer", true
	must(c.UpdateMember(ctx, "ACC123", cy.Subject, MemberChange{Role: &viewer, Blocked: &blocked}))(t)
	if a := must(c.Access(ctx, "ACC123-LAB", cy.Subject))(t); a.Allowed || !a.Inherited || a.From != "ACC123" || len(a.Permissions) != 0 {
		t.Errorf("access %+v", a)
	}
	status(t, c.ReportLogin(ctx, "ACC123", cy.Subject), http.StatusConflict)
	must(c.RemoveMember(ctx, "ACC123", cy.Subject))(t)
	if all := must(c.Removed(ctx, "ACC123"))(t); len(all) != 2 || all[0].RemovedAt == nil {
		t.Errorf("removed %+v", all)
	}
	must(c.RestoreMember(ctx, "ACC123", cy.Subject))(t)

	// A change that the identity provider will overwrite says so.
	off := directory.StatusDeactivated
	if got := must(c.UpdateMember(ctx, "ACC123", w.values["subject"], MemberChange{Status: &off}))(t); !strings.Contains(got.Note, "okta") {
		t.Errorf("note %q", got.Note)
	}
	page := must(c.Members(ctx, "ACC123", MemberQuery{Limit: 1}))(t)
	if len(page.Items) != 1 || page.Next == "" {
		t.Errorf("page %+v", page)
	}
	n := 0
	for _, err := range c.AllMembers(ctx, "ACC123", MemberQuery{Limit: 1}) {
		ok(t, err)
		n++
	}
	if n != 2 {
		t.Errorf("%d members", n)
	}
	if inherited := must(c.Members(ctx, "ACC123-LAB", MemberQuery{Inherited: true, Text: "CY@"}))(t); len(inherited.Items) != 1 || !inherited.Items[0].Inherited {
		t.Errorf("inherited %+v", inherited)
	}
	status(t, c.EraseSubject(ctx, "ACC123", cy.Subject), http.StatusForbidden) // it is the tenant's to decide
	ok(t, w.client(w.all).EraseSubject(ctx, "ACME", cy.Subject))
	if _, err := c.Member(ctx, "ACC123", cy.Subject); !IsNotFound(err) {
		t.Errorf("after erasing: %v", err)
	}
}

// TestClient_Discreet: a key of a part of a tenant hears nothing of what is above it or beside it.
func TestClient_Discreet(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	whole, lab := w.client(w.all), w.client(w.keyOf("ACC123-LAB", "*"))
	ctx := t.Context()
	above := must(whole.Invite(ctx, "ACME", Invitation{Email: "top@acme.example"}))(t)
	beside := must(whole.Invite(ctx, "ACC456", Invitation{Email: "west@acme.example"}))(t)

	_, unknown := lab.Access(ctx, "ACC123-LAB", "nobody")
	_, sibling := lab.Access(ctx, "ACC123-LAB", beside.Subject)
	if a, b := strings.ReplaceAll(unknown.Error(), "nobody", "X"), strings.ReplaceAll(sibling.Error(), beside.Subject, "X"); a != b {
		t.Errorf("%q is not %q", b, a)
	}
	_, err := lab.Member(ctx, "ACC123-LAB", above.Subject)
	status(t, err, http.StatusNotFound)
	a := must(lab.Access(ctx, "ACC123-LAB", above.Subject))(t)
	if !a.Member || !a.Inherited || a.From != "" || strings.Contains(a.Why, "ACME") {
		t.Errorf("access %+v", a)
	}
	for _, path := range []string{"/members/" + above.Subject, "/members/" + above.Subject + "/access", "/members?inherited=true", ""} {
		if got := w.send(lab.Key, "GET", "/workspaces/ACC123-LAB"+path, ""); strings.Contains(got.body, `ACME`) {
			t.Errorf("%s tells of the root: %s", path, got.body)
		}
	}
	_, err = lab.Invite(ctx, "ACC123-LAB", Invitation{Subject: beside.Subject})
	status(t, err, http.StatusForbidden)
}

func TestClient_Feed(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "events.read", "members.write")), t.Context()
	all := must(c.Events(ctx, "", 0, 100, 0))(t)
	if len(all.Items) == 0 || all.Position != all.Items[len(all.Items)-1].Position {
		t.Fatalf("feed %+v", all)
	}
	if none := must(c.Events(ctx, "ACC123", all.Position, 100, 0))(t); len(none.Items) != 0 || none.Position != all.Position {
		t.Errorf("behind the end: %+v", none)
	}
	heard := make(chan Feed, 1)
	go func() {
		feed, _ := c.Events(ctx, "ACC123", all.Position, 100, 30*time.Second)
		heard <- feed
	}()
	cy := must(c.Invite(ctx, "ACC123", Invitation{Email: "cy@partner.example"}))(t)
	if feed := <-heard; len(feed.Items) != 1 || feed.Items[0].Subject != cy.Subject || feed.Items[0].Workspace != "ACC123" {
		t.Errorf("long poll: %+v", feed)
	}
	_, err := w.client(w.all).Events(ctx, "", 0, 10, 0)
	status(t, err, http.StatusBadRequest)
}

func TestClient_Records(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	kept := must(c.Checkpoint(ctx, "ACME"))(t)
	if v := must(c.VerifyAudit(ctx, "ACME", &kept))(t); v.Fault != nil || v.Entries == 0 {
		t.Errorf("verification %+v", v)
	}
	kept.Signature[0]++
	v, err := c.VerifyAudit(ctx, "ACME", &kept)
	if err == nil && v.Fault == nil {
		t.Error("a forged checkpoint passes")
	}
	n := 0
	for e, err := range c.Audit(ctx, "ACC123") {
		ok(t, err)
		if n++; e.Action == "" {
			t.Errorf("entry %+v", e)
		}
	}
	if n == 0 {
		t.Error("no audit entries")
	}
	for _, err := range c.Log(ctx, "ACC123", LogQuery{Failed: true}) {
		ok(t, err)
	}
	if l := must(c.Licence(ctx, "ACME", "2030-01-01", "2030-01-02"))(t); len(l.Items) != 1 || l.Items[0].Active != 1 {
		t.Errorf("licence %+v", l)
	}
	hook := must(c.CreateWebhook(ctx, "ACC123", NewWebhook{URL: "https://a.example/", Types: []string{"member.joined"}}))(t)
	must(c.EnableWebhook(ctx, "ACC123", hook.ID))(t)
	if got := must(c.Webhook(ctx, "ACC123", hook.ID))(t); got.URL != hook.URL || got.Workspace != "ACC123" {
		t.Errorf("webhook %+v", got)
	}
	ok(t, c.DeleteWebhook(ctx, "ACC123", hook.ID))
	if all := must(c.Webhooks(ctx, "ACC123"))(t); len(all) != 1 {
		t.Errorf("%d webhooks", len(all))
	}
	must(c.ClaimDomain(ctx, "ACME", "more.example"))(t)
	must(c.CheckDomain(ctx, "ACME", "more.example"))(t)
	must(c.Domain(ctx, "ACME", "more.example"))(t)
	ok(t, c.ReleaseDomain(ctx, "ACME", "more.example"))
	if all := must(c.Domains(ctx, "ACME"))(t); len(all) != 1 {
		t.Errorf("%d domains", len(all))
	}
	if d := must(c.OpenAPI(ctx))(t); d["openapi"] != "3.1.0" {
		t.Errorf("document %v", d["openapi"])
	}
}

func TestClient_Keys(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.all), t.Context()
	for _, of := range []string{"", "ACME", "ACC123"} {
		k := must(c.CreateKey(ctx, of, NewAPIKey{Name: "app", Scopes: []string{"workspaces.read"}}))(t)
		if k.Workspace != of {
			t.Errorf("key of %q: %+v", of, k)
		}
		must(w.client(k.Text).Workspaces(ctx))(t)
		before := len(must(c.Keys(ctx, of))(t))
		ok(t, c.RevokeKey(ctx, of, k.ID))
		if after := len(must(c.Keys(ctx, of))(t)); after != before {
			t.Errorf("%d keys of %d are listed", after, before)
		}
		_, err := w.client(k.Text).Workspaces(ctx)
		status(t, err, http.StatusUnauthorized)
	}
}

// TestClient_WhatIsNoProblem: a proxy's page is an error with its status too.
func TestClient_WhatIsNoProblem(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	}))
	defer proxy.Close()
	_, err := (&Client{BaseURL: proxy.URL}).Workspaces(t.Context())
	status(t, err, http.StatusBadGateway)
}
