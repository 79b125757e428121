package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// targetNames are the servers, in the order of their turns.
var targetNames = []string{"const", "thin-normal", "thin-full", "before", "usher"}

// target is one server and what the driver has put into it.
type target struct {
	name    string
	base    string
	token   string
	process *process // nil if somebody else started it
	client  *http.Client
	exact   bool // its answers depend on the request; false for const

	next   atomic.Int64 // number of the next user to be created
	mu     sync.Mutex
	users  []user
	groups map[int]*group // by the size that they began with
}

type user struct {
	id, name string
	active   bool
}

type group struct {
	id   string
	next atomic.Int64 // index of the next user to be added
}

func newTarget(name, base, token string, p *process) *target {
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	return &target{
		name: name, base: base, token: token, process: p, client: &http.Client{Transport: transport},
		exact: name != "const", groups: map[int]*group{},
	}
}

// call is one request and what its answer must be.
type call struct {
	method, path string
	body         []byte
	check        func(status int, body []byte) error
}

// do makes the exchange. buffer is the worker's own, for the answer.
func (t *target) do(ctx context.Context, c call, buffer *bytes.Buffer) error {
	r, err := http.NewRequestWithContext(ctx, c.method, t.base+c.path, bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/scim+json")
	if c.body != nil {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	if t.token != "" {
		r.Header.Set("Authorization", "Bearer "+t.token)
	}
	response, err := t.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	buffer.Reset()
	if _, err := io.Copy(buffer, response.Body); err != nil {
		return err
	}
	if err := c.check(response.StatusCode, buffer.Bytes()); err != nil {
		return fmt.Errorf("%s: %s %s: %w: %.300s", t.name, c.method, c.path, err, buffer)
	}
	return nil
}

func (t *target) added(u user) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.users = append(t.users, u)
}

// group makes a group that has the first n users as members, or returns the one that was made before. Groups of up to
// 1,000 members are made anew for each slice, so that they keep their size; see [dropGroup].
func (t *target) group(ctx context.Context, n int) (*group, error) {
	if g := t.groups[n]; g != nil {
		return g, nil
	}
	g := &group{}
	var buffer bytes.Buffer
	name := fmt.Sprintf("Group %d of %d", t.next.Add(1), n)
	first := min(n, batchOfMembers)
	c := call{"POST", "/Groups", groupBody(name, t.ids(0, first)), func(status int, body []byte) error {
		g.id = textOf(body, "id")
		return want(status == http.StatusCreated && g.id != "", "status %d, want a 201 with an id", status)
	}}
	if err := t.do(ctx, c, &buffer); err != nil {
		return nil, err
	}
	for from := first; from < n; from += batchOfMembers {
		c := call{"PATCH", "/Groups/" + g.id, memberBody(t.ids(from, min(n, from+batchOfMembers))...), memberAdded}
		if err := t.do(ctx, c, &buffer); err != nil {
			return nil, err
		}
	}
	g.next.Store(int64(n))
	t.groups[n] = g
	return g, nil
}

const batchOfMembers = 1000

func (t *target) ids(from, to int) []string {
	ids := make([]string, 0, to-from)
	for _, u := range t.users[from:to] {
		ids = append(ids, u.id)
	}
	return ids
}
