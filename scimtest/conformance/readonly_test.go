package conformance

import (
	"context"
	"net/http"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// withRoles is a backend that has roles besides, which nobody can write.
type withRoles struct{ scimserver.Backend }

func (b withRoles) roles() []*scim.Record {
	return []*scim.Record{
		{Type: scim.RoleType(), ID: "Admin", Seq: 1, Version: 1, Body: []byte(`{"displayName":"Admin","description":"May do all."}`)},
		{Type: scim.RoleType(), ID: "Editor", Seq: 2, Version: 1, Body: []byte(`{"displayName":"Editor"}`)},
	}
}

func (b withRoles) Get(ctx context.Context, t *scim.ResourceType, id string, show scim.Projection) (*scim.Record, error) {
	if !t.ReadOnly {
		return b.Backend.Get(ctx, t, id, show)
	}
	for _, r := range b.roles() {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, scim.NewError(scim.KindUnknownResource, t.Name, id, "")
}

func (b withRoles) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	if !t.ReadOnly {
		return b.Backend.List(ctx, t, q)
	}
	return q.Answer(b.roles())
}

// A server that announces what its roles are, for Okta to choose from, conforms as before.
func TestRun_ReadOnlyTypesChangeNothing(t *testing.T) {
	t.Parallel()
	c := newServer(t, "okta", fault{
		backend: func(b scimserver.Backend) scimserver.Backend { return withRoles{b} },
		caller:  func(_ *http.Request, c *scimserver.Caller) { c.Types = append(c.Types, scim.RoleType()) },
		options: func(o *scimserver.Options) {
			ask := o.Caller
			o.Caller = func(r *http.Request) (scimserver.Caller, error) {
				c, err := ask(r)
				if err == nil && c.Backend == nil {
					return scimserver.Caller{}, scim.NewError(scim.KindUnknownToken, "Authorization", "", "")
				}
				return c, err
			}
		},
	})
	report, err := Run(t.Context(), c, Options{Second: secondOf(c)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Missed() || r.Outcome == Skipped && r.Reason != NotAnnounced {
			t.Errorf("%s %s: expected %s, got %s\n%s", r.ID, r.Statement, r.Expected, r.Got, lastExchange(r))
		}
	}
}
