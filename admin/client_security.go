package admin

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// SetMethod chooses how people come into a workspace, or says what that would come to.
func (c *Client) SetMethod(ctx context.Context, workspace string, m Method) (MethodReport, error) {
	return post[MethodReport](ctx, c, within(workspace, "method"), m)
}

// SetSignInSecret gives the client secret of a connection's sign-in; empty: there is none any more.
func (c *Client) SetSignInSecret(ctx context.Context, workspace, connection, secret string) error {
	return c.send(ctx, http.MethodPut, within(workspace, "connections", connection, "sign-in-secret"), nil, SignInSecret{secret}, nil)
}

// ImportMetadata brings in the metadata of an identity provider of SAML, or says what that would change.
func (c *Client) ImportMetadata(ctx context.Context, workspace, connection string, in MetadataImport) (MetadataReport, error) {
	return post[MetadataReport](ctx, c, within(workspace, "connections", connection, "saml", "metadata"), in)
}

// SAMLCertificates lists the certificates of a connection's sign-in by SAML.
func (c *Client) SAMLCertificates(ctx context.Context, workspace, connection string) ([]SAMLCertificate, error) {
	return every[SAMLCertificate](ctx, c, within(workspace, "connections", connection, "saml", "certificates"))
}

// RotateSAMLKeys makes the next keys of Usher's own for SAML.
func (c *Client) RotateSAMLKeys(ctx context.Context, workspace, connection string) (SAMLKeys, error) {
	return post[SAMLKeys](ctx, c, within(workspace, "connections", connection, "saml", "keys", "rotate"), nil)
}

// CompleteSAMLKeys switches to the next keys of Usher's own for SAML.
func (c *Client) CompleteSAMLKeys(ctx context.Context, workspace, connection string) (SAMLKeys, error) {
	return post[SAMLKeys](ctx, c, within(workspace, "connections", connection, "saml", "keys", "complete"), nil)
}

// TestMatch tries whether SCIM and a login would meet in one person.
func (c *Client) TestMatch(ctx context.Context, workspace, connection string, in MatchInput) (MatchReport, error) {
	return post[MatchReport](ctx, c, within(workspace, "connections", connection, "match"), in)
}

// SessionQuery says which sessions are meant. Empty fields match everything.
type SessionQuery struct{ Subject, Connection string }

func (q SessionQuery) values() url.Values {
	values := url.Values{}
	for name, value := range map[string]string{"subject": q.Subject, "connection": q.Connection} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

// Sessions walks the live sessions of a workspace and below: of a person, by a connection, or all.
func (c *Client) Sessions(ctx context.Context, workspace string, of SessionQuery) iter.Seq2[Session, error] {
	return pages[Session](ctx, c, within(workspace, "sessions"), of.values())
}

// Session reads a session.
func (c *Client) Session(ctx context.Context, workspace, id string) (Session, error) {
	return get[Session](ctx, c, within(workspace, "sessions", id), nil)
}

// RevokeSession ends a session.
func (c *Client) RevokeSession(ctx context.Context, workspace, id string) error {
	return c.delete(ctx, within(workspace, "sessions", id), "")
}

// RevokeSessions ends the sessions of a person, by a connection, or with an empty query all.
func (c *Client) RevokeSessions(ctx context.Context, workspace string, of SessionQuery) (EndedSessions, error) {
	query := of.values()
	if len(query) == 0 {
		query.Set("all", "true")
	}
	var out EndedSessions
	err := c.send(ctx, http.MethodDelete, within(workspace, "sessions"), query, nil, &out)
	return out, err
}

// Logins lists what the last logins of a member have brought.
func (c *Client) Logins(ctx context.Context, workspace, subject string) ([]Login, error) {
	return every[Login](ctx, c, within(workspace, "members", subject, "logins"))
}

// RevokeLogin says that an identity is not that person's.
func (c *Client) RevokeLogin(ctx context.Context, workspace, subject string, of Login) error {
	query := url.Values{"connection": {of.Connection}, "issuer": {of.Issuer}, "name": {of.Name}}
	return c.send(ctx, http.MethodDelete, within(workspace, "members", subject, "logins"), query, nil, nil)
}

// Factor says whether a member has a second factor.
func (c *Client) Factor(ctx context.Context, workspace, subject string) (Factor, error) {
	return get[Factor](ctx, c, within(workspace, "members", subject, "factor"), nil)
}

// ResetFactor takes the second factor away from somebody who has lost it.
func (c *Client) ResetFactor(ctx context.Context, workspace, subject string) error {
	return c.send(ctx, http.MethodPost, within(workspace, "members", subject, "reset-factor"), nil, nil, nil)
}

// appsAt is where the apps of a tenant are, by the key of its root; empty: those of the installation.
func appsAt(workspace string, segments ...string) string {
	segments = append([]string{"apps"}, segments...)
	if workspace == "" {
		return address(segments...)
	}
	return within(workspace, segments...)
}

// Apps lists the apps of a tenant, by the key of its root, or with an empty key those of the installation.
func (c *Client) Apps(ctx context.Context, workspace string) ([]App, error) {
	return every[App](ctx, c, appsAt(workspace))
}

// App reads an app by its client id.
func (c *Client) App(ctx context.Context, workspace, id string) (App, error) {
	return get[App](ctx, c, appsAt(workspace, id), nil)
}

// CreateApp registers an app with the OpenID Provider.
func (c *Client) CreateApp(ctx context.Context, workspace string, n NewApp) (IssuedApp, error) {
	return post[IssuedApp](ctx, c, appsAt(workspace), n)
}

// UpdateApp changes an app.
func (c *Client) UpdateApp(ctx context.Context, workspace, id string, change AppChange) (App, error) {
	return patch[App](ctx, c, appsAt(workspace, id), change)
}

// DeleteApp deletes an app.
func (c *Client) DeleteApp(ctx context.Context, workspace, id string) error {
	return c.delete(ctx, appsAt(workspace, id), id)
}

// RotateAppSecret gives an app another secret.
func (c *Client) RotateAppSecret(ctx context.Context, workspace, id string) (IssuedApp, error) {
	return post[IssuedApp](ctx, c, appsAt(workspace, id, "secret"), nil)
}

// SigningKeys lists the keys with which the OpenID Provider signs.
func (c *Client) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	return every[SigningKey](ctx, c, "/signing-keys")
}

// RotateSigningKeys begins to sign with the next keys.
func (c *Client) RotateSigningKeys(ctx context.Context) error {
	return c.send(ctx, http.MethodPost, "/signing-keys/rotate", nil, nil, nil)
}
