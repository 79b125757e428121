package scimserver_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scimserver"
)

func TestLogRecord(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, method, path, body string
		want                     map[string]any
	}{
		{
			"a list", "GET", find(`userName eq "bob@example.com" and (active eq true or not (title pr)) and emails[type eq "work" and value co "x"]`), "",
			map[string]any{
				"method": "GET", "path": "/Users", "status": 200.0, "connection": "c1", "level": "INFO",
				"filter": "userName eq ? and (active eq ? or not (title pr)) and emails[type eq ? and value co ?]",
			},
		},
		{"a resource", "GET", "/Users/{bob}", "", map[string]any{"path": "/Users/{id}", "resource": "{bob}", "filter": nil}},
		{"a deep filter path", "GET", find(`name.givenName sw "B"`), "", map[string]any{"filter": "name.givenName sw ?"}},
		{
			"a refusal", "POST", "/Users", `{` + userSchemas + `,"userName":"bob@example.com"}`,
			map[string]any{"status": 409.0, "kind": "value taken", "scim_type": "uniqueness", "where": "userName", "error": nil},
		},
		{"an unknown endpoint", "GET", "/nope/bob@example.com/x", "", map[string]any{"path": "/nope/{id}/…", "kind": "unknown endpoint"}},
		{"an endpoint that could be anything", "GET", "/bob@example.com", "", map[string]any{"path": "(other)"}},
		{"an endpoint that is long", "GET", "/" + strings.Repeat("x", 99), "", map[string]any{"path": "(other)"}},
		{"the root", "GET", "/", "", map[string]any{"path": "/", "status": 200.0, "level": "INFO"}},
		{"a search", "POST", "/Users/.search", "{}", map[string]any{"path": "/Users/.search", "status": 400.0}},
		{"a delete", "DELETE", "/Users/{bob}", "", map[string]any{"status": 204.0, "bytes": 0.0, "resource": "{bob}"}},
		{"HEAD", "HEAD", "/Users", "", map[string]any{"status": 200.0, "bytes": 0.0}},
	}
	for _, row := range rows {
		t.Run("R-176 "+row.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "okta", nil)
			a := f.do(row.method, row.path, row.body, nil)
			rec := f.log.last(t)
			for name, want := range row.want {
				if s, ok := want.(string); ok {
					want = f.expand(s)
				}
				if rec[name] != want {
					t.Errorf("%s is %v, want %v", name, rec[name], want)
				}
			}
			if row.method == "GET" && rec["bytes"] != float64(a.Body.Len()) {
				t.Errorf("bytes %v of %d", rec["bytes"], a.Body.Len())
			}
			for _, word := range []string{"bob@example.com", token, "Bearer"} {
				if strings.Contains(f.log.String(), word) {
					t.Errorf("the log has %q: %s", word, f.log)
				}
			}
		})
	}
}

func TestLogRecord_Warnings(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil) // D-07
	for _, row := range []struct{ method, path, body string }{
		{"POST", "/Users", `{` + userSchemas + `,"userName":"dan","prefferedLanguage":"en"}`},
		{"PATCH", "/Users/{bob}", ops(`{"op":"replace","value":{"prefferedLanguage":"en"}}`)},
	} {
		a := f.do(row.method, row.path, row.body, nil)
		warnings, _ := f.log.last(t)["warnings"].([]any)
		if a.Code >= 300 || len(warnings) != 1 || !strings.Contains(warnings[0].(string), "preferredLanguage") {
			t.Errorf("%s: %d, warnings %q", row.method, a.Code, warnings)
		}
	}
}

func TestLogRecord_Duration(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	f := bare(t, profile(t, "okta"), func(o *scimserver.Options) {
		o.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
	})
	f.do("GET", "/Users", "", nil)
	if rec := f.log.last(t); rec["duration_ms"] != 1.0 {
		t.Errorf("duration %v", rec["duration_ms"])
	}
}

func TestLog_Disabled(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), func(o *scimserver.Options) { o.Log = slog.New(slog.DiscardHandler) })
	if a := f.do("GET", "/Users", "", nil); a.Code != 200 || f.log.String() != "" {
		t.Errorf("%d %s", a.Code, f.log)
	}
}
