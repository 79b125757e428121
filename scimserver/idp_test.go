package scimserver_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest"
)

// TestIdentityProviders plays the identity providers, and their own published test suites, against the memory
// backend.
func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	rows := []struct{ profile, scenario string }{
		{"okta", "okta"},
		{"okta", "okta-aiw"},
		{"okta", "okta-spec"},
		{"entra", "entra"},
		{"entra", "entra-flag"},
		{"entra", "microsoft-validator"},
		{"okta", "parallel"},
		{"entra", "parallel"},
		// One tenant may use any of them, and the catch-all preset must serve them all.
		{"generic", "okta"},
		{"generic", "okta-aiw"},
		{"generic", "okta-spec"},
		{"generic", "entra"},
		{"generic", "entra-flag"},
		{"generic", "microsoft-validator"},
	}
	for _, row := range rows {
		t.Run(row.scenario+" on "+row.profile, func(t *testing.T) {
			t.Parallel()
			p := profile(t, row.profile)
			f := bare(t, p, nil)
			srv := httptest.NewServer(f.handler)
			t.Cleanup(srv.Close)
			scimtest.Run(t, &scimclient.Client{BaseURL: srv.URL, Token: token}, row.scenario)
			if strings.Contains(f.log.String(), `"level":"ERROR"`) {
				t.Error(f.log)
			}
		})
	}
}
