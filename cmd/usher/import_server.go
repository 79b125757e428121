package main

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
)

// serverSource walks another SCIM server: its users, its groups, and then who is in them.
type serverSource struct {
	client *scimclient.Client
	total  atomic.Int64
	read   atomic.Int64
}

// serverPage is how many resources one request asks for.
const serverPage = 100

// maxServerAnswer bounds an answer: a group comes with all of its members.
const maxServerAnswer = 64 << 20

func newServerSource(base, token string) (*serverSource, error) {
	if err := checkBaseURL(base); err != nil {
		return nil, err
	}
	return &serverSource{client: &scimclient.Client{
		BaseURL: base, Token: token, MaxResponse: maxServerAnswer,
		Retry: scimclient.Retry{Attempts: 5},
	}}, nil
}

// done implements rowSource.
func (s *serverSource) done() (int64, int64) { return s.read.Load(), s.total.Load() }

// close implements rowSource.
func (s *serverSource) close() {}

func (s *serverSource) resources(endpoint, urn string) scimclient.Resources[scim.Object] {
	return scimclient.Resources[scim.Object]{Client: s.client, Endpoint: endpoint, Schema: urn}
}

// rows implements rowSource.
func (s *serverSource) rows(ctx context.Context) iter.Seq2[importRow, error] {
	return func(yield func(importRow, error) bool) { s.walkAll(ctx, yield) }
}

func (s *serverSource) walkAll(ctx context.Context, yield func(importRow, error) bool) {
	users, groups := s.resources("/Users", scim.URNUser), s.resources("/Groups", scim.URNGroup)
	for _, r := range []scimclient.Resources[scim.Object]{users, groups} {
		if n, err := r.Total(ctx, scimclient.Filter{}); err == nil {
			s.total.Add(int64(n))
		}
	}
	plain := scimclient.Options{ExcludedAttributes: []string{"groups"}}
	if !s.walk(ctx, users.With(plain), userRow, nil, yield) {
		return
	}
	var ids []string
	plain.ExcludedAttributes = []string{"members"}
	if !s.walk(ctx, groups.With(plain), groupRow, &ids, yield) {
		return
	}
	lists := scimclient.Resources[serverGroup]{Client: s.client, Endpoint: "/Groups", Schema: scim.URNGroup}
	for _, id := range ids {
		if !s.members(ctx, lists, id, yield) {
			return
		}
	}
}

// walk yields all resources of an endpoint, and keeps their ids.
func (s *serverSource) walk(
	ctx context.Context, r scimclient.Resources[scim.Object], kind rowKind, ids *[]string, yield func(importRow, error) bool,
) bool {
	for o, err := range r.All(ctx, scimclient.Query{Count: serverPage, Paging: scimclient.PageAuto}) {
		if err != nil {
			yield(importRow{}, s.explain(err))
			return false
		}
		id := textOf(o, "id")
		o.Delete("members") // of a server that does not leave them out
		if ids != nil {
			*ids = append(*ids, id)
		}
		s.read.Add(1)
		if !yield(importRow{kind: kind, file: r.Endpoint + "/" + id, document: o, old: id}, nil) {
			return false
		}
	}
	return true
}

// serverGroup is what of a group is read a second time: a list may be long, so nothing else.
type serverGroup struct {
	Members []struct {
		Value string `json:"value"`
		Type  string `json:"type"`
	} `json:"members"`
}

// members yields the members of a group.
func (s *serverSource) members(
	ctx context.Context, groups scimclient.Resources[serverGroup], id string, yield func(importRow, error) bool,
) bool {
	g, err := groups.Get(ctx, id)
	if err != nil {
		yield(importRow{}, s.explain(err))
		return false
	}
	for _, m := range g.Members {
		row := importRow{kind: memberRow, file: "/Groups/" + id, group: reference{byOldID, id}, member: reference{byOldID, m.Value}}
		row.setMemberType(m.Type)
		if !yield(row, nil) {
			return false
		}
	}
	return true
}

// explain adds what to do to an error of the other server.
func (s *serverSource) explain(err error) error {
	return hint(fmt.Errorf("the server at %s: %w", s.client.BaseURL, err),
		"check the base URL and --token: usher check %s says what the server can; what was imported stays, and the same command goes on", s.client.BaseURL)
}
