package sqlstore

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// fetchTexts reads the texts of the indexes that a search has missed, beside the requests. With Options.TextsAtOnce they are
// there when it returns, and so it reports: the search may be made once more, and then misses nothing that could be read, as
// nothing is read twice in a row.
func (s *Store) fetchTexts(missed []textIndex) (there bool) {
	if len(missed) > 0 && !s.opt.TextsAtOnce {
		go s.fetchEach(missed)
		return false
	}
	return s.fetchEach(missed)
}

// fetchEach reads one after the other, and reports whether it has read any.
func (s *Store) fetchEach(missed []textIndex) (some bool) {
	for _, of := range missed {
		if invalidations, ok := s.texts.begin(of); ok {
			t, err := s.textsOf(of)
			s.texts.end(of, t, err, invalidations)
			some = true
		}
	}
	return some
}

// textsOf reads the texts of an index, if they are not too many, and none is cut. First of all every entry of the log gets its
// place: each that has none would be one that may have come since.
func (s *Store) textsOf(of textIndex) (t *corpus, err error) {
	ctx, cancel := context.WithTimeout(s.texts.context, fetchTime)
	defer cancel()
	t = &corpus{of: of, read: time.Now()}
	defer func() { // beside the requests nobody else would catch it
		if p := recover(); p != nil {
			err = fmt.Errorf("sqlstore: texts: panic: %v", p)
		}
	}()
	if err := s.settleLog(ctx, "audit", of.root); err != nil {
		return t, err
	}
	err = s.view(ctx, func(tx *Tx) error {
		err := tx.row([]any{&t.at, &t.last}, `SELECT `+s.order+`, id FROM audit
			WHERE root = $1 AND `+s.order+` > 0 ORDER BY `+s.order+` DESC LIMIT 1`, of.root)
		if err != nil {
			return err
		}
		query, args := `SELECT value, seq FROM attribute WHERE root = $1 AND scope = $2 AND attr = $3`, []any{of.root, of.scope, of.attr}
		if of.attr == 0 {
			query, args = `SELECT `+of.column.name+`, seq FROM resource WHERE root = $1 AND scope = $2`+of.column.having, args[:2]
		}
		return tx.each(func(r scanner) error {
			var text string
			var seq int64
			if err := r.Scan(&text, &seq); err != nil {
				return err
			}
			if !t.add(text, seq) || of.attr != 0 && len(text) > scim.MaxKey {
				return errUnfit
			}
			return nil
		}, query, args...)
	})
	t.searched.Store(t.read.Unix())
	t.all, t.ends, t.seqs = bytes.Clone(t.all), slices.Clone(t.ends), slices.Clone(t.seqs) // without room to grow
	return t, err
}

// tells reports that the audit entries of a change name every resource whose texts it gives or changes, or that one of them
// stands for all (changed then takes nothing from memory). Who goes need not be named: a search looks up whether those that it
// has found are there. Documents that are rewritten for a schema change their keys without an entry, if nothing else of them
// changes; that is for attributes whose index is being built, and no search uses those.
func tells(c *directory.Change) bool {
	told := func(typ, id string) bool {
		return slices.ContainsFunc(c.Audit, func(a directory.AuditEntry) bool {
			return a.Target == id && a.TargetType == typ || directory.TargetsMany(a.TargetType)
		})
	}
	user := func(e directory.UserEdit) bool {
		b, a := e.Before, e.After
		return a == nil || told(typeUser, a.ID) || b != nil && b.UserNameKey == a.UserNameKey && b.ExternalID == a.ExternalID &&
			slices.Equal(e.BeforeKeys, e.AfterKeys)
	}
	group := func(e directory.GroupEdit) bool {
		b, a := e.Before, e.After
		return a == nil || told(typeGroup, a.ID) || b != nil && b.DisplayNameKey == a.DisplayNameKey && b.ExternalID == a.ExternalID &&
			slices.Equal(e.BeforeKeys, e.AfterKeys)
	}
	resource := func(e directory.ResourceEdit) bool { return e.After == nil || told(e.After.Type, e.After.ID) }
	return holdsForAll(c.Users, user) && holdsForAll(c.Groups, group) && holdsForAll(c.Resources, resource) && len(c.Rewrites) == 0
}

func holdsForAll[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !is(v) })
}
