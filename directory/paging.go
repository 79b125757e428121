package directory

import (
	"context"
	"iter"

	"github.com/usher-scim/usher/scim"
)

// memberPage is how many rows a walk over a whole list reads at a time.
const memberPage = 500

// Walks read page by page, each behind the last row of the one before: who stays is met once, whoever comes and goes
// meanwhile. They end with the first error.

// eachPerson walks over the members that the query finds.
func (d *Directory) eachPerson(ctx context.Context, q PeopleQuery) iter.Seq2[Person, error] {
	q.Limit = memberPage
	return func(yield func(Person, error) bool) {
		for {
			page, err := d.store.People(ctx, q)
			if err != nil {
				yield(Person{}, err)
				return
			}
			for _, p := range page {
				if !yield(p, nil) {
					return
				}
				q.After = p.Subject
			}
			if len(page) < q.Limit {
				return
			}
		}
	}
}

// userPages walks over the users that the query finds, in the order in which they were made.
func (d *Directory) userPages(ctx context.Context, q ListQuery) iter.Seq2[[]User, error] {
	q.StartIndex = 1
	return func(yield func([]User, error) bool) {
		for {
			page, err := d.store.Users(ctx, q)
			if n := len(page.Users); n > 0 {
				q.After = &scim.Position{Seq: page.Users[n-1].Seq}
			}
			if !yield(page.Users, err) || err != nil || !page.More {
				return
			}
		}
	}
}

// documentPages walks over what is stored of the resources of one type, but for those with the stamp not.
func (d *Directory) documentPages(ctx context.Context, c Connection, typ string, not int64, limit int) iter.Seq2[[]Document, error] {
	return func(yield func([]Document, error) bool) {
		for after := int64(0); ; {
			page, err := d.store.Documents(ctx, c.Root, c.ID, typ, not, after, limit)
			if len(page) == 0 && err == nil || !yield(page, err) || err != nil {
				return
			}
			after = page[len(page)-1].Seq
		}
	}
}
