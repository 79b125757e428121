package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Commit implements directory.Store.
func (s *Store) Commit(ctx context.Context, c *directory.Change) error {
	if err := s.intern(ctx, symbolsOf(c)); err != nil {
		return s.fault("commit", err)
	}
	if !tells(c) {
		defer s.texts.invalidate()()
	}
	var done *outcome
	err := s.write(ctx, "commit", weight(c), func(tx *Tx) error {
		done = newOutcome(c) // anew in each run
		return s.apply(tx, c, done)
	})
	if err == nil {
		done.report(c)
	}
	return err
}

// apply writes a change in the order of its fields, but for the rows that many changes move: the groups whose members change
// and the counters come last, to be locked as shortly as can be. It may run more than once, so what it learns goes to done
// and not to the change.
func (s *Store) apply(tx *Tx, c *directory.Change, done *outcome) error {
	w := writer{s: s, tx: tx, root: s.symbols.of(c.Root), name: c.Root, done: done}
	steps := []func() error{
		func() error { return w.basis(c.Basis) },
		func() error { return w.config(c.Config, c.Reconfigures) },
		func() error { return every(c.Workspaces, w.workspace) },
		func() error { return every(c.Roles, w.role) },
		func() error { return every(c.Secrets, w.secret) },
		func() error { return every(c.Declarations, w.declaration) },
		func() error { return every(c.Teams, w.team) },
		func() error { return every(c.Connections, w.connection) },
		func() error { return every(c.Tokens, w.token) },
		func() error { return every(c.Subjects, w.subject) },
		func() error { return everyAt(c.Users, w.user) },
		func() error { return everyAt(c.Groups, w.group) },
		func() error { return everyAt(c.Resources, w.declared) },
		func() error { return w.absent(c.Absent) },
		func() error { return every(c.Rewrites, w.rewrite) },
		func() error { return every(c.Memberships, w.membership) },
		func() error { return every(c.Removals, w.removal) },
		func() error { return every(c.Tombstones, w.tombstone) },
		func() error { return every(c.APIKeys, w.apiKey) },
		func() error { return every(c.Domains, w.domain) },
		func() error { return every(c.Jobs, w.job) },
		func() error { return every(c.Webhooks, w.webhook) },
		func() error { return every(c.Segments, w.segment) },
		func() error { return w.signIn(&c.SignInChange) },
		func() error { return every(c.Erase, w.erase) },
		func() error { return every(c.Audit, w.audit) },
		func() error { return every(c.Events, w.event) },
		func() error { return every(c.Requests, w.request) },
		func() error { return everyAt(c.Members, w.members) },
		w.settleCounts,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// signIn writes what a change does to sign-in. The sessions that end come last: whatever began meanwhile ends too.
func (w *writer) signIn(c *directory.SignInChange) error {
	steps := []func() error{
		func() error { return every(c.Holds, w.hold) },
		func() error { return everyKept(w, attempts, c.Attempts) },
		func() error { return every(c.Replays, w.replay) },
		func() error { return everyKept(w, links, c.Links) },
		func() error { return everyKept(w, sessions, c.Sessions) },
		func() error { return everyKept(w, apps, c.Apps) },
		func() error { return everyKept(w, authorizations, c.Authorizations) },
		func() error { return every(c.Revoked, w.revoke) },
		func() error { return everyKept(w, grants, c.Grants) },
		func() error { return everyKept(w, signingKeys, c.SigningKeys) },
		func() error { return everyKept(w, factors, c.Factors) },
		func() error { return every(c.Throttles, w.throttle) },
		func() error { return everyKept(w, messages, c.Messages) },
		func() error { return every(c.Ends, w.end) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func everyKept[T any](w *writer, k kept[T], list []directory.Edit[T]) error {
	return every(list, func(e *directory.Edit[T]) error { return k.write(w, e) })
}

// writer applies the parts of one change inside one transaction.
type writer struct {
	s    *Store
	tx   *Tx
	root int64  // the root's number
	name string // the root's id
	done *outcome
	// counts are the numbers of resources that have come and gone.
	counts map[block]int64
}

// outcome is what the store assigns in a change.
type outcome struct {
	userSeq  []int64
	groupSeq []int64
	// resourceSeq is that of resources of declared types.
	resourceSeq []int64
	// groupVersion is the version that an edit of a group reached; 0: as the edit says.
	groupVersion []int64
	// membersVersion is the version that a group reached whose members changed; 0: none did.
	membersVersion []int64
	// moved are the groups whose version this change has moved: it rises once in a change.
	moved map[string]bool
}

func newOutcome(c *directory.Change) *outcome {
	return &outcome{
		userSeq:        make([]int64, len(c.Users)),
		groupSeq:       make([]int64, len(c.Groups)),
		resourceSeq:    make([]int64, len(c.Resources)),
		groupVersion:   make([]int64, len(c.Groups)),
		membersVersion: make([]int64, len(c.Members)),
		moved:          map[string]bool{},
	}
}

func (o *outcome) report(c *directory.Change) {
	for i, e := range c.Users {
		if e.Before == nil && e.After != nil {
			e.After.Seq = o.userSeq[i]
		}
	}
	for i, e := range c.Groups {
		if e.Before == nil && e.After != nil {
			e.After.Seq = o.groupSeq[i]
		}
		if e.After != nil && o.groupVersion[i] != 0 {
			e.After.Version = o.groupVersion[i]
		}
	}
	for i, e := range c.Resources {
		if e.Before == nil && e.After != nil {
			e.After.Seq = o.resourceSeq[i]
		}
	}
	for i := range c.Members {
		c.Members[i].Version = o.membersVersion[i]
	}
}

func every[T any](list []T, fn func(*T) error) error {
	for i := range list {
		if err := fn(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func everyAt[T any](list []T, fn func(int, *T) error) error {
	for i := range list {
		if err := fn(i, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// edit runs the one of three statements that an edit stands for.
func edit[T any](e *directory.Edit[T], insert, remove func(*T) error, update func(before, after *T) error) error {
	switch {
	case e.Before == nil && e.After == nil:
		return nil
	case e.Before == nil:
		return insert(e.After)
	case e.After == nil:
		return remove(e.Before)
	}
	return update(e.Before, e.After)
}

// symbolsOf lists the texts of a change that stand in keys as numbers.
func symbolsOf(c *directory.Change) []string {
	texts := []string{c.Root}
	for _, e := range c.Users {
		for _, r := range []*directory.User{e.Before, e.After} {
			if r != nil {
				texts = append(texts, scope{c.Root, r.Connection, typeUser}.text())
			}
		}
		texts = keySymbols(texts, e.BeforeKeys, e.AfterKeys, e.Claims.Before, e.Claims.After)
	}
	for _, e := range c.Groups {
		for _, r := range []*directory.Group{e.Before, e.After} {
			if r != nil {
				texts = append(texts, scope{c.Root, r.Connection, typeGroup}.text())
			}
		}
		texts = keySymbols(texts, e.BeforeKeys, e.AfterKeys, e.Claims.Before, e.Claims.After)
	}
	for _, e := range c.Resources {
		for _, r := range []*directory.Resource{e.Before, e.After} {
			if r != nil {
				texts = append(texts, scope{c.Root, r.Connection, r.Type}.text())
			}
		}
		texts = keySymbols(texts, e.BeforeKeys, e.AfterKeys, e.Claims.Before, e.Claims.After)
	}
	for _, e := range c.Rewrites {
		texts = keySymbols(append(texts, scope{c.Root, e.Connection, e.Type}.text()), e.Keys, e.Claims)
	}
	return texts
}

func keySymbols(texts []string, lists ...[]scim.Key) []string {
	for _, keys := range lists {
		for _, k := range keys {
			texts = append(texts, k.Attr)
		}
	}
	return texts
}

// unknownRows stands for a list of rows that has yet to be read.
const unknownRows = 1000

// weight estimates the rows that a change writes; see [Engine].
func weight(c *directory.Change) int {
	n := len(c.Workspaces) + len(c.Roles) + len(c.Secrets) + len(c.Declarations) + len(c.Teams) + len(c.Connections) +
		len(c.Tokens) + len(c.Subjects) + len(c.Memberships) + len(c.Removals) + len(c.Tombstones) + len(c.APIKeys) +
		len(c.Domains) + len(c.Jobs) + len(c.Webhooks) + len(c.Segments) + len(c.Audit) + len(c.Events) + len(c.Requests) +
		len(c.Attempts) + len(c.Replays) + len(c.Links) + len(c.Sessions) + len(c.Grants) + len(c.Messages) + len(c.Ends) +
		unknownRows*len(c.Erase)
	for _, e := range c.Users {
		n += 2 + len(e.BeforeKeys) + len(e.AfterKeys)
	}
	for _, e := range c.Groups {
		n += 2 + len(e.BeforeKeys) + len(e.AfterKeys)
		if e.After == nil && e.Before != nil {
			n += 2 * e.Before.Members
		}
	}
	for _, e := range c.Resources {
		n += 2 + len(e.BeforeKeys) + len(e.AfterKeys)
	}
	for _, e := range c.Rewrites {
		n += 1 + len(e.Keys) + len(e.Claims)
	}
	for _, m := range c.Members {
		n += 1 + 2*len(m.Remove) + 2*len(m.Add)
		if m.Reset {
			n += unknownRows
		}
	}
	return n
}
