package sqlstore

import "context"

// erase drops the personal values of a subject. Entries stay: an audit entry with its digest, an event with its place,
// a record of the provisioning log with its outcome. Kept answers about the person go.
func (w *writer) erase(subject *string) error {
	root := w.s.engine.Dialect.beside("root")
	if *subject == "" {
		return nil // rows of nobody
	}
	for _, statement := range []string{
		`UPDATE audit SET detail = NULL WHERE root = $1 AND subject = $2 AND subject <> '' AND detail IS NOT NULL`,
		`UPDATE event SET data = '{}' WHERE root = $1 AND subject = $2 AND subject <> ''`,
		`DELETE FROM removal WHERE (root, workspace, subject) IN (SELECT root, workspace, subject FROM removal
			WHERE root = $1 AND subject = $2)`,
		`UPDATE request SET target = '', asked = '', did = '', cause = '', fix = '', body = ''
			WHERE root = $1 AND subject = $2 AND subject <> ''`,
		`DELETE FROM link WHERE ` + root + ` = $1 AND subject = $2`,
		`DELETE FROM factor WHERE root = $1 AND subject = $2`,
		`DELETE FROM message WHERE ` + root + ` = $1 AND subject = $2 AND subject <> '' AND kind = 'mail'`,
	} {
		if err := w.tx.put(statement, w.root, *subject); err != nil {
			return err
		}
	}
	// Keys of the whole installation are of another root.
	err := w.tx.put(`DELETE FROM idempotency WHERE subject = $1 AND subject <> ''`, *subject)
	return err
}

// Scrub implements directory.Store.
func (s *Store) Scrub(ctx context.Context) error {
	if s.engine.Scrub == nil {
		return nil
	}
	return s.fault("scrub", s.engine.Scrub(ctx))
}
