package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

const (
	subjectColumns = `s.id, s.name, s.email, s.profile, s.created, s.modified, s.version`
	selectSubject  = `SELECT ` + subjectColumns + ` FROM subject s `
)

// subjectRow takes the columns of one subject.
type subjectRow struct {
	directory.Subject
	profile           []byte
	created, modified int64
}

func (r *subjectRow) dest() []any {
	return []any{&r.ID, &r.Name, &r.Email, &r.profile, &r.created, &r.modified, &r.Version}
}

func (r *subjectRow) value(root string) directory.Subject {
	s := r.Subject
	s.Root, s.Created, s.Modified = root, timeOf(r.created), timeOf(r.modified)
	if len(r.profile) > 0 {
		s.Profile = r.profile
	}
	return s
}

func subjectScanner(root string) func(scanner) (directory.Subject, error) {
	return func(r scanner) (directory.Subject, error) {
		var row subjectRow
		err := r.Scan(row.dest()...)
		return row.value(root), err
	}
}

// Subject implements directory.Store.
func (s *Store) Subject(_ context.Context, root, id string) (directory.Subject, error) {
	return oneInRoot(s, "subject", root, func(tx *Tx, no int64) (directory.Subject, error) {
		return one(tx, subjectScanner(root), selectSubject+`WHERE s.root = $1 AND s.id = $2`, no, id)
	})
}

// SubjectsByEmail implements directory.Store: the oldest first, by id.
func (s *Store) SubjectsByEmail(_ context.Context, root, email string, limit int) ([]directory.Subject, error) {
	key := scim.FoldName(email)
	if key == "" {
		return nil, nil
	}
	return inRoot(s, s.keyed, "subjects by email", root, func(tx *Tx, no int64) ([]directory.Subject, error) {
		return all(tx, subjectScanner(root), `SELECT `+subjectColumns+` FROM subject k CROSS JOIN subject s
			WHERE k.root = $1 AND k.email_key = $2 AND k.email_key <> '' AND s.root = k.root AND s.id = k.id
			ORDER BY k.id LIMIT $3`, no, key, atMost(limit)) // see ofSubject
	})
}

var insertSubject = newInsert("subject", `root BIGINT, id, name, name_key, email, email_key, profile, created BIGINT,
	modified BIGINT, version BIGINT`)

func (w *writer) subject(e *directory.Edit[directory.Subject]) error {
	return edit(e,
		func(a *directory.Subject) error {
			return w.tx.insert(insertSubject,
				w.root, a.ID, a.Name, scim.FoldName(a.Name), a.Email, scim.FoldName(a.Email), string(a.Profile),
				nanos(a.Created), nanos(a.Modified), a.Version)
		},
		func(b *directory.Subject) error {
			return w.tx.must(`DELETE FROM subject WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		w.updateSubject)
}

// The update of a subject. What an index holds is named only when it changes; see updateUser.
const (
	updateSubject      = `UPDATE subject SET name = $4, name_key = $5, email = $6, profile = $7, modified = $8, version = $9 `
	updateSubjectEmail = updateSubject + `, email_key = $10 `
	whereSubjectIs     = `WHERE root = $1 AND id = $2 AND version = $3`
)

func (w *writer) updateSubject(b, a *directory.Subject) error {
	query := updateSubject + whereSubjectIs
	args := []any{
		w.root, b.ID, b.Version, a.Name, scim.FoldName(a.Name), a.Email, string(a.Profile), nanos(a.Modified), a.Version,
	}
	if a.Email != b.Email {
		query = updateSubjectEmail + whereSubjectIs
		args = append(args, scim.FoldName(a.Email))
	}
	return w.tx.must(query, args...)
}
