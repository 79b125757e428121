package usher_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
)

// The app's own rules: contractors are guests, whatever the identity provider says, and some companies have no contract.
func ExampleConfig_hook() {
	ownRules := func(_ context.Context, q directory.HookQuestion) (directory.HookAnswer, error) {
		switch document := string(q.Document); {
		case strings.Contains(document, "@elsewhere.example"):
			return directory.HookAnswer{Refused: "elsewhere.example has no contract"}, nil
		case strings.Contains(document, "@contractor.example"):
			guest := "guest"
			return directory.HookAnswer{Memberships: []directory.HookChange{{Workspace: q.Workspace, Role: &guest}}}, nil
		}
		return directory.HookAnswer{}, nil
	}

	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example-")
	check(err)
	defer os.RemoveAll(folder)
	store, err := sqlite.Open(ctx, filepath.Join(folder, "usher.db"), sqlite.Options{})
	check(err)
	defer store.Close()
	server, err := usher.New(usher.Config{
		Store: store, Key: directory.NewKey(), Hook: ownRules, Log: slog.New(slog.DiscardHandler),
	})
	check(err)
	defer server.Close()
	app := httptest.NewServer(server)
	defer app.Close()

	dir, by := server.Directory(), directory.Actor{Name: "app:setup"}
	workspace, err := dir.CreateWorkspace(ctx, by, directory.NewWorkspace{
		Key: "ACC123", DefaultRole: "editor", Roles: []directory.Role{{Name: "editor"}, {Name: "guest"}},
	})
	check(err)
	connection, err := dir.CreateConnection(ctx, by, workspace, directory.NewConnection{Name: "okta", Profile: "okta"})
	check(err)
	token, err := dir.CreateToken(ctx, by, connection, time.Now().AddDate(1, 0, 0))
	check(err)

	for _, name := range []string{"ada@example.com", "bob@contractor.example", "cid@elsewhere.example"} {
		user := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + name + `"}`
		request, err := http.NewRequest(http.MethodPost, app.URL+"/scim/"+connection.ID+"/v2/Users", strings.NewReader(user))
		check(err)
		request.Header.Set("Authorization", "Bearer "+token.Text)
		request.Header.Set("Content-Type", "application/scim+json")
		response, err := http.DefaultClient.Do(request)
		check(err)
		check(response.Body.Close())
		fmt.Println(name, response.Status)
	}
	people, err := dir.People(ctx, workspace, directory.PeopleFilter{})
	check(err)
	for _, p := range people {
		fmt.Println(p.Who.Name, "is", p.Role)
	}
	// Unordered output:
	// ada@example.com 201 Created
	// bob@contractor.example 201 Created
	// cid@elsewhere.example 403 Forbidden
	// ada@example.com is editor
	// bob@contractor.example is guest
}
