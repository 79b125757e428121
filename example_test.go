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

// An app mounts Usher beside its own pages, makes a connection for a customer, and the customer's identity provider
// pushes a user.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example-")
	check(err)
	defer os.RemoveAll(folder)

	store, err := sqlite.Open(ctx, filepath.Join(folder, "usher.db"), sqlite.Options{})
	check(err)
	defer store.Close()

	server, err := usher.New(usher.Config{
		Store:     store,
		Key:       directory.NewKey(), // an app keeps it: see directory.ParseKey
		PublicURL: "https://app.example.com",
		Log:       slog.New(slog.DiscardHandler),
	})
	check(err)
	defer server.Close()

	mux := http.NewServeMux()
	mux.Handle("/scim/", server)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "the app") })
	app := httptest.NewServer(mux)
	defer app.Close()

	dir, by := server.Directory(), directory.Actor{Name: "app:setup"}
	workspace, err := dir.CreateWorkspace(ctx, by, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	check(err)
	connection, err := dir.CreateConnection(ctx, by, workspace, directory.NewConnection{Name: "okta", Profile: "okta"})
	check(err)
	token, err := dir.CreateToken(ctx, by, connection, time.Now().AddDate(1, 0, 0))
	check(err)

	// From here on it is the identity provider that acts.
	user := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com","active":true}`
	request, err := http.NewRequest(http.MethodPost, app.URL+"/scim/"+connection.ID+"/v2/Users", strings.NewReader(user))
	check(err)
	request.Header.Set("Authorization", "Bearer "+token.Text)
	request.Header.Set("Content-Type", "application/scim+json")
	response, err := http.DefaultClient.Do(request)
	check(err)
	check(response.Body.Close())
	fmt.Println(response.Status)

	members, err := dir.MembersOf(ctx, workspace, "")
	check(err)
	for _, m := range members {
		fmt.Println(m.User.UserName, "is", m.Membership.Status, "as", m.Membership.Role)
	}
	// Output:
	// 201 Created
	// ada@example.com is active as member
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
