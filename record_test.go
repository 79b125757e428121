package usher_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/usher-scim/usher"
)

// Every request leaves one record with the same fields, whichever face was talked to, and nothing of a path that may name
// a person.
func TestLog_OneRecordPerRequestWithTheSameFields(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, usher.Config{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	const far = "198.51.100.7:1"
	for _, row := range []struct {
		request         request
		msg, path, kind string
		status          float64
	}{
		{request{path: "/scim/{id}/v2/Users/ada"}, "scim request", "/Users/{id}", "unknown resource", 404},
		{request{path: "/scim/x"}, "scim request", "/x", "unknown endpoint", 404},
		{request{method: "POST", path: "/scim/{id}/oauth2/token"}, "token request", "/oauth2/token", "invalid_request", 400},
		{request{path: "/api/v1/workspaces"}, "admin request", "/workspaces", "", 401},
		{request{path: "/api/v1/workspaces", remote: far}, "admin request", "(other)", "", 403},
		{request{path: "/api/v1/ada"}, "admin request", "(other)", "", 404},
		{request{path: "/sso/session"}, "sign-in request", "/session", "no_session", 403},
		{request{path: "/sso/session", remote: far}, "sign-in request", "(other)", "", 403},
		{request{path: "/sso/ada"}, "sign-in request", "(other)", "", 404},
		{request{path: "/.well-known/openid-configuration"}, "openid request", "/.well-known/openid-configuration", "", 200},
		{request{method: "OPTIONS", path: "/.well-known/openid-configuration"}, "openid request", "/.well-known/openid-configuration", "", 204},
		{request{path: "/oauth2/userinfo", remote: far}, "openid request", "/oauth2/userinfo", "", 403},
		{request{path: "/v2/Users"}, "unserved request", "/v2/Users", "unknown path", 404},
		{request{path: "/API/scim/v2/Users/ada"}, "unserved request", "/API/…/Users/{id}", "unknown path", 404},
		{request{path: "/ada/v2/Users/ada"}, "unserved request", "/…/Users/{id}", "unknown path", 404},
		{request{path: "/ada/Users"}, "unserved request", "/…/Users", "unknown path", 404},
		{request{path: "/Users/ada"}, "unserved request", "/Users/{id}", "unknown path", 404},
		{request{path: "/users/ada"}, "unserved request", "/users/…", "unknown path", 404},
		{request{path: "/ada"}, "unserved request", "(other)", "unknown path", 404},
		{request{path: "/ada/v2"}, "unserved request", "(other)", "unknown path", 404},
		{request{path: "/console/"}, "unserved request", "/console", "unknown path", 404},
		{request{path: "/console/ada"}, "unserved request", "/console/…", "unknown path", 404},
		{request{path: "/ada@example.com"}, "unserved request", "(other)", "unknown path", 404},
		{request{path: "/"}, "unserved request", "/", "unknown path", 404},
	} {
		log.Reset()
		w := b.do(row.request)
		var records []map[string]any
		for line := range strings.Lines(log.String()) {
			var r map[string]any
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if r["msg"] != "sign-in refused" { // which says more of one
				records = append(records, r)
			}
		}
		if len(records) != 1 {
			t.Errorf("%s: %d records: %s", row.request.path, len(records), &log)
			continue
		}
		r := records[0]
		kind, _ := r["kind"].(string)
		if r["msg"] != row.msg || r["path"] != row.path || kind != row.kind || r["status"] != row.status || float64(w.Code) != row.status {
			t.Errorf("%s: answered %d, %s", row.request.path, w.Code, &log)
		}
		if r["bytes"] != float64(w.Body.Len()) || r["request_id"] != w.Header().Get("X-Request-Id") {
			t.Errorf("%s: answered %d bytes, %s", row.request.path, w.Body.Len(), &log)
		}
		for _, field := range []string{"method", "address", "duration_ms"} {
			if r[field] == nil {
				t.Errorf("%s: no %s: %s", row.request.path, field, &log)
			}
		}
		if strings.Contains(log.String(), "ada") {
			t.Errorf("%s: the record may name a person: %s", row.request.path, &log)
		}
	}
	log.Reset()
	for _, probe := range []string{"/healthz", "/readyz"} {
		if b.do(request{path: probe}); log.Len() > 0 {
			t.Errorf("%s: %s", probe, &log)
		}
	}
}
