package directory_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func (w *world) secret() directory.IssuedToken {
	w.t.Helper()
	secret, err := w.directory.CreateClientSecret(w.ctx, operator, w.connection, w.clock.Now().AddDate(1, 0, 0))
	check(w.t, err)
	return secret
}

func (w *world) access(secret string, ttl time.Duration) directory.AccessToken {
	w.t.Helper()
	access, err := w.grant(w.connection.ID, secret, ttl)
	check(w.t, err)
	return access
}

func (w *world) grant(connection, secret string, ttl time.Duration) (directory.AccessToken, error) {
	return w.directory.GrantAccess(w.ctx, directory.ClientCredentials{Connection: connection, ID: connection, Secret: secret}, ttl)
}

func TestGrantAccess_D21_AccessTokenIsABearerToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	secret := w.secret()
	if form := regexp.MustCompile(`^usher_secret_[0-9a-v]{10}_[0-9a-v]{32}_[0-9a-v]{7}$`); !form.MatchString(secret.Text) {
		t.Errorf("client secret %q is not of the form %s", secret.Text, form)
	}
	access := w.access(secret.Text, time.Hour)
	if form := regexp.MustCompile(`^usher_at_[0-9a-v]{10}_[0-9a-v]{20}_[0-9a-v]{8}_[0-9a-v]{52}$`); !form.MatchString(access.Text) {
		t.Errorf("access token %q is not of the form %s", access.Text, form)
	}
	equal(t, "lifetime", access.Lifetime, time.Hour)
	for _, connection := range []string{"", w.connection.ID} {
		client, err := w.authenticate("Bearer "+access.Text, connection)
		check(t, err)
		equal(t, "client", []any{client.Connection.ID, client.TokenID, client.User, client.ClientCredentials},
			[]any{w.connection.ID, secret.ID, "", true})
	}
	// Any process with the key knows it, none without.
	for _, key := range []directory.Key{w.key, directory.NewKey()} {
		elsewhere := w.open(key)
		_, err := elsewhere.Authenticate(w.ctx, directory.Credentials{Authorization: "Bearer " + access.Text})
		if key == w.key {
			check(t, err)
			continue
		}
		wantKind(t, err, scim.KindUnknownToken)
	}
}

// access tokens end with their time, or with their secret's.
func TestGrantAccess_C8_ExpiredSaysWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	secret := w.secret()
	header := "Bearer " + w.access(secret.Text, time.Hour).Text
	w.clock.add(time.Hour)
	_, err := w.authenticate(header, "") // whole seconds, rounded up: never earlier than it was told
	check(t, err)
	w.clock.add(time.Second)
	_, err = w.authenticate(header, "")
	wantKind(t, err, scim.KindExpiredToken, "2030-01-02T04:04:06Z", "token URL")

	w.clock.add(secret.Expires.Sub(w.clock.Now()) - 90*time.Second) // 90 seconds before the secret's end
	last := w.access(secret.Text, time.Hour)
	equal(t, "lifetime", last.Lifetime, 90*time.Second)
	w.clock.add(90 * time.Second)
	_, err = w.authenticate("Bearer "+last.Text, "")
	wantKind(t, err, scim.KindExpiredToken, "2031-01-02T03:04:05Z")
	_, err = w.grant(w.connection.ID, secret.Text, time.Hour)
	wantKind(t, err, scim.KindExpiredToken, "2031-01-02T03:04:05Z")
}

func TestGrantAccess_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	secret, bearer := w.secret().Text, w.token(w.connection).Text
	other := w.connect("other", "okta").ID
	revoked := w.secret()
	_, err := w.directory.RevokeToken(w.ctx, operator, w.connection, revoked.ID)
	check(t, err)
	rows := []struct {
		name, connection, id, secret string
		kind                         scim.Kind
	}{
		{"no secret", w.connection.ID, w.connection.ID, "", scim.KindMalformedToken},
		{"a bearer token is no client secret", w.connection.ID, w.connection.ID, bearer, scim.KindMalformedToken},
		{"an access token is no client secret", w.connection.ID, w.connection.ID, w.access(secret, time.Hour).Text, scim.KindMalformedToken},
		{"cut off", w.connection.ID, w.connection.ID, secret[:len(secret)-1], scim.KindMalformedToken},
		{"a bearer token under the other prefix", w.connection.ID, w.connection.ID, directory.WithSecretPrefix(bearer), scim.KindUnknownToken},
		{"unknown", w.connection.ID, w.connection.ID, directory.NewSecretText(w.workspace.Root), scim.KindUnknownToken},
		{"another client id", w.connection.ID, other, secret, scim.KindForeignToken},
		{"another URL", other, w.connection.ID, secret, scim.KindForeignToken},
		{"R-175 another connection", other, other, secret, scim.KindForeignToken},
		{"revoked", w.connection.ID, w.connection.ID, revoked.Text, scim.KindRevokedToken},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := w.directory.GrantAccess(w.ctx, directory.ClientCredentials{Connection: row.connection, ID: row.id, Secret: row.secret}, time.Hour)
			wantKind(t, err, row.kind)
			if row.secret != "" && strings.Contains(err.Error(), row.secret) {
				t.Error("the secret stands in the error")
			}
		})
	}
	for _, state := range []struct {
		set  func() error
		kind scim.Kind
	}{
		{func() error { _, err := w.directory.PauseConnection(w.ctx, operator, w.connection); return err }, scim.KindPaused},
		{func() error { return w.directory.DeleteConnection(w.ctx, operator, w.connection) }, scim.KindUnknownToken},
	} {
		check(t, state.set())
		_, err := w.grant(w.connection.ID, secret, time.Hour)
		wantKind(t, err, state.kind)
	}
}

// Access tokens end with their secret, within a second in every process.
func TestGrantAccess_RevokingTheSecretEndsItsAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	secret, stays := w.secret(), w.secret()
	first, second := "Bearer "+w.access(secret.Text, time.Hour).Text, "Bearer "+w.access(secret.Text, 2*time.Hour).Text
	third := "Bearer " + w.access(stays.Text, time.Hour).Text
	for _, header := range []string{first, second, third} {
		_, err := w.authenticate(header, "")
		check(t, err)
	}
	elsewhere := w.open(w.key)
	_, err := elsewhere.RevokeToken(w.ctx, operator, w.connection, secret.ID)
	check(t, err)
	w.clock.add(time.Second)
	for _, header := range []string{first, second} {
		_, err = w.authenticate(header, "")
		wantKind(t, err, scim.KindRevokedToken, "2030-01-02T03:04:05Z")
	}
	_, err = w.authenticate(third, "")
	check(t, err)
}

// discovery says client credentials only while there is a live secret.
func TestAuthenticate_ClientCredentialsAreAnnouncedWhileASecretIsLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	header := "Bearer " + w.token(w.connection).Text
	announced := func() bool {
		t.Helper()
		w.clock.add(time.Second)
		client, err := w.authenticate(header, "")
		check(t, err)
		return client.ClientCredentials
	}
	equal(t, "before", announced(), false)
	secret := w.secret()
	equal(t, "with a secret", announced(), true)
	_, err := w.directory.RevokeToken(w.ctx, operator, w.connection, secret.ID)
	check(t, err)
	equal(t, "revoked", announced(), false)
}

func TestDirectory_DeriveKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	cursors := w.directory.DeriveKey("cursors")
	if cursors != w.open(w.key).DeriveKey("cursors") {
		t.Error("another process derives another key")
	}
	for _, other := range [][32]byte{w.key, w.directory.DeriveKey("other"), w.open(directory.NewKey()).DeriveKey("cursors"), {}} {
		if cursors == other {
			t.Errorf("the key of one purpose is that of another: %x", other)
		}
	}
}
