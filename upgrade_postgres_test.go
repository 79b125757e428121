package usher_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
	"github.com/usher-scim/usher/store/sqlite"
)

// firstRelease is what the first usher answered, about the database that it left: see store/sqlite/testdata.
type firstRelease struct {
	Key         string
	PublicURL   string
	Connections []struct {
		ID, Token     string
		Users, Groups []any
	}
	Revoked string
	Deleted struct{ UserName, ExternalID, Subject string }

	Memberships, Audit, Events []map[string]any
}

// What the first usher stored is served after a migration as it served it: on SQLite, and when it was copied to
// PostgreSQL.
func TestUpgrade_OfTheFirstRelease(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("store/sqlite/testdata/version1.json")
	must(t, err)
	var want firstRelease
	must(t, json.Unmarshal(text, &want))
	path := firstDatabase(t)
	migrated, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: upgradeTime})
	must(t, err)
	must(t, migrated.Close())
	url := copyToPostgres(t, path)
	t.Run("sqlite", func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: upgradeTime})
		must(t, err)
		defer s.Close()
		want.verify(t, s)
	})
	t.Run("postgres", func(t *testing.T) {
		s, err := postgres.Open(t.Context(), url, postgres.Options{Now: upgradeTime})
		must(t, err)
		defer s.Close()
		want.verify(t, s)
	})
}

// upgradeTime is soon after the first usher wrote: nothing is too old to be kept.
func upgradeTime() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }

// firstDatabase is the file that the first usher wrote.
func firstDatabase(t *testing.T) (path string) {
	t.Helper()
	dump, err := os.ReadFile("store/sqlite/testdata/version1.sql")
	must(t, err)
	path = filepath.Join(t.TempDir(), sqlite.FileName)
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.Exec(string(dump))
	must(t, errors.Join(err, db.Close()))
	return path
}

func copyToPostgres(t *testing.T, path string) (url string) {
	t.Helper()
	server, err := postgrestest.Start()
	must(t, err)
	t.Cleanup(func() { must(t, server.Stop()) })
	source, err := sqlite.OpenSource(t.Context(), path, false)
	must(t, err)
	_, err = postgres.Copy(t.Context(), server.URL("postgres"), source, nil)
	must(t, errors.Join(err, source.Close()))
	return server.URL("postgres")
}

func (r *firstRelease) verify(t *testing.T, store directory.Store) {
	t.Helper()
	key, err := directory.ParseKey(r.Key)
	must(t, err)
	server, err := usher.New(usher.Config{
		Store: store, Key: key, Now: upgradeTime, PublicURL: r.PublicURL, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	w, err := server.Directory().Workspace(t.Context(), "ACC123")
	must(t, err)
	r.verifyRows(t, store, w)
	r.verifyAnswers(t, server)
	r.verifyWrites(t, server, store, w)
	_, err = server.Directory().Checkpoint(t.Context(), w)
	must(t, err)
	v, err := server.Directory().VerifyAudit(t.Context(), w, nil)
	must(t, err)
	if v.Fault != nil || int(v.Entries) <= len(r.Audit) {
		t.Errorf("the audit log: %+v, fault %v", v, v.Fault)
	}
}

// verifyRows compares members, and both logs with the places up to which readers have come.
func (r *firstRelease) verifyRows(t *testing.T, s directory.Store, w directory.Workspace) {
	t.Helper()
	var members, audit, events []map[string]any
	memberships, err := s.Memberships(t.Context(), w.Root, w.ID, "", 0)
	must(t, err)
	for _, m := range memberships {
		members = append(members, map[string]any{
			"subject": m.Subject, "role": m.Role, "status": string(m.Status), "created": float64(m.Created.UnixNano()), "version": float64(m.Version),
		})
	}
	entries, err := s.Audit(t.Context(), w.Root, "", 0, 0)
	must(t, err)
	for _, e := range entries {
		audit = append(audit, map[string]any{
			"seq": float64(e.Seq), "id": e.ID, "actor": e.Actor, "action": e.Action, "target": e.Target, "subject": e.Subject,
		})
	}
	feed, err := s.Events(t.Context(), w.Root, 0, 0)
	must(t, err)
	for _, e := range feed {
		events = append(events, map[string]any{"seq": float64(e.Seq), "id": e.ID, "type": e.Type, "subject": e.Subject})
	}
	for what, pair := range map[string][2]any{
		"members": {r.Memberships, members}, "audit": {r.Audit, audit}, "events": {r.Events, events},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s: of the first usher (-), now (+):\n%s", what, diff)
		}
	}
}

// verifyAnswers asks with the tokens of then.
func (r *firstRelease) verifyAnswers(t *testing.T, server http.Handler) {
	t.Helper()
	for _, c := range r.Connections {
		for endpoint, want := range map[string][]any{"Users": c.Users, "Groups": c.Groups} {
			var list struct{ Resources []any }
			if status := answer(t, server, c.Token, http.MethodGet, "/scim/"+c.ID+"/v2/"+endpoint, "", &list); status != http.StatusOK {
				t.Errorf("%s: %d", endpoint, status)
			}
			if diff := cmp.Diff(want, list.Resources, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: of the first usher (-), now (+):\n%s", endpoint, diff)
			}
		}
	}
	if status := answer(t, server, r.Revoked, http.MethodGet, "/scim/"+r.Connections[0].ID+"/v2/Users", "", nil); status != http.StatusUnauthorized {
		t.Errorf("a token that was revoked: %d", status)
	}
}

// verifyWrites goes on where the first usher stopped: who was deleted and comes back is the same person, and the feed
// goes on behind its last event.
func (r *firstRelease) verifyWrites(t *testing.T, server http.Handler, s directory.Store, w directory.Workspace) {
	t.Helper()
	c, d := r.Connections[0], r.Deleted
	body := `{"schemas":["` + scim.URNUser + `"],"userName":"` + d.UserName + `","externalId":"` + d.ExternalID + `"}`
	var made struct{ ID string }
	if status := answer(t, server, c.Token, http.MethodPost, "/scim/"+c.ID+"/v2/Users", body, &made); status != http.StatusCreated {
		t.Fatalf("created: %d", status)
	}
	user, err := s.User(t.Context(), w.Root, c.ID, made.ID)
	must(t, err)
	if user.Subject != d.Subject {
		t.Errorf("who was deleted is %s now, and was %s", user.Subject, d.Subject)
	}
	last := r.Events[len(r.Events)-1]["seq"].(float64)
	if events, err := s.Events(t.Context(), w.Root, int64(last), 0); err != nil || len(events) == 0 {
		t.Errorf("behind %v there are %d events, %v", last, len(events), err)
	}
}

// answer sends a request, and decodes what comes back.
func answer(t *testing.T, server http.Handler, token, method, path, body string, to any) (status int) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:1000" // without TLS from here alone
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, req)
	if to != nil {
		must(t, json.Unmarshal(w.Body.Bytes(), to))
	}
	return w.Code
}
