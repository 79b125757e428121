package main

import (
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// Rules from before tenants were asked for let nobody in: the doctor says so, and what to do.
func TestDoctor_IssuersOfEverybodyNeedTenants(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		issuer  string
		tenants []string
		want    string // part of the hint; empty: there is nothing to say
	}{
		{"https://accounts.google.com", nil, "domains"},
		{"https://accounts.google.com", []string{"acme.example"}, ""},
		{"https://login.microsoftonline.com/organizations/v2.0", nil, "tenant ids"},
		{"https://acme.okta.com", nil, ""},
	} {
		d := &doctor{app: &app{}}
		d.checkSignInOf(directory.Workspace{Key: "ACC123"}, []directory.Connection{{
			Name: "sso", State: directory.StateEnabled, Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{Issuer: row.issuer, Tenants: row.tenants}},
		}})
		switch {
		case row.want == "" && len(d.findings) > 0:
			t.Errorf("%s %v: %+v", row.issuer, row.tenants, d.findings)
		case row.want != "" && (len(d.findings) != 1 || d.findings[0].Status != statusFail || !strings.Contains(d.findings[0].Hint, row.want)):
			t.Errorf("%s: %+v", row.issuer, d.findings)
		}
	}
}

// The doctor says in time that nobody will be able to sign in by SAML: what counts is the certificate that lasts longest.
func TestDoctor_CertificatesOfSAML(t *testing.T) {
	t.Parallel()
	until := func(left time.Duration) string {
		key := ssotest.NewSAMLKey("idp", ssotest.NewSAMLECKey().Signer, time.Now().AddDate(-1, 0, 0), time.Now().Add(left))
		return directory.PEM(key.Certificate)
	}
	const day = 24 * time.Hour
	for want, rules := range map[string]directory.SAML{
		"ok: connection adfs: good until":                        {Certificates: []string{until(-day), until(60 * day)}},
		"warn: the last certificate of connection adfs is good":  {Certificates: []string{until(20 * day), until(5 * day)}},
		"warn: the last certificate of connection adfs was good": {Certificates: []string{until(-day)}, ExpiredCertificates: true},
		"fail: nobody can sign in by connection adfs":            {Certificates: []string{until(-day)}},
		"fail: connection adfs: a certificate cannot be read":    {Certificates: []string{"x"}},
	} {
		d := new(doctor)
		d.checkCertificates("adfs", "ACC123", &rules)
		if got := d.findings[0].Status + ": " + d.findings[0].Text; len(d.findings) != 1 || !strings.HasPrefix(got, want) {
			t.Errorf("%q, not %q", got, want)
		}
		if said := d.findings[0]; said.Status != statusOK && !strings.Contains(said.Hint, "usher connection sign-in adfs -w ACC123 --metadata FILE") {
			t.Errorf("%q has the hint %q", said.Text, said.Hint)
		}
	}
}

// The doctor says in time that our own certificates end, and what is the next of the two steps.
func TestDoctor_KeysOfOurOwn(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	madeBefore := func(age time.Duration) saml.Keys {
		keys, err := saml.GenerateKeys(time.Now().Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	old := madeBefore(5*year - 19*24*time.Hour)
	changing, err := old.Change(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		secret       string
		signs        bool
		status, text string
		hint         string
	}{
		{"", false, "", "", ""},
		{"", true, statusFail, "there is no key", "SIGN-IN --new-keys"},
		{"a client secret", false, statusFail, "not private keys in PEM", "--remove"},
		{madeBefore(0).Secret(), true, statusOK, "are good until", ""},
		{old.Secret(), true, statusWarn, "are good until", "SIGN-IN --new-keys, let"},
		{changing.Secret(), true, statusWarn, "are good until", "let the identity provider read Usher's metadata again, then SIGN-IN --switch-keys"},
		{madeBefore(6 * year).Secret(), true, statusWarn, "some identity providers refuse them", "--switch-keys"},
	} {
		d := new(doctor)
		d.checkKeysOf("adfs", "SIGN-IN", &directory.SignIn{SAML: &directory.SAML{SignRequests: row.signs}}, row.secret)
		if row.status == "" && len(d.findings) == 0 {
			continue
		}
		if len(d.findings) != 1 || d.findings[0].Status != row.status || !strings.Contains(d.findings[0].Text, row.text) || !strings.Contains(d.findings[0].Hint, row.hint) {
			t.Errorf("%+v, not %+v", d.findings, row)
		}
	}
}
