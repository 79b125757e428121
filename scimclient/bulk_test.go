package scimclient

import (
	"errors"
	"testing"

	"github.com/usher-scim/usher/scim"
)

func TestBulk_Request(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{"Operations":[]}`))
	b := Bulk{FailOnErrors: 2}
	jane := b.Create("/Users", User{UserName: "jane"})
	sales := b.Create("/Groups", &Group{DisplayName: "Sales", Members: []Member{{Value: jane.String()}}})
	b.Replace("/Users", "a b", &User{UserName: "bob"})
	b.Patch("/Groups", sales.String(), Patch{}.Remove("members"))
	b.Delete("/Users", "2")
	b.Operations[4].Version = `W/"3"`
	b.Create("/Things", &scim.Object{Members: []scim.Member{{Name: "x", Value: true}}})
	if _, err := c.Bulk(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	s.want(`POST /Bulk | {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":2,"Operations":[` +
		`{"method":"POST","bulkId":"1","path":"/Users","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane"}},` +
		`{"method":"POST","bulkId":"2","path":"/Groups","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","members":[{"value":"bulkId:1"}]}},` +
		`{"method":"PUT","path":"/Users/a%20b","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob"}},` +
		`{"method":"PATCH","path":"/Groups/bulkId:2","data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members"}]}},` +
		`{"method":"DELETE","version":"W/\"3\"","path":"/Users/2"},` +
		`{"method":"POST","bulkId":"3","path":"/Things","data":{"x":true}}]}`)
}

func TestBulk_RefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*Bulk){
		"no id":       func(b *Bulk) { b.Delete("/Users", "") },
		"dots":        func(b *Bulk) { b.Delete("/Users", "..") },
		"endpoint":    func(b *Bulk) { b.Operations = append(b.Operations, BulkOperation{Method: "DELETE", Path: "/Users"}) },
		"bad patch":   func(b *Bulk) { b.Patch("/Users", "1", Patch{}.Remove("")) },
		"no resource": func(b *Bulk) { b.Create("/Users", "jane") },
	}
	for name, build := range cases {
		c, s, _ := play(t, ok(`{}`))
		var b Bulk
		build(&b)
		if _, err := c.Bulk(t.Context(), &b); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		s.want()
	}
}

func TestBulk_Results(t *testing.T) {
	t.Parallel()
	c, _, _ := play(t, ok(`{"Operations":[
		{"method":"POST","bulkId":"1","status":"201","location":"https://x.example.com/v2/Users/92b7","version":"W/\"1\"","response":{"userName":"jane"}},
		{"method":"POST","bulkId":"2","status":409,"response":{"status":"409","scimType":"uniqueness","detail":"taken"}},
		{"method":"DELETE","status":"204","location":"https://x.example.com/v2/Users/7"},
		{"method":"PUT","status":"404"}]}`))
	var b Bulk
	jane, bob, eve := b.Create("/Users", User{}), b.Create("/Users", User{}), Ref("9")
	all, err := c.Bulk(t.Context(), &b)
	if err != nil || len(all) != 4 {
		t.Fatalf("got %v, %v", all, err)
	}
	if r, ok := all.Of(jane); !ok || r.Err != nil || r.ID() != "92b7" || r.Status != 201 || r.Version != `W/"1"` || string(r.Response) != `{"userName":"jane"}` {
		t.Errorf("got %+v", r)
	}
	if r, ok := all.Of(bob); !ok || !errors.Is(r.Err, &Error{Status: 409, ScimType: "uniqueness"}) || r.ID() != "" {
		t.Errorf("got %+v", r)
	}
	if r, ok := all.Of(eve); ok {
		t.Errorf("got %+v", r)
	}
	if all[2].Err != nil || !errors.Is(all[3].Err, ErrNotFound) {
		t.Errorf("got %v and %v", all[2].Err, all[3].Err)
	}
	const want = "operation 2, POST: 409 Conflict (uniqueness): taken\noperation 4, PUT: 404 Not Found"
	if err := all.Err(); err.Error() != want || !errors.Is(err, ErrConflict) {
		t.Errorf("got %v", err)
	}
	if err := all[:1].Err(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestBulk_WholeRequestFails(t *testing.T) {
	t.Parallel()
	c, _, _ := play(t, problem(413, "", "at most 1000 operations"), ok(`[]`))
	if _, err := c.Bulk(t.Context(), &Bulk{}); !errors.Is(err, &Error{Status: 413}) {
		t.Errorf("got %v", err)
	}
	if all, err := c.Bulk(t.Context(), &Bulk{}); err == nil {
		t.Errorf("got %v", all)
	}
}
