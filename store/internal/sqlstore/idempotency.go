package sqlstore

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory"
)

// answerAge is how long an answer is kept, reservationAge how long a key without one.
const (
	answerAge      = 24 * time.Hour
	reservationAge = time.Minute
)

// Idempotent implements directory.Store.
func (s *Store) Idempotent(_ context.Context, root, owner, key string) (directory.Answer, error) {
	return oneInRoot(s, "idempotency", root, func(tx *Tx, no int64) (directory.Answer, error) {
		return one(tx, func(r scanner) (directory.Answer, error) {
			var a directory.Answer
			var digest []byte
			var created int64
			err := r.Scan(&digest, &a.Status, &a.Body, &created, &a.Subject)
			copy(a.Digest[:], digest)
			a.Created = timeOf(created)
			return a, err
		}, `SELECT digest, status, body, created, subject FROM idempotency WHERE root = $1 AND owner = $2 AND key = $3`, no, owner, key)
	})
}

// KeepIdempotent implements directory.Store. What is a day older than the new answer goes, in a slice; the key's own
// in any case. Of those who reserve a key at once the first has it: for the others nothing is left to update.
func (s *Store) KeepIdempotent(ctx context.Context, root, owner, key string, a directory.Answer) error {
	if err := s.intern(ctx, []string{root}); err != nil {
		return s.fault("idempotency", err)
	}
	no, before := s.symbols.of(root), nanos(a.Created.Add(-answerAge))
	return s.write(ctx, "idempotency", 2, func(tx *Tx) error {
		if err := tx.put(`DELETE FROM idempotency WHERE root = $1 AND owner = $2 AND key = $3 AND created < $4`,
			no, owner, key, before); err != nil {
			return err
		}
		if err := tx.put(`DELETE FROM idempotency WHERE (root, owner, key) IN (SELECT root, owner, key FROM idempotency
			WHERE root = $1 AND created < $2 LIMIT $3)`, no, before, sweepRows); err != nil {
			return err
		}
		return tx.must(`INSERT INTO idempotency(root, owner, key, digest, status, body, created, subject)
			VALUES($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT(root, owner, key) DO UPDATE SET digest = excluded.digest, status = excluded.status,
				body = excluded.body, created = excluded.created, subject = excluded.subject
			WHERE idempotency.status = 0 AND (excluded.status <> 0 OR idempotency.created < $9)`,
			no, owner, key, a.Digest[:], a.Status, document(a.Body).value(), nanos(a.Created), a.Subject,
			nanos(a.Created.Add(-reservationAge)))
	})
}

// DropIdempotent implements directory.Store.
func (s *Store) DropIdempotent(ctx context.Context, root, owner, key string) error {
	no, err := s.number(s.point(), root)
	if err != nil {
		return s.fault("idempotency", err)
	}
	return s.write(ctx, "idempotency", 1, func(tx *Tx) error {
		err := tx.put(`DELETE FROM idempotency WHERE root = $1 AND owner = $2 AND key = $3 AND status = 0`, no, owner, key)
		return err
	})
}
