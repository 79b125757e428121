package main

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
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
