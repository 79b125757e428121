package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimclient"
)

// serverSource walks another SCIM server: its users, its groups, and then who is in them.
type serverSource struct {
	client *scimclient.Client
	only   string // users, groups or members; empty: all
	total  atomic.Int64
	read   atomic.Int64
}

// serverPage is how many resources one request asks for.
const serverPage = 100

// maxServerAnswer bounds an answer: a group comes with all of its members.
const maxServerAnswer = 64 << 20

// firstAnswer is how long the server may take to say anything at all. Later requests are patient.
const firstAnswer = 10 * time.Second

// newServerSource asks the server for any answer, so that a wrong address is told soon.
func newServerSource(ctx context.Context, base, token, only string) (*serverSource, error) {
	if err := checkBaseURL(base); err != nil {
		return nil, err
	}
	s := &serverSource{only: only, client: &scimclient.Client{
		BaseURL: base, Token: token, MaxResponse: maxServerAnswer,
		Retry: scimclient.Retry{Attempts: 5},
	}}
	first := scimclient.Client{BaseURL: base, Token: token, Timeout: firstAnswer}
	_, err := first.Do(ctx, scimclient.Request{Method: http.MethodGet, Path: "/ServiceProviderConfig"})
	switch {
	case err == nil || errors.Is(err, scimclient.ErrTooLarge):
		return s, nil
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %.0f s", firstAnswer.Seconds())
	}
	return nil, s.explain(err)
}

// done implements rowSource.
func (s *serverSource) done() (int64, int64) { return s.read.Load(), s.total.Load() }

// close implements rowSource.
func (s *serverSource) close() {}

func (s *serverSource) resources(endpoint, urn, but string) scimclient.Resources[scim.Object] {
	all := scimclient.Resources[scim.Object]{Client: s.client, Endpoint: endpoint, Schema: urn}
	return all.With(scimclient.Options{ExcludedAttributes: []string{but}})
}

// rows implements rowSource.
func (s *serverSource) rows(ctx context.Context) iter.Seq2[importRow, error] {
	return func(yield func(importRow, error) bool) { s.walkAll(ctx, yield) }
}

func (s *serverSource) walkAll(ctx context.Context, yield func(importRow, error) bool) {
	var ids []string
	walks := []serverWalk{
		{s.resources("/Users", scim.URNUser, "groups"), userRow, nil},
		{s.resources("/Groups", scim.URNGroup, "members"), groupRow, &ids},
	}
	switch s.only { // members need both: they are named by ids of that server
	case rowKinds[userRow]:
		walks = walks[:1]
	case rowKinds[groupRow]:
		walks = walks[1:]
	}
	for _, w := range walks {
		if n, err := w.Total(ctx, scimclient.Filter{}); err == nil {
			s.total.Add(int64(n))
		}
	}
	for _, w := range walks {
		if !s.walk(ctx, w, yield) {
			return
		}
	}
	if s.only == rowKinds[groupRow] {
		return
	}
	lists := scimclient.Resources[serverGroup]{Client: s.client, Endpoint: "/Groups", Schema: scim.URNGroup}
	for _, id := range ids {
		if !s.members(ctx, lists, id, yield) {
			return
		}
	}
}

// serverWalk are the resources of an endpoint, and where their ids are kept; nil: nowhere.
type serverWalk struct {
	scimclient.Resources[scim.Object]
	kind rowKind
	ids  *[]string
}

// walk yields all resources of an endpoint.
func (s *serverSource) walk(ctx context.Context, w serverWalk, yield func(importRow, error) bool) bool {
	for o, err := range w.All(ctx, scimclient.Query{Count: serverPage, Paging: scimclient.PageAuto}) {
		if err != nil {
			yield(importRow{}, s.explain(err))
			return false
		}
		id := textOf(o, "id")
		o.Delete("members") // of a server that does not leave them out
		if w.ids != nil {
			*w.ids = append(*w.ids, id)
		}
		s.read.Add(1)
		row := importRow{kind: w.kind, file: w.Endpoint + "/" + id, document: o, old: id, onlyLook: s.only == rowKinds[memberRow]}
		if row.kind == userRow {
			row.manager = managerOf(o)
		}
		if !yield(row, nil) {
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
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "scimclient: ") {
		err = inner // which request it was tells nobody more
	}
	base := scimclient.ShownURL(s.client.BaseURL)
	return hint(fmt.Errorf("the server at %s: %w", base, err),
		"check the base URL and --token: usher check %s says what the server can; what was imported stays, and the same command goes on", base)
}
