package conformance_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimserver"
	"github.com/usher-scim/usher/scimtest/conformance"
)

// memoryServer is a server to test: any other will do.
func memoryServer() *httptest.Server {
	backend := scimserver.NewMemory(scim.Profile{})
	return httptest.NewServer(scimserver.New(scimserver.Options{
		Log: slog.New(slog.DiscardHandler),
		Caller: func(r *http.Request) (scimserver.Caller, error) {
			return scimserver.Caller{Backend: backend, Types: []*scim.ResourceType{scim.UserType(), scim.GroupType()}, BaseURL: "http://" + r.Host}, nil
		},
	}))
}

func ExampleRun() {
	server := memoryServer()
	defer server.Close()
	client := &scimclient.Client{BaseURL: server.URL}
	report, err := conformance.Run(context.Background(), client, conformance.Options{Only: []string{"filters"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range report.Missed() {
		fmt.Println(r.ID, r.Level, r.Section, "expected", r.Expected, "got", r.Got)
	}
	fmt.Println(report.Verdict())
	// Output: CONFORMS: every MUST and SHOULD that could be tested holds.
}

func TestTest(t *testing.T) {
	t.Parallel()
	server := memoryServer()
	t.Cleanup(server.Close)
	client := &scimclient.Client{BaseURL: server.URL}
	report := conformance.Test(t, client, conformance.Options{Only: []string{"delete", "me"}})
	if report.Failed() {
		t.Error(report.Verdict())
	}
}
