package main

import (
	"crypto/x509"
	"fmt"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

const (
	demoEditor = "editor" // the role that the login asserts
	demoAdmin  = "ada.moss@example.com"
)

// demoPeople can sign in at Okta's place: one whom SCIM has provisioned there, and one whom nobody knows yet.
func demoPeople() []ssotest.Person {
	person := func(email, name, role string) ssotest.Person {
		return ssotest.Person{Subject: email, Claims: map[string]any{
			"preferred_username": email, "email": email, "email_verified": true, "name": name, "role": role,
		}}
	}
	return []ssotest.Person{
		person("alice@example.com", "Alice", demoEditor),
		person(demoAdmin, "Ada Moss", ""),
	}
}

// openSignIn lets people sign in by the connection okta, and has an admin hear of that by e-mail.
func (d *demo) openSignIn() error {
	a := d.app
	if _, err := d.folder.CreateRole(a.ctx, a.actor(), d.workspace, directory.Role{
		Name: demoEditor, Description: "writes articles", Permissions: []string{"articles.write"},
	}); err != nil {
		return err
	}
	if err := d.appoint(demoAdmin); err != nil {
		return err
	}
	conn, err := d.folder.Connection(a.ctx, d.workspace, demoIDPs[0])
	if err != nil {
		return err
	}
	settings := conn.Settings
	settings.SignIn = &directory.SignIn{
		Protocol: directory.ProtocolOIDC, Issuer: d.idp.Issuer, ClientID: d.idp.ClientID, Algorithms: []string{"ES256"},
		PrincipalClaim: "preferred_username", UpdateRole: true,
	}
	if conn, err = d.folder.UpdateConnection(a.ctx, a.actor(), conn, directory.ConnectionChange{Settings: &settings}); err != nil {
		return err
	}
	d.shown.SignInURL = usher.SignInURLs(d.folder.publicURL, conn.ID).LoginURI
	return d.folder.SetSignInSecret(a.ctx, a.actor(), conn, d.idp.ClientSecret)
}

// openSAML lets the same people sign in by the second connection, by SAML.
func (d *demo) openSAML() error {
	a := d.app
	conn, err := d.folder.Connection(a.ctx, d.workspace, demoIDPs[1])
	if err != nil {
		return err
	}
	provider := saml.IdentityProvider{
		EntityID: d.saml.EntityID, SSO: d.saml.URL + "/sso", Logout: d.saml.URL + "/slo", Certificates: []*x509.Certificate{d.saml.Key.Certificate},
	}
	settings := conn.Settings
	settings.SignIn = provider.Update(&directory.SignIn{UpdateRole: true})
	if conn, err = d.folder.UpdateConnection(a.ctx, a.actor(), conn, directory.ConnectionChange{Settings: &settings}); err != nil {
		return err
	}
	d.shown.SAMLURL = usher.SignInURLs(d.folder.publicURL, conn.ID).LoginURI
	return nil
}

// appoint makes somebody whom SCIM has provisioned an admin.
func (d *demo) appoint(email string) error {
	people, err := d.folder.People(d.app.ctx, d.workspace, directory.PeopleFilter{Text: email})
	if err != nil {
		return err
	}
	if len(people) != 1 {
		return fmt.Errorf("%s is %d people", email, len(people))
	}
	_, _, err = d.folder.ChangeMember(d.app.ctx, d.app.actor(), d.workspace, people[0].Subject, directory.MemberChange{Role: new("admin")})
	return err
}
