package scimclient_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimserver"
)

// reference is a client of the reference server. Its /Me is the user whose id me points to.
func reference(t *testing.T, me *string) *scimclient.Client {
	t.Helper()
	rfc, _ := scim.ProfileByName("rfc")
	caller := scimserver.Caller{
		Backend: scimserver.NewMemory(rfc), Profile: rfc, Identity: "t",
		Types: []*scim.ResourceType{scim.UserType(), scim.GroupType()},
	}
	srv := httptest.NewServer(scimserver.New(scimserver.Options{
		Caller: func(*http.Request) (scimserver.Caller, error) {
			c := caller
			if me != nil && *me != "" {
				c.Me = &scimserver.Me{Type: scim.UserType(), ID: *me}
			}
			return c, nil
		},
		Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(srv.Close)
	caller.BaseURL = srv.URL
	return &scimclient.Client{BaseURL: srv.URL}
}

// Every field goes out and comes back under the name that RFC 7643 gives it.
func TestReference_UserRoundTrip(t *testing.T) {
	t.Parallel()
	c := reference(t, nil)
	boss, err := c.Users().Create(t.Context(), &scimclient.User{UserName: "boss"})
	if err != nil {
		t.Fatal(err)
	}
	value := []scimclient.MultiValue{{Value: "v", Display: "d", Type: "other", Primary: true}}
	sent := &scimclient.User{
		ExternalID: "e-1", UserName: "jane",
		Name:        scimclient.Name{Formatted: "a", FamilyName: "b", GivenName: "c", MiddleName: "d", HonorificPrefix: "e", HonorificSuffix: "f"},
		DisplayName: "Jane", NickName: "J", ProfileURL: "https://x.example.com/j", Title: "Dr", UserType: "Employee",
		PreferredLanguage: "de-CH", Locale: "de-CH", Timezone: "Europe/Zurich", Active: new(false),
		Emails:       []scimclient.Email{{Value: "j@example.com", Type: "work", Primary: true}, {Value: "k@example.com"}},
		PhoneNumbers: []scimclient.MultiValue{{Value: "tel:+41-44-000-00-00", Type: "work"}}, IMs: value,
		Photos:       []scimclient.MultiValue{{Value: "https://x.example.com/p.png", Type: "photo"}},
		Addresses:    []scimclient.Address{{Formatted: "a", StreetAddress: "b", Locality: "c", Region: "d", PostalCode: "e", Country: "CH", Type: "work", Primary: true}},
		Entitlements: value, Roles: value, X509Certificates: []scimclient.MultiValue{{Value: "AAEC", Type: "x"}},
		Enterprise: &scimclient.EnterpriseUser{
			EmployeeNumber: "1", CostCenter: "2", Organization: "3", Division: "4", Department: "5",
			Manager: scimclient.Manager{Value: boss.ID, Ref: c.BaseURL + "/Users/" + boss.ID},
		},
	}
	got, err := c.Users().Create(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID == "" || got.Version() == "" || got.Meta.Created.IsZero() || got.Meta.Location != c.BaseURL+"/Users/"+got.ID || got.Meta.ResourceType != "User" {
		t.Errorf("got %+v", got.Meta)
	}
	assigned := cmpopts.IgnoreFields(scimclient.User{}, "Received", "Schemas", "ID", "Meta")
	if diff := cmp.Diff(sent, got, assigned); diff != "" {
		t.Errorf("(-sent +got)\n%s", diff)
	}
	again, err := c.Users().Replace(t.Context(), got.ID, got)
	if err != nil || again.Version() != got.Version() {
		t.Errorf("replacing by the same gives version %s, %v", again.Version(), err)
	}
}

func TestReference_Lists(t *testing.T) {
	t.Parallel()
	const n = 23
	c := reference(t, nil)
	var all, even []string
	for i := range n {
		title := map[bool]string{true: "even", false: "odd"}[i%2 == 0]
		u, err := c.Users().Create(t.Context(), &scimclient.User{UserName: fmt.Sprintf("user %02d", i), Title: title})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u.UserName)
		if title == "even" {
			even = append(even, u.UserName)
		}
	}
	downwards := slices.Clone(all)
	slices.Reverse(downwards)
	queries := []struct {
		name  string
		query scimclient.Query
		want  []string
	}{
		{"all", scimclient.Query{}, all},
		{"filtered", scimclient.Query{Filter: scimclient.Eq("title", "even")}, even},
		{"sorted", scimclient.Query{SortBy: "userName", Descending: true}, downwards},
		{"from the middle", scimclient.Query{StartIndex: 11}, all[10:]},
		{"none", scimclient.Query{Filter: scimclient.Eq("title", "prime")}, nil},
	}
	for _, tt := range queries {
		for _, paging := range []scimclient.Paging{scimclient.PageByIndex, scimclient.PageByCursor, scimclient.PageAuto} {
			for _, count := range []int{0, 1, 5, n} {
				for _, post := range []bool{false, true} {
					if paging != scimclient.PageByIndex && tt.query.StartIndex > 0 {
						continue // a cursor begins at the beginning
					}
					t.Run(fmt.Sprintf("%s, paging %d, count %d, post %v", tt.name, paging, count, post), func(t *testing.T) {
						t.Parallel()
						q := tt.query
						q.Paging, q.Count, q.Post = paging, count, post
						var got []string
						for u, err := range c.Users().All(t.Context(), q) {
							if err != nil {
								t.Fatal(err)
							}
							got = append(got, u.UserName)
						}
						if !slices.Equal(got, tt.want) {
							t.Errorf("got %v, want %v", got, tt.want)
						}
					})
				}
			}
		}
	}
	if total, err := c.Users().Total(t.Context(), scimclient.Eq("title", "even")); err != nil || total != len(even) {
		t.Errorf("got a total of %d, %v", total, err)
	}
}

// By cursor, what others do meanwhile hides nobody who stays.
func TestReference_CursorUnderChange(t *testing.T) {
	t.Parallel()
	c := reference(t, nil)
	users := c.Users()
	var ids []string
	for i := range 12 {
		u, err := users.Create(t.Context(), &scimclient.User{UserName: fmt.Sprintf("u%02d", i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	var got []string
	for u, err := range users.All(t.Context(), scimclient.Query{Paging: scimclient.PageByCursor, Count: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, u.ID)
		if len(got) == 4 { // the first ones go: an index would now skip as many
			for _, id := range ids[:4] {
				if err := users.Delete(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("got %v\nwant %v", got, ids)
	}
}

func TestReference_ValuePathsSelect(t *testing.T) {
	t.Parallel()
	c := reference(t, nil)
	odd := `a"b\c]d (é`
	u, err := c.Users().Create(t.Context(), &scimclient.User{
		UserName: odd,
		Emails:   []scimclient.Email{{Value: "a@example.com", Type: odd}, {Value: "b@example.com", Type: "home"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := scimclient.ValuePath("emails", scimclient.Eq("type", odd), "value")
	if u, err = c.Users().Patch(t.Context(), u.ID, scimclient.Patch{}.Replace(path, "c@example.com")); err != nil {
		t.Fatal(err)
	}
	if u.Emails[0].Value != "c@example.com" || u.Emails[1].Value != "b@example.com" {
		t.Errorf("got %+v", u.Emails)
	}
	f := scimclient.Eq("userName", odd).And(
		scimclient.Has("emails", scimclient.Eq("type", odd).And(scimclient.Sw("value", "c"))),
		scimclient.Gt("meta.created", time.Now().Add(-time.Hour)))
	if n, err := c.Users().Total(t.Context(), f); err != nil || n != 1 {
		t.Errorf("%s finds %d, %v", f, n, err)
	}
}

func TestReference_Attributes(t *testing.T) {
	t.Parallel()
	c := reference(t, nil)
	u, err := c.Users().Create(t.Context(), &scimclient.User{UserName: "jane", Title: "Dr", NickName: "J"})
	if err != nil {
		t.Fatal(err)
	}
	u, err = c.Users().With(scimclient.Options{Attributes: []string{"title", "meta"}}).Get(t.Context(), u.ID)
	if err != nil || u.Title != "Dr" || u.NickName != "" || u.UserName != "" {
		t.Errorf("got %+v, %v", u, err)
	}
	u, err = c.Users().With(scimclient.Options{ExcludedAttributes: []string{"title"}}).Get(t.Context(), u.ID)
	if err != nil || u.Title != "" || u.NickName != "J" {
		t.Errorf("got %+v, %v", u, err)
	}
}

func TestReference_MeAndDiscovery(t *testing.T) {
	t.Parallel()
	var me string
	c := reference(t, &me)
	u, err := c.Users().Create(t.Context(), &scimclient.User{UserName: "jane"})
	if err != nil {
		t.Fatal(err)
	}
	me = u.ID
	if got, err := c.Me(t.Context()); err != nil || got.ID != u.ID || got.UserName != "jane" {
		t.Errorf("got %+v, %v", got, err)
	}
	config, err := c.ServiceProviderConfig(t.Context())
	if err != nil || !config.Patch.Supported || !config.Filter.Supported || len(config.AuthenticationSchemes) == 0 {
		t.Errorf("got %+v, %v", config, err)
	}
	types, err := c.ResourceTypes(t.Context())
	if err != nil || len(types) != 2 || types[0].Schema != scim.URNUser {
		t.Errorf("got %+v, %v", types, err)
	}
	schemas, err := c.Schemas(t.Context())
	if err != nil || !slices.ContainsFunc(schemas, func(s *scimclient.Schema) bool { return s.ID == scim.URNEnterpriseUser && len(s.Attributes) > 0 }) {
		t.Errorf("got %+v, %v", schemas, err)
	}
}

// A search at the root goes over all types.
func TestReference_Root(t *testing.T) {
	t.Parallel()
	c := reference(t, nil)
	if _, err := c.Users().Create(t.Context(), &scimclient.User{UserName: "x", DisplayName: "X"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Groups().Create(t.Context(), &scimclient.Group{DisplayName: "X"}); err != nil {
		t.Fatal(err)
	}
	everything := scimclient.Resources[scim.Object]{Client: c}
	n := 0
	for _, err := range everything.All(t.Context(), scimclient.Query{Filter: scimclient.Eq("displayName", "X"), Post: true, Count: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("found %d of 2", n)
	}
}
