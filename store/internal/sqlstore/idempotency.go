package sqlstore

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory"
)

// answerAge is how long an answer is kept.
const answerAge = 24 * time.Hour

// Idempotent implements directory.Store.
func (s *Store) Idempotent(_ context.Context, root, owner, key string) (directory.Answer, error) {
	return oneInRoot(s, "idempotency", root, func(tx *Tx, no int64) (directory.Answer, error) {
		return one(tx, func(r scanner) (directory.Answer, error) {
			var a directory.Answer
			var digest []byte
			var created int64
			err := r.Scan(&digest, &a.Status, &a.Body, &created)
			copy(a.Digest[:], digest)
			a.Created = timeOf(created)
			return a, err
		}, `SELECT digest, status, body, created FROM idempotency WHERE root = $1 AND owner = $2 AND key = $3`, no, owner, key)
	})
}

// KeepIdempotent implements directory.Store. What is a day older than the new answer goes, in a slice; the key's own
// in any case.
func (s *Store) KeepIdempotent(ctx context.Context, root, owner, key string, a directory.Answer) error {
	if err := s.intern(ctx, []string{root}); err != nil {
		return s.fault("idempotency", err)
	}
	no, before := s.symbols.of(root), nanos(a.Created.Add(-answerAge))
	return s.write(ctx, "idempotency", 2, func(tx *Tx) error {
		if _, err := tx.exec(`DELETE FROM idempotency WHERE root = $1 AND owner = $2 AND key = $3 AND created < $4`,
			no, owner, key, before); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM idempotency WHERE (root, owner, key) IN (SELECT root, owner, key FROM idempotency
			WHERE root = $1 AND created < $2 LIMIT $3)`, no, before, sweepRows); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO idempotency(root, owner, key, digest, status, body, created)
			VALUES($1, $2, $3, $4, $5, $6, $7)`,
			no, owner, key, a.Digest[:], a.Status, document(a.Body).value(), nanos(a.Created))
		return err
	})
}
