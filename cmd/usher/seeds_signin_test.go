package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest"
)

// door is a connection by which people sign in, at an OpenID provider that is the row's own.
type door struct {
	*row
	provider   *ssotest.Provider
	workspace  string
	connection admin.Connection
}

// provider starts an OpenID provider, and says how a connection lets people in by it.
func (r *row) provider() (*ssotest.Provider, *directory.SignIn) {
	r.Helper()
	p, err := ssotest.Start(ssotest.Config{})
	r.check(err)
	r.Cleanup(func() { _ = p.Close() })
	return p, &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: p.Issuer, ClientID: p.ClientID, Algorithms: []string{"ES256"}}
}

// door makes a connection by which people sign in. Changes may be nil.
func (r *row) door(workspace, name string, change func(*admin.NewConnection)) *door {
	r.Helper()
	p, rules := r.provider()
	n := admin.NewConnection{Name: strings.ToLower(r.id) + "-" + name, Settings: directory.ConnectionSettings{SignIn: rules}}
	if change != nil {
		change(&n)
	}
	k, err := r.api.CreateConnection(r.Context(), workspace, n)
	r.check(err)
	return r.opened(workspace, k, p)
}

func (r *row) opened(workspace string, k admin.Connection, p *ssotest.Provider) *door {
	r.Helper()
	r.check(r.api.SetSignInSecret(r.Context(), workspace, k.ID, p.ClientSecret))
	return &door{r, p, workspace, k}
}

// withDoor is a connection with both halves, by the rules of one of the file.
func (r *row) withDoor(workspace, of string, change func(*admin.NewConnection)) (*idp, *door) {
	r.Helper()
	p, rules := r.provider()
	scim := r.twin(workspace, of, func(n *admin.NewConnection) {
		n.Settings.SignIn = rules
		if change != nil {
			change(n)
		}
	})
	return scim, r.opened(workspace, scim.connection, p)
}

// workspace makes a root of its own for a row that changes what holds for everybody.
func (r *row) workspace(method directory.Method) string {
	r.Helper()
	_, err := r.api.CreateWorkspace(r.Context(), admin.NewWorkspace{
		Key: r.id, DefaultRole: "User", Roles: []admin.NewRole{{Name: "Manager"}, {Name: "User"}, {Name: "Owner", Permissions: []string{directory.PermissionOwn}}},
		Settings: directory.WorkspaceSettings{Method: method},
	})
	r.check(err)
	return r.id
}

// claims say more of a person than name and address, such as a role.
type claims map[string]any

// visit is an attempt to sign in: the browser, and the page to which it comes.
func (d *door) visit(who person, more claims) (*browser, string) {
	d.Helper()
	all := map[string]any{"email": who["email"], "email_verified": true, "name": who["given"] + " " + who["family"]}
	maps.Copy(all, more)
	d.provider.SignIn(ssotest.Person{Subject: who["external_id"], Claims: all})
	b := newBrowser(d.T)
	return b, b.get(d.url + "/sso/" + d.connection.ID + "/login")
}

// enters: the person signs in, as that.
func (d *door) enters(who person, more claims, role string) *browser {
	d.Helper()
	b, page := d.visit(who, more)
	if !strings.HasPrefix(page, "/sso/session 200") || !strings.Contains(page, ", as "+role+"</dd>") {
		d.Fatalf("%s does not come in as %s: %s", who["email"], role, page)
	}
	return b
}

// eventuallyEnters is enters after a change that the server hears of within a second, as another process has made it.
func (d *door) eventuallyEnters(who person, role string) {
	d.Helper()
	eventually(d.T, func() string {
		if _, page := d.visit(who, nil); !strings.Contains(page, ", as "+role+"</dd>") {
			return page
		}
		return ""
	})
}

// keptOut: the person gets the page of refusals, and the provisioning log tells an admin why, and what to do.
func (d *door) keptOut(who person, more claims, code directory.LoginCode) {
	d.Helper()
	_, page := d.visit(who, more)
	if !strings.Contains(page, "403") || strings.Contains(page, string(code)) {
		d.Errorf("%s is answered %s", who["email"], page)
	}
	record := d.logged(d.workspace, admin.LogQuery{Connection: d.connection.ID, Failed: true}, func(l admin.LogRecord) bool { return l.SCIMType == string(code) })
	d.equal("what to do is said", record.Fix != "", true)
}

// signedOut waits until nobody is signed in in that browser: what another process has ended ends here within a second.
func (d *door) signedOut(b *browser) {
	d.Helper()
	eventually(d.T, func() string {
		if page := b.get(d.url + "/sso/session"); !strings.Contains(page, "403") {
			return "still signed in: " + page
		}
		return ""
	})
}

// gone waits until nobody with the address is a member.
func (d *door) gone(who person) {
	d.Helper()
	eventually(d.T, func() string {
		if m, found := d.lookup(d.workspace, who["email"]); found {
			return fmt.Sprintf("still a member: %+v", m)
		}
		return ""
	})
}
