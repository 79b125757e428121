package scimclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimserver"
)

// newServer is a SCIM server in memory for the examples: any other would do.
func newServer() *httptest.Server {
	rfc, _ := scim.ProfileByName("rfc")
	badge := &scim.Schema{ID: badgeURN, Name: "Badge", Attributes: []*scim.Attribute{{Name: "number"}}}
	users := *scim.UserType()
	users.Extensions = append(users.Extensions[:len(users.Extensions):len(users.Extensions)], scim.Extension{Schema: badge})
	caller := scimserver.Caller{
		Backend: scimserver.NewMemory(rfc), Profile: rfc, Identity: "example",
		Types: []*scim.ResourceType{&users, scim.GroupType()},
	}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	caller.BaseURL = srv.URL + "/scim/v2"
	mux.Handle("/scim/v2/", http.StripPrefix("/scim/v2", scimserver.New(scimserver.Options{
		Caller: func(*http.Request) (scimserver.Caller, error) { return caller, nil },
		Log:    slog.New(slog.DiscardHandler),
	})))
	return srv
}

const badgeURN = "urn:example:params:scim:schemas:extension:badge:2.0:User"

// The life of a user.
func Example() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	c := &scimclient.Client{
		BaseURL: srv.URL + "/scim/v2",
		Token:   "secret",
		Retry:   scimclient.Retry{Attempts: 4},
	}
	users := c.Users()

	jane, err := users.Create(ctx, &scimclient.User{
		UserName:   "jane",
		Name:       scimclient.Name{GivenName: "Jane", FamilyName: "Doe"},
		Emails:     []scimclient.Email{{Value: "jane@example.com", Type: "work", Primary: true}},
		Enterprise: &scimclient.EnterpriseUser{Department: "Sales"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(jane.UserName, jane.Version())

	jane.Enterprise.Department = "Research"
	if jane, err = users.Replace(ctx, jane.ID, jane); err != nil {
		log.Fatal(err)
	}
	fmt.Println(jane.Enterprise.Department, jane.Version())

	jane, err = users.Patch(ctx, jane.ID, scimclient.Patch{}.Replace("active", false))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("active:", jane.IsActive())

	if err := users.Delete(ctx, jane.ID); err != nil {
		log.Fatal(err)
	}
	_, err = users.Get(ctx, jane.ID)
	fmt.Println("gone:", errors.Is(err, scimclient.ErrNotFound))
	// Output:
	// jane W/"1"
	// Research W/"2"
	// active: false
	// gone: true
}

// All pages of a list as one loop.
func ExampleResources_All() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	users := (&scimclient.Client{BaseURL: srv.URL + "/scim/v2"}).Users()
	for _, name := range []string{"ann", "bob", "cay", "dan", "eve"} {
		u := &scimclient.User{UserName: name, Active: new(name != "dan")}
		if _, err := users.Create(ctx, u); err != nil {
			log.Fatal(err)
		}
	}

	q := scimclient.Query{
		Filter: scimclient.Eq("active", true),
		SortBy: "userName", Descending: true,
		Count: 2,
	}
	for u, err := range users.All(ctx, q) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(u.UserName)
	}
	// Output:
	// eve
	// cay
	// bob
	// ann
}

func ExampleFilter() {
	work := scimclient.Eq("type", "work").And(scimclient.Ew("value", "@example.com"))
	f := scimclient.Has("emails", work).
		And(scimclient.Not(scimclient.Eq("active", false))).
		And(scimclient.Eq("userName", `o"neil`).Or(scimclient.Gt("meta.lastModified", time.Unix(0, 0))))
	fmt.Println(f)
	// Output: emails[type eq "work" and value ew "@example.com"] and not (active eq false) and (userName eq "o\"neil" or meta.lastModified gt "1970-01-01T00:00:00Z")
}

// Members come and go without the other members of the group.
func ExamplePatch() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	c := &scimclient.Client{BaseURL: srv.URL + "/scim/v2"}
	ann, err := c.Users().Create(ctx, &scimclient.User{UserName: "ann"})
	if err != nil {
		log.Fatal(err)
	}
	bob, err := c.Users().Create(ctx, &scimclient.User{UserName: "bob"})
	if err != nil {
		log.Fatal(err)
	}
	sales, err := c.Groups().Create(ctx, &scimclient.Group{
		DisplayName: "Sales",
		Members:     []scimclient.Member{{Value: ann.ID}},
	})
	if err != nil {
		log.Fatal(err)
	}

	change := scimclient.Patch{}.
		Add("members", []scimclient.Member{{Value: bob.ID}}).
		Remove(scimclient.ValuePath("members", scimclient.Eq("value", ann.ID), "")).
		Replace("displayName", "Sales and Marketing")
	if _, err := c.Groups().Patch(ctx, sales.ID, change); err != nil {
		log.Fatal(err)
	}

	sales, err = c.Groups().Get(ctx, sales.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sales.DisplayName, len(sales.Members), sales.Members[0].Value == bob.ID)
	// Output: Sales and Marketing 1 true
}

// A change that another one's change does not get lost by.
func ExampleResources_Update() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	users := (&scimclient.Client{BaseURL: srv.URL + "/scim/v2"}).Users()
	ann, err := users.Create(ctx, &scimclient.User{UserName: "ann"})
	if err != nil {
		log.Fatal(err)
	}

	once := true
	ann, err = users.Update(ctx, ann.ID, func(u *scimclient.User) error {
		if once { // somebody else changes her meanwhile
			once = false
			if _, err := users.Patch(ctx, u.ID, scimclient.Patch{}.Add("nickName", "Annie")); err != nil {
				return err
			}
		}
		u.Title = "Dr"
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ann.Title, ann.NickName)
	// Output: Dr Annie
}

// What went wrong, for the program and for people.
func ExampleError() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	users := (&scimclient.Client{BaseURL: srv.URL + "/scim/v2"}).Users()
	ann, err := users.Create(ctx, &scimclient.User{UserName: "ann"})
	if err != nil {
		log.Fatal(err)
	}

	_, err = users.Create(ctx, &scimclient.User{UserName: "Ann"})
	var e *scimclient.Error
	if errors.As(err, &e) {
		fmt.Println(e.Status, e.ScimType, errors.Is(err, scimclient.ErrConflict))
	}
	_, err = users.With(scimclient.Options{IfNoneMatch: ann.Version()}).Get(ctx, ann.ID)
	fmt.Println("still the same:", errors.Is(err, scimclient.ErrNotModified))
	_, err = users.With(scimclient.Options{IfMatch: `W/"99"`}).Replace(ctx, ann.ID, ann)
	fmt.Println("changed meanwhile:", errors.Is(err, scimclient.ErrVersion))
	// Output:
	// 409 uniqueness true
	// still the same: true
	// changed meanwhile: true
}

// Employee is a user with an extension of the company's own.
type Employee struct {
	scimclient.User
	Badge struct {
		Number string `json:"number,omitempty"`
	} `json:"urn:example:params:scim:schemas:extension:badge:2.0:User,omitzero"`
}

// A type that adds an extension to User, and the same resource untyped.
func ExampleResources() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	c := &scimclient.Client{BaseURL: srv.URL + "/scim/v2"}

	staff := scimclient.Resources[Employee]{Client: c, Endpoint: "/Users", Schema: scim.URNUser}
	ann := &Employee{User: scimclient.User{UserName: "ann"}}
	ann.Badge.Number = "007"
	ann, err := staff.Create(ctx, ann)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ann.UserName, ann.Badge.Number)

	untyped := scimclient.Resources[scim.Object]{Client: c, Endpoint: "/Users", Schema: scim.URNUser}
	o, err := untyped.Get(ctx, ann.ID)
	if err != nil {
		log.Fatal(err)
	}
	badge, _ := o.Get(badgeURN)
	fmt.Println(string(scim.AppendJSON(nil, badge)))
	// Output:
	// ann 007
	// {"number":"007"}
}

// Users and their group in one request, before any of them has an id.
func ExampleClient_Bulk() {
	srv := newServer()
	defer srv.Close()
	ctx := context.Background()
	c := &scimclient.Client{BaseURL: srv.URL + "/scim/v2"}

	var b scimclient.Bulk
	ann := b.Create("/Users", &scimclient.User{UserName: "ann"})
	again := b.Create("/Users", &scimclient.User{UserName: "ANN"})
	sales := b.Create("/Groups", &scimclient.Group{
		DisplayName: "Sales",
		Members:     []scimclient.Member{{Value: ann.String()}},
	})
	results, err := c.Bulk(ctx, &b)
	if err != nil {
		log.Fatal(err)
	}

	failed, _ := results.Of(again)
	fmt.Println(failed.Status, errors.Is(failed.Err, scimclient.ErrConflict))
	created, _ := results.Of(sales)
	group, err := c.Groups().Get(ctx, created.ID())
	if err != nil {
		log.Fatal(err)
	}
	user, _ := results.Of(ann)
	fmt.Println(group.DisplayName, group.Members[0].Value == user.ID())
	// Output:
	// 409 true
	// Sales true
}

// Short-lived tokens by OAuth 2.0, and every request on stderr.
func ExampleClientCredentials() {
	credentials := &scimclient.ClientCredentials{
		TokenURL: "https://idp.example.com/oauth2/token",
		ID:       "provisioning",
		Secret:   os.Getenv("CLIENT_SECRET"),
		Scopes:   []string{"scim"},
	}
	c := &scimclient.Client{
		BaseURL:     "https://app.example.com/scim/v2",
		TokenSource: credentials.Token,
		Tap:         os.Stderr, // secrets masked
	}
	_ = c
}
