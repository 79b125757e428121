package directory

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/scim"
)

// A change of what is declared holds for every request at once: documents are read as what they say under the present
// declarations, whatever they were stored under. Settling brings what is stored into that form, so that it costs
// nothing any more, filters find it by index, and what is not declared is gone. It may be cut short at any point and
// begun again, and two processes may do it at the same time: every step holds only for what it has read, and none
// undoes what a later declaration has made.

// Settlement is what settling came to.
type Settlement struct {
	Documents  int `json:"documents"`            // stored documents that were brought into the declared form
	Changed    int `json:"changed"`              // documents whose values changed with it
	Lost       int `json:"lost_values"`          // values that the declared form cannot hold
	Duplicates int `json:"duplicates,omitempty"` // values that should be unique and are another resource's too
	Dropped    int `json:"dropped,omitempty"`    // resource types whose resources were dropped
}

func (s *Settlement) add(o Settlement) {
	s.Documents += o.Documents
	s.Changed += o.Changed
	s.Lost += o.Lost
	s.Duplicates += o.Duplicates
	s.Dropped += o.Dropped
}

// settleSlice is how many documents one commit rewrites: some milliseconds of the writer's time.
const settleSlice = 100

// Unsettled lists the workspace's connections whose documents are still to be brought into the declared form.
func (d *Directory) Unsettled(ctx context.Context, w Workspace) ([]Connection, error) {
	fresh, err := d.freshWorkspace(ctx, w)
	if err != nil || fresh.Epoch == 0 {
		return nil, err
	}
	all, err := d.store.Connections(ctx, w.Root, w.ID)
	return slices.DeleteFunc(all, func(c Connection) bool { return c.Settled >= fresh.Epoch }), err
}

// Settle brings the documents of the workspace's connections into the form that is declared. progress, unless nil, is
// told how many documents of one connection have been looked at.
func (d *Directory) Settle(
	ctx context.Context, by Actor, w Workspace, progress func(c Connection, done, total int),
) (Settlement, error) {
	var sum Settlement
	all, err := d.Unsettled(ctx, w)
	for _, c := range all {
		s := settler{d: d, by: by, progress: progress}
		err = s.connection(ctx, w, c)
		sum.add(s.sum)
		if err != nil {
			return sum, err
		}
	}
	return sum, err
}

// settler settles one connection.
type settler struct {
	d        *Directory
	by       Actor
	client   *Client
	epoch    int64
	sum      Settlement
	progress func(c Connection, done, total int)
	seen     int
	total    int
}

// maxRounds bounds how often declarations may change under a settler before it leaves the rest to the next.
const maxRounds = 10

func (s *settler) connection(ctx context.Context, w Workspace, c Connection) error {
	for range maxRounds {
		done, err := s.round(ctx, w, c)
		if done || err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return ErrConflict
}

// round settles the connection for the epoch that it finds, unless a newer one begins meanwhile. The scopes are read
// before the declarations: what is in a scope then and has no type afterwards is of a type that was deleted before.
func (s *settler) round(ctx context.Context, w Workspace, c Connection) (done bool, err error) {
	scopes, err := s.d.store.Scopes(ctx, c.Root, c.ID)
	if err != nil {
		return false, err
	}
	if err := s.begin(ctx, w, c); err != nil {
		return isGone(err), unlessGone(err)
	}
	if s.client.Connection.Settled >= s.epoch {
		return true, nil
	}
	for _, scope := range scopes {
		if err := s.scope(ctx, scope); err != nil {
			return false, err
		}
	}
	return true, unlessGone(s.end(ctx))
}

// isGone reports that the connection was deleted meanwhile, and needs no settling.
func isGone(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Kind == RefusedNotFound
}

func unlessGone(err error) error {
	if isGone(err) {
		return nil
	}
	return err
}

func (s *settler) begin(ctx context.Context, w Workspace, c Connection) error {
	w, err := s.d.freshWorkspace(ctx, w)
	if err != nil {
		return err
	}
	if c, err = s.d.freshConnection(ctx, c); err != nil {
		return err
	}
	if s.client, err = s.d.client(w, c, s.by); err != nil {
		return err
	}
	s.epoch = 0
	if s.client.basis != nil {
		s.epoch = s.client.basis.Epoch
	}
	return nil
}

// end marks the connection as settled. Its types are then compiled anew, with their indexes complete.
func (s *settler) end(ctx context.Context) error {
	for {
		before, err := s.d.freshConnection(ctx, s.client.Connection)
		if err != nil || before.Settled >= s.epoch {
			return err
		}
		after := before
		after.Settled = s.epoch
		after.Version++
		err = s.d.store.Commit(ctx, &Change{Root: before.Root, Connections: []Edit[Connection]{update(before, after)}})
		if !errors.Is(err, ErrConflict) {
			s.d.credentials.Clear()
			return err
		}
	}
}

// scope settles the resources of one type, or drops them when there is no such type.
func (s *settler) scope(ctx context.Context, scope Scope) error {
	c := s.client.Connection
	i := slices.IndexFunc(s.client.Types, func(t *scim.ResourceType) bool { return t.ID == scope.Type })
	if i < 0 {
		if scope.Last > 0 {
			s.sum.Dropped++
		}
		return s.d.store.DropResources(ctx, c.Root, c.ID, scope.Type, scope.Last)
	}
	t := s.client.Types[i]
	page, err := s.d.store.Resources(ctx, ListQuery{Root: c.Root, Connection: c.ID, Type: t})
	if err != nil {
		return err
	}
	s.seen, s.total = 0, page.Total
	if err := s.documents(ctx, t); err != nil {
		return err
	}
	return s.pruneKeys(ctx, t)
}

// pruneKeys drops the index rows of generations that are gone. Those of a later epoch than this one's are not ours to
// judge.
func (s *settler) pruneKeys(ctx context.Context, t *scim.ResourceType) error {
	c, keep := s.client.Connection, t.KeyNames()
	names, err := s.d.store.KeyNames(ctx, c.Root, c.ID, t.ID)
	if err != nil {
		return err
	}
	for _, name := range names {
		generation := scim.KeyGeneration(name)
		if generation == 0 || generation > s.epoch || slices.Contains(keep, name) {
			continue
		}
		if err := s.d.store.DropKeys(ctx, c.Root, c.ID, t.ID, name); err != nil {
			return err
		}
	}
	return nil
}

// documents rewrites what has another stamp than the type, until a walk over all finds nothing: what somebody else
// wrote at the same moment is left to the next walk.
func (s *settler) documents(ctx context.Context, t *scim.ResourceType) error {
	for range maxRounds {
		found, err := s.walk(ctx, t)
		if !found || err != nil {
			return err
		}
	}
	return ErrConflict
}

func (s *settler) walk(ctx context.Context, t *scim.ResourceType) (found bool, err error) {
	c := s.client.Connection
	for docs, err := range s.d.documentPages(ctx, c, t.ID, t.Stamp, settleSlice) {
		if err == nil {
			err = s.slice(ctx, t, docs)
		}
		if err != nil {
			return found, err
		}
		found = true
		s.seen += len(docs)
		if s.progress != nil {
			s.progress(c, min(s.seen, s.total), s.total)
		}
		if err := ctx.Err(); err != nil {
			return found, err
		}
	}
	return found, nil
}

// slice rewrites documents in one commit. When one of them is written by somebody else at the same moment, each is
// tried alone, and that one is left to the next walk.
func (s *settler) slice(ctx context.Context, t *scim.ResourceType, docs []Document) error {
	err := s.commit(ctx, t, docs)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	for i := range docs {
		if err := s.commit(ctx, t, docs[i:i+1]); err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil
}

func (s *settler) commit(ctx context.Context, t *scim.ResourceType, docs []Document) error {
	c := s.client
	p := s.d.newPlan(s.by, c.Workspace, c.Connection.ID)
	p.Basis = c.basis
	var sum Settlement
	taken := map[scim.Key]bool{}
	for _, doc := range docs {
		if err := s.rewrite(ctx, p, t, doc, taken, &sum); err != nil {
			return err
		}
	}
	if sum.Changed+sum.Duplicates > 0 {
		if err := p.audit(ActionSchemaApply, targetConnection, c.Connection.ID, "", applyDetail{c.Connection.Name, t.Name, sum}); err != nil {
			return err
		}
	}
	err := s.d.store.Commit(ctx, &p.Change)
	if err == nil {
		s.sum.add(sum)
	}
	return err
}

type applyDetail struct {
	Name string `json:"name"`
	Type string `json:"resource_type"`
	Settlement
}

// rewrite plans one document in the declared form, with its event if its values change.
func (s *settler) rewrite(
	ctx context.Context, p *plan, t *scim.ResourceType, doc Document, taken map[scim.Key]bool, sum *Settlement,
) error {
	attrs, err := scim.ParseJSON(doc.Body, scim.Limits{})
	if err != nil {
		return err
	}
	before := &scim.Resource{Type: t, ExternalID: doc.ExternalID, Attributes: attrs}
	adapted, lost := t.Adapt(attrs)
	after := &scim.Resource{Type: t, ExternalID: doc.ExternalID, Attributes: adapted}
	e := Rewrite{
		Connection: s.client.Connection.ID, Type: t.ID, ID: doc.ID, Before: doc.Body, After: doc.Body,
		Stamp: t.Stamp, Modified: p.now, Keys: after.Keys(), Claims: claimKeys(after.UniqueValues()),
	}
	sum.Documents++
	sum.Lost += lost
	if changed := document.Changed(before, after); len(changed) > 0 {
		e.After = after.Body()
		sum.Changed++
		if err := p.rewritten(t, doc, changed); err != nil {
			return err
		}
	}
	n, err := s.duplicates(ctx, t, doc, e.Claims, taken)
	sum.Duplicates += n
	p.Rewrites = append(p.Rewrites, e)
	return err
}

// duplicates counts the claims of a document that are another's. They stay with whoever came first; the document keeps
// its value, and is refused it only when it is written with it anew.
func (s *settler) duplicates(
	ctx context.Context, t *scim.ResourceType, doc Document, claims []scim.Key, taken map[scim.Key]bool,
) (n int, err error) {
	c := s.client.Connection
	for _, k := range claims {
		owner, err := s.d.store.Claimed(ctx, c.Root, c.ID, t.ID, k)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return n, err
		case err == nil && owner != doc.ID, err != nil && taken[k]:
			n++
		}
		taken[k] = true
	}
	return n, nil
}

// rewritten adds the event of a document whose values changed.
func (p *plan) rewritten(t *scim.ResourceType, doc Document, changed []string) error {
	switch t.ID {
	case typeUser:
		return p.event(EventMemberUpdated, doc.Subject, memberEvent{User: doc.ID, UserName: doc.Name, Changed: changed})
	case typeGroup:
		return p.event(EventGroupUpdated, "", groupEvent{Group: doc.ID, DisplayName: doc.Name, Changed: changed})
	}
	return p.event(EventResourceUpdated, "", resourceEvent{Type: t.ID, Resource: doc.ID, ExternalID: doc.ExternalID, Changed: changed})
}

// How often a server looks for what a command that was cut short has left, and how soon it tries again what failed.
const (
	settleInterval = time.Minute
	settleRetry    = 5 * time.Second
)

// keepSettled settles whatever is left unsettled, at once and then from time to time, until ctx ends.
func (d *Directory) keepSettled(ctx context.Context) {
	for {
		wait := settleInterval
		if err := d.settleAll(ctx); err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "declared schemas not applied to all documents; trying again", "error", err)
			wait = settleRetry
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

func (d *Directory) settleAll(ctx context.Context) error {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range all {
		_, err := d.Settle(ctx, system, w, nil)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
