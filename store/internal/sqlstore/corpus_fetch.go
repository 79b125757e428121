package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// fetchTexts reads the texts of the indexes that a search has missed, beside the requests, and reports whether it is done.
func (s *Store) fetchTexts(indexes []textIndex) (done bool) {
	for _, of := range indexes {
		voids, ok := s.texts.begin(of)
		if !ok {
			continue
		}
		fetch := func() {
			t, err := s.textsOf(of)
			s.texts.end(of, t, err, voids)
		}
		if !s.opt.TextsAtOnce {
			go fetch()
			continue
		}
		fetch()
		done = true
	}
	return done
}

// textsOf reads the texts of an index, if they are not too many, and none is cut. First of all every entry of the log gets its
// place: each that has none would be one that may have come since.
func (s *Store) textsOf(of textIndex) (t *corpus, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	t = &corpus{of: of, read: time.Now()}
	if err := s.settleLog(ctx, "audit", of.root); err != nil {
		return t, err
	}
	err = s.view(ctx, func(tx *Tx) error {
		if err := tx.row([]any{&t.at}, `SELECT coalesce(max(`+s.order+`), 0) FROM audit WHERE root = $1`, of.root); err != nil {
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

// tells reports that the audit entries of a change name every resource whose texts it gives or changes.
func tells(c *directory.Change) bool {
	told := func(typ, id string) bool {
		return slices.ContainsFunc(c.Audit, func(a directory.AuditEntry) bool {
			return a.Target == id && a.TargetType == typ || directory.TargetsMany(a.TargetType)
		})
	}
	user := func(e directory.UserEdit) bool {
		return e.After == nil || told(typeUser, e.After.ID) || e.Before != nil && slices.Equal(e.BeforeKeys, e.AfterKeys) &&
			e.Before.UserNameKey == e.After.UserNameKey && e.Before.ExternalID == e.After.ExternalID
	}
	group := func(e directory.GroupEdit) bool {
		return e.After == nil || told(typeGroup, e.After.ID) || e.Before != nil && slices.Equal(e.BeforeKeys, e.AfterKeys) &&
			e.Before.DisplayNameKey == e.After.DisplayNameKey && e.Before.ExternalID == e.After.ExternalID
	}
	resource := func(e directory.ResourceEdit) bool { return e.After == nil || told(e.After.Type, e.After.ID) }
	return holdsForAll(c.Users, user) && holdsForAll(c.Groups, group) && holdsForAll(c.Resources, resource) && len(c.Rewrites) == 0
}

func holdsForAll[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !is(v) })
}
