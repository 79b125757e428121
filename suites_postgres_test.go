package usher_test

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest"
	rfc "github.com/usher-scim/usher/scimtest/conformance"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// Every identity provider and every suite finds on PostgreSQL what it finds on SQLite, on the release of the system and on
// the newer one.
func TestPostgres_SimulatorsAndSuites(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(...string) (*postgrestest.Server, error){
		"system": postgrestest.Start, "fetched": postgrestest.StartFetched,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := installPostgres(t, start)
			for _, s := range append(scimtest.All(), scimtest.MisbehavingModes()...) {
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					in.play(t, s)
				})
			}
			for _, profile := range []string{"rfc", "generic", "okta", "entra"} {
				t.Run("check "+profile, func(t *testing.T) {
					t.Parallel()
					w := in.workspace(t, "check")
					rfc.Test(t, in.connect(t, w, profile), rfc.Options{})
				})
			}
		})
	}
}

// installation is a server whose directory is in PostgreSQL.
type installation struct {
	directory *directory.Directory
	url       string
}

func installPostgres(t *testing.T, start func(...string) (*postgrestest.Server, error)) installation {
	t.Helper()
	database, err := start()
	if errors.Is(err, postgrestest.ErrNotFetched) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { must(t, database.Stop()) })
	store, err := postgres.Open(t.Context(), database.URL("postgres"), postgres.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	server, err := usher.New(usher.Config{
		Store: store, Key: directory.NewKey(), Log: slog.New(slog.DiscardHandler), RateLimit: usher.RateLimit{PerSecond: -1},
	})
	must(t, err)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	return installation{directory: server.Directory(), url: listening.URL}
}

// workspace makes one for a scenario alone. Some need more than a workspace: see their text.
func (in installation) workspace(t *testing.T, scenario string) directory.Workspace {
	t.Helper()
	if scenario == "clevertap-app" {
		return in.accounts(t)
	}
	w, err := in.directory.CreateWorkspace(t.Context(), operator, directory.NewWorkspace{Key: rand.Text()[:10]})
	must(t, err)
	return w
}

// accounts makes the workspaces ACC123 and ACC456 of an app that has many.
func (in installation) accounts(t *testing.T) directory.Workspace {
	t.Helper()
	roles := []directory.Role{{Name: "Editor"}, {Name: "Viewer"}}
	w, err := in.directory.CreateWorkspace(t.Context(), operator, directory.NewWorkspace{Key: "ACC123", DefaultRole: "Viewer", Roles: roles})
	must(t, err)
	_, err = in.directory.CreateWorkspace(t.Context(), operator, directory.NewWorkspace{Key: "ACC456", Parent: "ACC123", DefaultRole: "Viewer", Roles: roles})
	must(t, err)
	_, err = in.directory.CreateTeam(t.Context(), operator, w, directory.Team{Name: "Marketing"})
	must(t, err)
	return w
}

// connect makes a connection for the profile, and a client of it.
func (in installation) connect(t *testing.T, w directory.Workspace, profile string) *scimclient.Client {
	t.Helper()
	n := directory.NewConnection{Name: "any", Profile: profile}
	n.Settings.Mapping.UnknownRoles = mapping.UnknownDefault
	c, err := in.directory.CreateConnection(t.Context(), operator, w, n)
	must(t, err)
	token, err := in.directory.CreateToken(t.Context(), operator, c, time.Now().Add(time.Hour))
	must(t, err)
	return &scimclient.Client{BaseURL: in.url + "/scim/" + c.ID + "/v2", Token: token.Text}
}

// play runs a scenario in a workspace of its own. No step may be missed, and the audit log is whole afterwards.
func (in installation) play(t *testing.T, s scimtest.Scenario) {
	t.Helper()
	w := in.workspace(t, s.Name)
	if text := s.Schema(); text != "" {
		doc, err := scim.ParseJSON([]byte(text), scim.Limits{})
		must(t, err)
		declaration, err := scim.ParseDeclaration(doc)
		must(t, err)
		_, err = in.directory.Declare(t.Context(), operator, w, declaration)
		must(t, err)
	}
	report := s.Run(t.Context(), in.connect(t, w, s.Profile), scimtest.Options{})
	if report.Failed() {
		scimtest.Check(t, report)
	}
	_, err := in.directory.Checkpoint(t.Context(), w)
	must(t, err)
	if v, err := in.directory.VerifyAudit(t.Context(), w, nil); err != nil || v.Fault != nil {
		t.Errorf("the audit log: %+v, %v", v, err)
	}
}
