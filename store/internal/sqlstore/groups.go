package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/directory"
)

// GroupsOf implements directory.Store.
func (s *Store) GroupsOf(_ context.Context, root string, ids []string) (map[string][]directory.GroupOf, error) {
	tx := s.point()
	no, err := s.number(tx, root)
	if errors.Is(err, directory.ErrNotFound) {
		return map[string][]directory.GroupOf{}, nil
	}
	if err != nil {
		return nil, s.fault("groups of", err)
	}
	groups, err := groupsOf(tx, no, ids)
	return groups, s.fault("groups of", err)
}

// groupsOf reads the direct groups, and then what those are in.
func groupsOf(tx *Tx, root int64, ids []string) (map[string][]directory.GroupOf, error) {
	groups, inner, err := directGroups(tx, root, distinct(ids))
	if err != nil {
		return nil, err
	}
	above, err := groupsAbove(tx, root, distinct(inner))
	if err != nil || len(above) == 0 {
		return groups, err
	}
	for id, list := range groups {
		groups[id] = append(list, indirect(id, list, above)...)
	}
	return groups, nil
}

// directGroups are the groups that have the ids as members. inner are those that may be in groups themselves, which
// most are not: for one id the query tells, for a page of users, who share their groups, it is cheaper to ask for each
// group once.
func directGroups(tx *Tx, root int64, ids []string) (groups map[string][]directory.GroupOf, inner []string, err error) {
	isInner := "1"
	if len(ids) == 1 {
		isInner = "EXISTS (SELECT 1 FROM member a WHERE a.root = $1 AND a.id = r.id)"
	}
	groups = make(map[string][]directory.GroupOf)
	err = inLots(ids, []any{root}, func(list string, args []any) error {
		return tx.each(func(r scanner) error {
			g := directory.GroupOf{Direct: true}
			var member string
			var may bool
			err := r.Scan(&member, &g.ID, &g.DisplayName, &g.ExternalID, &may)
			groups[member] = append(groups[member], g)
			if may {
				inner = append(inner, g.ID)
			}
			return err
		}, `SELECT m.id, r.id, r.name, r.external_id, `+isInner+` FROM member m JOIN resource r ON r.seq = m.grp
			WHERE m.root = $1 AND r.root = $1 AND m.id IN (`+list+`) ORDER BY r.seq`, args...)
	})
	return groups, inner, err
}

// groupAbove is a group that holds another one, at any depth.
type groupAbove struct {
	directory.GroupOf
	seq int64
}

// groupsAbove are the groups that hold the given ones. UNION drops what was found before, so that a cycle ends. CROSS
// JOIN keeps the order of the tables in SQLite, whose planner knows nothing of what a recursion finds.
func groupsAbove(tx *Tx, root int64, ids []string) (map[string][]groupAbove, error) {
	var groups map[string][]groupAbove
	err := inLots(ids, []any{root}, func(list string, args []any) error {
		return tx.each(func(r scanner) error {
			var g groupAbove
			var id string
			err := r.Scan(&id, &g.ID, &g.DisplayName, &g.ExternalID, &g.seq)
			if groups == nil {
				groups = make(map[string][]groupAbove)
			}
			groups[id] = append(groups[id], g)
			return err
		}, `WITH RECURSIVE above(id, grp) AS (
				SELECT id, grp FROM member WHERE root = $1 AND id IN (`+list+`)
				UNION
				SELECT above.id, m.grp FROM above CROSS JOIN resource g CROSS JOIN member m
					WHERE g.root = $1 AND g.seq = above.grp AND m.root = $1 AND m.id = g.id
			) SELECT above.id, r.id, r.name, r.external_id, r.seq FROM above CROSS JOIN resource r WHERE r.root = $1 AND r.seq = above.grp`, args...)
	})
	return groups, err
}

// indirect are the groups above the direct ones that are no direct ones themselves, by the order of creation.
func indirect(id string, direct []directory.GroupOf, above map[string][]groupAbove) []directory.GroupOf {
	seen := map[string]bool{id: true}
	for _, g := range direct {
		seen[g.ID] = true
	}
	var list []groupAbove
	for _, d := range direct {
		for _, g := range above[d.ID] {
			if !seen[g.ID] {
				seen[g.ID] = true
				list = append(list, g)
			}
		}
	}
	slices.SortFunc(list, func(a, b groupAbove) int { return cmp.Compare(a.seq, b.seq) })
	groups := make([]directory.GroupOf, len(list))
	for i, g := range list {
		groups[i] = g.GroupOf
	}
	return groups
}

func distinct(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }
