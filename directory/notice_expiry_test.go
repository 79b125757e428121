package directory_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestExpiryWarning_ComesBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for _, w := range []struct {
		before time.Duration
		days   int
		due    bool
	}{
		{31 * 24 * time.Hour, 0, false},
		{30 * 24 * time.Hour, 30, true},
		{7*24*time.Hour + 1, 30, true},
		{7 * 24 * time.Hour, 7, true},
		{24 * time.Hour, 1, true},
		{0, 1, true},
		{-time.Second, 0, true},
	} {
		if days, due := directory.ExpiryWarning(testStart, testStart.Add(-w.before)); days != w.days || due != w.due {
			t.Errorf("%s before the end: %d, %v", w.before, days, due)
		}
	}
}

func TestNotice_J10_ATokenThatExpiresIsToldOnceForEachDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	_, err := w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(0, 3, 0))
	check(t, err)
	_, err = w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(0, 0, 3)) // never lived for a week
	check(t, err)
	told := []string{directory.NoticeTokenExpires}
	for i, look := range []struct {
		days int // later
		want []string
	}{{0, nil}, {2, told}, {58, told}, {10, nil}, {14, told}, {5, told}, {2, nil}} { // after 0, 2, 60, 70, 84, 89 and 91 days
		w.clock.add(time.Duration(look.days) * 24 * time.Hour)
		equal(t, fmt.Sprintf("look %d", i), w.toldOfExpiry(), look.want)
	}
}

func TestNotice_ACertificateThatExpiresIsToldOnceForEachDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	w.signInBySAML(testStart.AddDate(0, 0, 40), "")
	told := []string{directory.NoticeCertificateExpires}
	for i, look := range []struct {
		days int // later
		want []string
	}{{5, nil}, {6, told}, {10, nil}, {13, told}, {5, told}, {2, nil}} { // 35, 29, 19, 6, 1 left, and over
		w.clock.add(time.Duration(look.days) * 24 * time.Hour)
		equal(t, fmt.Sprintf("look %d", i), w.toldOfExpiry(), look.want)
	}
}

// Of our own certificates the one that ends first is told, once: they change together. After that there is nothing to tell.
func TestNotice_OurOwnCertificatesAreToldBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	first, later := testStart.AddDate(0, 0, 40), testStart.AddDate(0, 0, 41)
	c := w.signInBySAML(testStart.AddDate(9, 0, 0), certificateUntil(t, later)+certificateUntil(t, first))
	w.clock.add(11 * 24 * time.Hour)
	equal(t, "29 days before", w.toldOfExpiry(), []string{directory.NoticeKeysExpire})
	equal(t, "once", w.toldOfExpiry(), []string(nil))
	check(t, w.directory.SetSignInSecret(w.ctx, operator, c, certificateUntil(t, testStart.AddDate(5, 0, 0))))
	w.clock.add(25 * 24 * time.Hour)
	equal(t, "they were changed", w.toldOfExpiry(), []string(nil))
}

// signInBySAML has people sign in by a certificate that is good until then, and keeps the secret.
func (w *world) signInBySAML(until time.Time, secret string) directory.Connection {
	w.t.Helper()
	settings := w.connection.Settings
	settings.SignIn = &directory.SignIn{Protocol: directory.ProtocolSAML, Issuer: "idp", SAML: &directory.SAML{
		SSO: "https://idp.example/sso", Certificates: []string{certificateUntil(w.t, until)},
	}}
	c, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings, SignInSecret: &secret})
	check(w.t, err)
	w.toldOfExpiry() // that people can sign in
	return c
}

// certificateUntil is a certificate in PEM.
func certificateUntil(t testing.TB, until time.Time) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	draft := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: testStart.AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, draft, draft, private.Public(), private)
	check(t, err)
	return directory.PEM(&x509.Certificate{Raw: der})
}

// toldOfExpiry are the types of the mails that are due after two looks.
func (w *world) toldOfExpiry() (types []string) {
	w.t.Helper()
	check(w.t, directory.TellExpiring(w.directory, w.ctx))
	check(w.t, directory.TellExpiring(w.directory, w.ctx))
	due, err := w.directory.DueMessages(w.ctx, directory.MessageMail, 10)
	check(w.t, err)
	for _, m := range due {
		types = append(types, m.Type)
		check(w.t, w.directory.RecordMessage(w.ctx, m, directory.MessageOutcome{Delivered: true}))
	}
	return types
}
