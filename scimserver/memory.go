package scimserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Memory is a [Backend] that keeps everything in memory: the reference of what the contract means, and a server for
// tests. It is simple rather than fast: a list with a filter looks at every resource.
type Memory struct {
	profile scim.Profile

	mu    sync.RWMutex
	byID  map[string]*entry
	order []*entry             // by creation: the stable order of every list (T-068)
	taken map[uniqueKey]string // id of the resource that has the value
	seq   int64                // Record.Seq of the newest resource
}

// entry is one stored resource. Its record holds a group's members; a user's groups are found by looking.
type entry struct {
	rec  scim.Record
	name string // a group's displayName, for the users who show it
	keys []uniqueKey
}

// uniqueKey is a value that only one resource of a type may have: userName, a group's displayName (D-18).
type uniqueKey struct {
	typ, attr, folded string
}

var _ Backend = (*Memory)(nil)

// NewMemory makes an empty backend for one connection of the profile.
func NewMemory(p scim.Profile) *Memory {
	return &Memory{profile: p, byID: map[string]*entry{}, taken: map[uniqueKey]string{}}
}

// Create implements [Backend].
func (m *Memory) Create(ctx context.Context, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	e := &entry{rec: scim.Record{Type: r.Type, ID: rand.Text(), Created: now, LastModified: now}}
	members, err := m.edit(e, scim.MemberDelta{Add: r.Members})
	if err != nil {
		return nil, err
	}
	if err := m.store(e, r, members, now); err != nil {
		return nil, err
	}
	m.seq++
	e.rec.Seq = m.seq
	m.byID[e.rec.ID] = e
	m.order = append(m.order, e)
	return m.written(e, w), nil
}

// Get implements [Backend].
func (m *Memory) Get(ctx context.Context, t *scim.ResourceType, id string, show scim.Projection) (*scim.Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	e, err := m.find(ctx, t, id)
	if err != nil {
		return nil, err
	}
	return m.shown(e, show), nil
}

// List implements [Backend].
func (m *Memory) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all, err := m.matching(ctx, t, q)
	if err != nil {
		return scim.Page{}, err
	}
	if q.Sort != nil {
		slices.SortFunc(all, func(a, b match) int { return q.Sort.Compare(a.place, b.place) })
	}
	page := scim.Page{Total: len(all)}
	rest := all[min(max(q.StartIndex, 1)-1, len(all)):]
	if q.After != nil {
		first, _ := slices.BinarySearchFunc(all, *q.After, func(a match, after scim.Position) int {
			if q.Sort.Compare(a.place, after) <= 0 {
				return -1
			}
			return 1
		})
		rest = all[first:]
	}
	page.More = len(rest) > q.Count
	for _, found := range rest[:min(len(rest), q.Count)] {
		page.Records = append(page.Records, m.listed(found.entry, q))
	}
	return page, nil
}

// match is a resource that a query finds, and its place in the list.
type match struct {
	entry *entry
	place scim.Position
}

// matching finds all resources that the filter lets through, in the order of creation.
func (m *Memory) matching(ctx context.Context, t *scim.ResourceType, q scim.Query) ([]match, error) {
	var all []match
	for _, e := range m.order {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if ok, err := m.matches(e, t, q.Filter); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		rec := &e.rec
		if usesRows(q.Sort) {
			rec = m.whole(e)
		}
		place, err := q.Sort.Position(rec)
		if err != nil {
			return nil, err
		}
		all = append(all, match{e, place})
	}
	return all, nil
}

func usesRows(s *scim.Sort) bool { return s.Uses("groups") || s.Uses("members") }

// listed is the record as a list hands it out: with the rows that are sorted by, even where they are not shown.
func (m *Memory) listed(e *entry, q scim.Query) *scim.Record {
	if usesRows(q.Sort) {
		return m.whole(e)
	}
	return m.shown(e, q.Show)
}

func (m *Memory) matches(e *entry, t *scim.ResourceType, f *scim.Filter) (bool, error) {
	switch {
	case e.rec.Type.ID != t.ID:
		return false, nil
	case f == nil:
		return true, nil
	case f.Uses("groups") || f.Uses("members"):
		return f.Match(m.whole(e))
	}
	return f.Match(&e.rec)
}

// Replace implements [Backend].
func (m *Memory) Replace(ctx context.Context, id string, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, old, err := m.open(ctx, r.Type, id, w)
	if err != nil {
		return nil, err
	}
	next, err := r.Replace(old)
	if err != nil {
		return nil, err
	}
	members := e.rec.Members
	if r.HasMembers { // an absent list leaves the members alone (D-09)
		if members, err = m.edit(e, scim.MemberDelta{Reset: true, Add: r.Members}); err != nil {
			return nil, err
		}
	}
	if err := m.store(e, next, members, time.Now().UTC()); err != nil {
		return nil, err
	}
	return m.written(e, w), nil
}

// Patch implements [Backend].
func (m *Memory) Patch(ctx context.Context, id string, p *scim.Patch, w scim.Write) (*scim.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, old, err := m.open(ctx, p.Type, id, w)
	if err != nil {
		return nil, err
	}
	delta, rest, err := p.Members()
	if err != nil {
		return nil, err
	}
	next, err := rest.Apply(old)
	if err != nil {
		return nil, err
	}
	members, err := m.edit(e, delta)
	if err != nil {
		return nil, err
	}
	if err := m.store(e, next, members, time.Now().UTC()); err != nil {
		return nil, err
	}
	return m.written(e, w), nil
}

// Delete implements [Backend]. The resource leaves the groups that it was in.
func (m *Memory) Delete(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.find(ctx, t, id)
	if err != nil {
		return err
	}
	if err := e.expect(w.IfMatch); err != nil {
		return err
	}
	delete(m.byID, id)
	m.order = slices.DeleteFunc(m.order, func(o *entry) bool { return o == e })
	for _, k := range e.keys {
		delete(m.taken, k)
	}
	m.leave(id, time.Now().UTC())
	return nil
}

func (m *Memory) find(ctx context.Context, t *scim.ResourceType, id string) (*entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := m.byID[id]
	if e == nil || e.rec.Type.ID != t.ID {
		return nil, scim.NewError(scim.KindUnknownResource, t.Name, id, "")
	}
	return e, nil
}

// open finds a resource to change, holds it to If-Match and decodes it.
func (m *Memory) open(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) (*entry, *scim.Resource, error) {
	e, err := m.find(ctx, t, id)
	if err != nil {
		return nil, nil, err
	}
	if err := e.expect(w.IfMatch); err != nil {
		return nil, nil, err
	}
	r, err := e.rec.Type.Load(&e.rec)
	return e, r, err
}

func (e *entry) expect(p scim.Precondition) error {
	if p.HoldsFor(e.rec.Version) {
		return nil
	}
	return scim.NewError(scim.KindVersion, "If-Match", strings.Join(p.Tags, ", "), "the present version, "+e.rec.ETag())
}

// store writes a resource's new state into its entry, all of it or nothing. When nothing changes, neither do the
// version and lastModified.
func (m *Memory) store(e *entry, r *scim.Resource, members []scim.MemberRef, now time.Time) error {
	keys, err := m.claim(e, r)
	if err != nil {
		return err
	}
	for _, k := range e.keys {
		delete(m.taken, k)
	}
	for _, k := range keys {
		m.taken[k] = e.rec.ID
	}
	e.keys, e.name = keys, r.Text("displayName")
	body := r.Body()
	same := bytes.Equal(body, e.rec.Body) && r.ExternalID == e.rec.ExternalID && sameMembers(members, e.rec.Members)
	if same && e.rec.Version > 0 {
		return nil
	}
	e.rec.Body, e.rec.ExternalID, e.rec.Members = body, r.ExternalID, members
	e.rec.Version++
	e.rec.LastModified = now
	return nil
}

// claim returns the unique keys of r, or KindTaken when another resource has one. Its own are free to it: Jane may
// become JANE (T-109).
func (m *Memory) claim(e *entry, r *scim.Resource) ([]uniqueKey, error) {
	var keys []uniqueKey
	for _, a := range r.Type.Schema.Attributes {
		if a.Uniqueness == scim.UniqueNone {
			continue
		}
		value := r.Text(a.Name)
		folded, ok := a.Fold(value)
		if !ok || value == "" {
			continue
		}
		k := uniqueKey{r.Type.ID, a.Name, folded}
		if owner, taken := m.taken[k]; taken && owner != e.rec.ID {
			return nil, scim.NewError(scim.KindTaken, a.Name, value, "")
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// written is the answer to a write. Without a projection the caller wants id, version and times only.
func (m *Memory) written(e *entry, w scim.Write) *scim.Record {
	if w.Show != nil {
		return m.shown(e, *w.Show)
	}
	rec := e.rec
	rec.Members = nil
	return &rec
}

// shown is a copy of the record with the lists that the projection has.
func (m *Memory) shown(e *entry, show scim.Projection) *scim.Record {
	if show.Shows("groups") || show.Shows("members") {
		return m.whole(e)
	}
	rec := e.rec
	rec.Members = nil
	return &rec
}

// whole is a copy of the record with everything, as a filter may ask for any of it.
func (m *Memory) whole(e *entry) *scim.Record {
	rec := e.rec
	if rec.Type.ID == "Group" {
		rec.HasMembers = true // the list itself is never changed in place
		return &rec
	}
	rec.Groups, rec.HasGroups = m.groupsOf(rec.ID), true
	return &rec
}
