package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

const selectDomain = `SELECT s.text, d.name, d.challenge, d.created, d.verified, d.checked, d.failure, d.version
	FROM domain d JOIN symbol s ON s.no = d.root `

func scanDomain(r scanner) (directory.Domain, error) {
	var d directory.Domain
	var created, verified, checked int64
	err := r.Scan(&d.Root, &d.Name, &d.Challenge, &created, &verified, &checked, &d.Failure, &d.Version)
	d.Created, d.Verified, d.Checked = timeOf(created), timeOf(verified), timeOf(checked)
	return d, err
}

// Domains implements directory.Store: by name.
func (s *Store) Domains(ctx context.Context, root string) ([]directory.Domain, error) {
	return inRoot(s, s.scan(ctx), "domains", root, func(tx *Tx, no int64) ([]directory.Domain, error) {
		return all(tx, scanDomain, selectDomain+`WHERE d.root = $1 ORDER BY d.name`, no)
	})
}

// DomainOwner implements directory.Store.
func (s *Store) DomainOwner(_ context.Context, name string) (directory.Domain, error) {
	d, err := one(s.point(), scanDomain, selectDomain+`WHERE d.name = $1 AND d.verified <> 0`, name)
	return d, s.fault("domain owner", err)
}

// domain writes an edit of a domain. That a proved one has one owner is a unique index.
func (w *writer) domain(e *directory.Edit[directory.Domain]) error {
	return edit(e,
		func(a *directory.Domain) error {
			err := w.tx.put(`INSERT INTO domain(root, name, challenge, created, verified, checked, failure, version)
				VALUES($1, $2, $3, $4, $5, $6, $7, $8)`,
				w.root, a.Name, a.Challenge, nanos(a.Created), nanos(a.Verified), nanos(a.Checked), a.Failure, a.Version)
			return err
		},
		func(b *directory.Domain) error {
			return w.tx.must(`DELETE FROM domain WHERE root = $1 AND name = $2 AND version = $3`, w.root, b.Name, b.Version)
		},
		func(b, a *directory.Domain) error {
			return w.tx.must(`UPDATE domain SET challenge = $4, verified = $5, checked = $6, failure = $7, version = $8
				WHERE root = $1 AND name = $2 AND version = $3`,
				w.root, b.Name, b.Version, a.Challenge, nanos(a.Verified), nanos(a.Checked), a.Failure, a.Version)
		})
}
