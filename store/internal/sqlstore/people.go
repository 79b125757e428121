package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// People implements directory.Store.
func (s *Store) People(ctx context.Context, q directory.PeopleQuery) ([]directory.Person, error) {
	page, err := s.peoplePage(ctx, q, 0)
	return page.People, err
}

// PeoplePage implements directory.Store.
func (s *Store) PeoplePage(ctx context.Context, q directory.PeopleQuery) (directory.PeoplePage, error) {
	limit := q.Limit
	if limit > 0 {
		q.Limit++ // whether more follow
	}
	page, err := s.peoplePage(ctx, q, cmp.Or(q.Scan, s.opt.ScanPeople))
	if limit > 0 && len(page.People) > limit {
		page.People = page.People[:limit]
		page.Next = page.People[limit-1].Subject
	}
	return page, err
}

// peoplePage walks each workspace by its key, the nearest first. A farther one shows whom no nearer one has, and only as
// far as the page reaches: without a filter a page reads no more rows than it has, for each workspace. bound is how many
// memberships of a workspace are looked at (0: all); where that cuts a walk short the page ends for all of them.
func (s *Store) peoplePage(ctx context.Context, q directory.PeopleQuery, bound int) (directory.PeoplePage, error) {
	next := ""
	people, err := inRoot(s, s.point(), "people", q.Root, func(_ *Tx, no int64) (page []directory.Person, err error) {
		err = s.view(ctx, func(tx *Tx) error {
			walk := peopleWalk{tx: tx, root: no, q: &q, bound: bound}
			for i := range q.Workspaces {
				if err := walk.workspace(i); err != nil {
					return err
				}
			}
			page, next = walk.page, walk.horizon
			return nil
		})
		return page, err
	})
	return directory.PeoplePage{People: people, Next: next}, err
}

// peopleWalk is one walk through the workspaces of a query.
type peopleWalk struct {
	tx      *Tx
	root    int64
	q       *directory.PeopleQuery
	bound   int
	page    []directory.Person // what the nearer ones have come to
	horizon string             // the subject up to which there was a look at everybody; "": at all
}

func (w *peopleWalk) workspace(at int) error {
	if err := w.narrow(at); err != nil {
		return err
	}
	found, err := w.people(at)
	if err != nil {
		return err
	}
	w.page = merge(w.page, found, w.q.Limit)
	if w.horizon != "" {
		w.page = slices.DeleteFunc(w.page, func(p directory.Person) bool { return p.Subject > w.horizon })
	}
	return nil
}

// narrow brings the horizon to where the walk of a workspace has to end. A page without conditions ends by itself.
func (w *peopleWalk) narrow(at int) error {
	q := w.q
	if w.bound == 0 || at == 0 && q.Role+q.Connection+string(q.Status)+q.Team+q.Text == "" {
		return nil
	}
	var last string
	err := w.tx.row([]any{&last}, `SELECT subject FROM membership WHERE root = $1 AND workspace = $2 AND subject > $3
		ORDER BY subject LIMIT 1 OFFSET $4`, w.root, q.Workspaces[at], q.After, w.bound-1)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && (w.horizon == "" || last < w.horizon) {
		w.horizon = last
	}
	return err
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

// people walks the query's workspace of that number.
func (w *peopleWalk) people(at int) ([]directory.Person, error) {
	query, args := w.query(at)
	var found []directory.Person
	err := w.tx.each(func(r scanner) error {
		p, err := scanPerson(r, w.q.Root)
		if err != nil {
			return err
		}
		if w.q.Team != "" && !slices.Contains(p.Teams, w.q.Team) {
			return nil
		}
		if found = append(found, p); w.q.Limit > 0 && len(found) == w.q.Limit {
			return errEnough
		}
		return nil
	}, query, args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// query has no LIMIT: its rows stream.
func (w *peopleWalk) query(at int) (string, []any) {
	q := w.q
	query := `SELECT ` + membershipColumns + `, ` + subjectColumns + `
		FROM membership m CROSS JOIN subject s
		WHERE m.root = ? AND m.workspace = ? AND m.subject > ? AND s.root = m.root AND s.id = m.subject`
	args := []any{w.root, q.Workspaces[at], q.After}
	add := func(condition string, values ...any) {
		query, args = query+condition, append(args, values...)
	}
	if q.Limit > 0 && len(w.page) == q.Limit {
		add(` AND m.subject < ?`, w.page[len(w.page)-1].Subject)
	}
	if w.horizon != "" {
		add(` AND m.subject <= ?`, w.horizon)
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
