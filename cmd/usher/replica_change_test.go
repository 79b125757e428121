package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// TestReplicas_OneService shows three replicas as one: what is changed beside them holds on each, a list that one has
// begun another goes on with, and each counts the requests that it gets.
func TestReplicas_OneService(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.StartNetwork()
	stopAfter(t, server, err)
	f := newFleet(t, server, 3, server.Addr())
	f.cursorsMove()
	f.changesReachAll()
	f.limitsAreTheirOwn()
}

// cursorsMove walks through a list, each page by another replica.
func (f *fleet) cursorsMove() {
	f.Helper()
	c := crash{T: f.T, token: f.token}
	replicas := f.alive()
	const users = 11
	for i := range users {
		c.must(&replicas[i%3].process, http.MethodPost, "/Users", userNamed(fmt.Sprint("u", i)))
	}
	seen, pages := map[string]bool{}, 0
	for cursor := "&cursor="; cursor != ""; pages++ {
		list := c.must(&replicas[pages%3].process, http.MethodGet, "/Users?count=2"+cursor, "")
		for _, u := range list.Resources {
			seen[u.ID] = true
		}
		if cursor = list.NextCursor; cursor != "" {
			cursor = "&cursor=" + url.QueryEscape(cursor)
		}
	}
	if len(seen) != users || pages != 6 {
		f.Errorf("%d users on %d pages, want %d on 6", len(seen), pages, users)
	}
}

func userNamed(name string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + name + `"}`
}

// How soon a change must hold everywhere.
const (
	revocationTime = time.Second
	changeTime     = 5 * time.Second
)

// changesReachAll changes the configuration beside the replicas, as a command does.
func (f *fleet) changesReachAll() {
	f.Helper()
	urn := "urn:example:acme:User"
	n := 0
	for _, row := range []struct {
		name   string
		within time.Duration
		change func(on *folder) error
		holds  func(r *replica) bool
	}{
		{"schema declared", changeTime, func(on *folder) error { return f.declare(on, urn) }, func(r *replica) bool {
			return f.status(r, f.token, "/Schemas/"+urn) == http.StatusOK
		}},
		{"default role changed", changeTime, func(on *folder) error {
			role := "Auditor"
			_, err := on.UpdateWorkspace(f.app.ctx, f.app.actor(), f.workspace, directory.WorkspaceChange{DefaultRole: &role})
			return err
		}, func(r *replica) bool { n++; return f.roleOfNew(r, fmt.Sprint("joiner", n)) == "Auditor" }},
		{"connection paused", revocationTime, func(on *folder) (err error) {
			_, err = on.PauseConnection(f.app.ctx, f.app.actor(), f.connection)
			return err
		}, func(r *replica) bool { return f.status(r, f.token, "/Users?count=0") == http.StatusForbidden }},
		{"connection resumed", changeTime, func(on *folder) (err error) {
			c, err := on.Connection(f.app.ctx, f.workspace, f.connection.ID)
			if err == nil {
				_, err = on.ResumeConnection(f.app.ctx, f.app.actor(), c)
			}
			return err
		}, func(r *replica) bool { return f.status(r, f.token, "/Users?count=0") == http.StatusOK }},
		{"token revoked", revocationTime, f.revoke, func(r *replica) bool { return f.status(r, f.token, "/Users?count=0") == http.StatusUnauthorized }},
	} {
		f.check(f.app.with(false, row.change))
		changed := time.Now()
		for _, r := range f.alive() {
			awaitSo(f.T, patience, func() bool { return row.holds(r) }, func() string { return row.name + ": it does not hold on " + r.name })
			if took := time.Since(changed); took > row.within+patience/10 { // a loaded machine is no reason to fail
				f.Errorf("%s: it held on %s after %s", row.name, r.name, took)
			}
		}
		f.Logf("%s: holds everywhere after %s", row.name, time.Since(changed).Round(time.Millisecond))
	}
}

func (f *fleet) declare(on *folder, urn string) error {
	o, err := scim.ParseJSON([]byte(`{"id":"`+urn+`","name":"Acme","attributes":[{"name":"badge","type":"string"}]}`), scim.Limits{})
	if err != nil {
		return err
	}
	doc, err := scim.ParseDeclaration(o)
	if err != nil {
		return err
	}
	_, err = on.Declare(f.app.ctx, f.app.actor(), f.workspace, doc)
	return err
}

// revoke revokes the token of the fleet, and gives it another one in place of it for what follows.
func (f *fleet) revoke(on *folder) error {
	tokens, err := on.Tokens(f.app.ctx, f.connection)
	if err != nil {
		return err
	}
	_, err = on.RevokeToken(f.app.ctx, f.app.actor(), f.connection, tokens[0].ID)
	return err
}

// roleOfNew creates a user and says which role it has.
func (f *fleet) roleOfNew(r *replica, name string) (role string) {
	f.Helper()
	c := crash{T: f.T, token: f.token}
	id := c.must(&r.process, http.MethodPost, "/Users", userNamed(name)).ID
	f.check(f.app.with(false, func(on *folder) error {
		members, err := on.MembersOf(f.app.ctx, f.workspace, "")
		for _, m := range members {
			if m.User.ID == id {
				role = m.Membership.Role
			}
		}
		return err
	}))
	return role
}

// status is how the replica answers a GET.
func (f *fleet) status(r *replica, token, path string) int {
	f.Helper()
	status, _ := scimCall(f.T, token, http.MethodGet, r.base+path, "")
	return status
}

// limitsAreTheirOwn finds that the limit of a connection is that of each replica (docs/scaling.md).
func (f *fleet) limitsAreTheirOwn() {
	f.Helper()
	const burst = 3
	f.check(f.app.with(false, func(on *folder) error {
		token, err := on.CreateToken(f.app.ctx, f.app.actor(), f.connection, time.Now().Add(time.Hour))
		f.token = token.Text
		return err
	}))
	for range 2 {
		r := f.add("--rate-limit", "0.001", "--rate-burst", strconv.Itoa(burst))
		for i := range burst {
			if got := f.status(r, f.token, "/Users?count=0"); got != http.StatusOK {
				f.Errorf("%s: request %d: %d", r.name, i+1, got)
			}
		}
		if got := f.status(r, f.token, "/Users?count=0"); got != http.StatusTooManyRequests {
			f.Errorf("%s: request %d: %d", r.name, burst+1, got)
		}
	}
}
