package scimserver_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// A type that clients only read answers 405 with Allow to everything else, alone and in bulk.
func TestReadOnlyType(t *testing.T) {
	t.Parallel()
	profile, _ := scim.ProfileByName("okta")
	handler := scimserver.New(scimserver.Options{Log: slog.New(slog.DiscardHandler), Caller: func(*http.Request) (scimserver.Caller, error) {
		return scimserver.Caller{
			Backend: scimserver.NewMemory(profile), Profile: profile, BaseURL: base,
			Types: []*scim.ResourceType{scim.UserType(), scim.GroupType(), scim.RoleType(), scim.TeamType()},
		}, nil
	}})
	tests := []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/Roles", "", 200, `"totalResults":0`},
		{"POST", "/Roles/.search", `{"schemas":["` + scim.URNSearchRequest + `"]}`, 200, `"totalResults":0`},
		{"GET", "/Roles/Admin", "", 404, `"status":"404"`},
		{"POST", "/Roles", `{"displayName":"x"}`, 405, `"status":"405"`},
		{"PUT", "/Roles/Admin", `{"displayName":"x"}`, 405, `"status":"405"`},
		{"PATCH", "/Entitlements/Sales", `{}`, 405, `"status":"405"`},
		{"DELETE", "/Roles/Admin", "", 405, `"status":"405"`},
		{"POST", "/Bulk", `{"schemas":["` + scim.URNBulkRequest + `"],"Operations":[{"method":"DELETE","path":"/Roles/Admin"}]}`, 200, `"status":"405"`},
		{"GET", "/ResourceTypes/Role", "", 200, `"schema":"` + scim.URNOktaRole + `"`},
		{"GET", "/ResourceTypes", "", 200, `"endpoint":"/Entitlements"`},
		{"GET", "/Schemas/" + scim.URNOktaEntitlement, "", 200, `"mutability":"readOnly"`},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/scim+json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", tt.method, tt.path, w.Code, w.Body, tt.status, tt.want)
		}
		if allow := w.Header().Get("Allow"); w.Code == 405 && allow != "GET, HEAD" {
			t.Errorf("%s %s: Allow is %q", tt.method, tt.path, allow)
		}
	}
}
