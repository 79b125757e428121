package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// People implements directory.Store. Each workspace is walked by its key, the nearest first. A farther one shows whom
// no nearer one has, and only as far as the page reaches: without a filter a page reads no more rows than it has, for
// each workspace.
func (s *Store) People(ctx context.Context, q directory.PeopleQuery) ([]directory.Person, error) {
	return inRoot(s, s.point(), "people", q.Root, func(_ *Tx, no int64) (page []directory.Person, err error) {
		err = s.view(ctx, func(tx *Tx) error {
			for i := range q.Workspaces {
				found, err := people(tx, no, &q, i, page)
				if err != nil {
					return err
				}
				page = merge(page, found, q.Limit)
			}
			return nil
		})
		return page, err
	})
}

// merge puts two lists in the order of their subjects, who are different ones, and cuts what is beyond the limit.
func merge(page, found []directory.Person, limit int) []directory.Person {
	if len(page) > 0 {
		found = append(page, found...)
		slices.SortFunc(found, func(a, b directory.Person) int { return cmp.Compare(a.Subject, b.Subject) })
	}
	if limit > 0 && len(found) > limit {
		found = found[:limit]
	}
	return found
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// people walks the query's workspace of that number. page is what nearer ones have come to.
func people(tx *Tx, root int64, q *directory.PeopleQuery, at int, page []directory.Person) ([]directory.Person, error) {
	query, args := peopleQuery(root, q, at, page)
	var found []directory.Person
	err := tx.each(func(r scanner) error {
		p, err := scanPerson(r, q.Root)
		if err != nil {
			return err
		}
		if q.Team != "" && !slices.Contains(p.Teams, q.Team) {
			return nil
		}
		if found = append(found, p); q.Limit > 0 && len(found) == q.Limit {
			return errEnough
		}
		return nil
	}, query, args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// peopleQuery has no LIMIT: its rows stream.
func peopleQuery(root int64, q *directory.PeopleQuery, at int, page []directory.Person) (string, []any) {
	query := `SELECT ` + membershipColumns + `, ` + subjectColumns + `
		FROM membership m CROSS JOIN subject s
		WHERE m.root = ? AND m.workspace = ? AND m.subject > ? AND s.root = m.root AND s.id = m.subject`
	args := []any{root, q.Workspaces[at], q.After}
	add := func(condition string, values ...any) {
		query, args = query+condition, append(args, values...)
	}
	if q.Limit > 0 && len(page) == q.Limit {
		add(` AND m.subject < ?`, page[len(page)-1].Subject)
	}
	if q.Role != "" {
		add(` AND m.role = ?`, q.Role)
	}
	if q.Connection != "" {
		add(` AND m.connection = ?`, q.Connection)
	}
	if q.Status != "" {
		add(` AND m.status = ?`, string(q.Status))
	}
	if q.Team != "" { // may find a little more: see people
		add(` AND m.teams LIKE ? ESCAPE '\'`, "%"+escapeLike(quoted(q.Team))+"%")
	}
	if text := scim.FoldName(q.Text); text != "" {
		part := "%" + escapeLike(text) + "%"
		add(` AND (s.name_key LIKE ? ESCAPE '\' OR s.email_key LIKE ? ESCAPE '\')`, part, part)
	}
	for _, nearer := range q.Workspaces[:at] {
		add(` AND NOT EXISTS (SELECT 1 FROM membership n WHERE n.root = m.root AND n.workspace = ? AND n.subject = m.subject)`, nearer)
	}
	return number(query + ` ORDER BY m.subject`), args
}

func scanPerson(r scanner, root string) (directory.Person, error) {
	var m membershipRow
	var s subjectRow
	if err := r.Scan(append(m.dest(), s.dest()...)...); err != nil {
		return directory.Person{}, err
	}
	membership, err := m.value(root)
	return directory.Person{Membership: membership, Who: s.value(root)}, err
}
