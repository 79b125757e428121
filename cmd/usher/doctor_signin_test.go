package main

import (
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
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

// Of a certificate that is over, or soon will be, the doctor tells; an entity ID is nobody's to call.
func TestDoctor_CertificatesThatExpire(t *testing.T) {
	t.Parallel()
	keys, _ := ssotest.SAMLKeys()
	ends := keys[0].Certificate.NotAfter
	rules := &directory.SignIn{Protocol: directory.ProtocolSAML, Issuer: "https://idp.example/metadata", SAML: &directory.SAML{
		Certificates: []string{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: keys[0].Certificate.Raw}))},
	}}
	for before, want := range map[time.Duration]string{31 * 24 * time.Hour: "", 29 * 24 * time.Hour: "is over on 20", -time.Hour: "is over"} {
		d := &doctor{app: &app{now: func() time.Time { return ends.Add(-before) }}}
		issuers, letsIn := d.checkSignInOf(directory.Workspace{Key: "ACC123"}, []directory.Connection{{
			Name: "sso", State: directory.StateEnabled, Settings: directory.ConnectionSettings{SignIn: rules},
		}})
		if len(issuers) > 0 || !letsIn {
			t.Errorf("%s: issuers %v, %v", before, issuers, letsIn)
		}
		switch {
		case want == "" && len(d.findings) > 0:
			t.Errorf("%s: %+v", before, d.findings)
		case want != "" && (len(d.findings) != 1 || !strings.Contains(d.findings[0].Text, want) || !strings.Contains(d.findings[0].Hint, "--metadata")):
			t.Errorf("%s: %+v", before, d.findings)
		}
	}
}
