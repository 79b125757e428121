package directory

import (
	"context"
	"time"
)

// answerAge is how long an answer is kept.
const answerAge = 24 * time.Hour

// Answered returns what was answered within a day to a request of the API key that carried the idempotency key.
// ErrNotFound: nothing yet.
func (d *Directory) Answered(ctx context.Context, k APIKey, key string) (Answer, error) {
	a, err := d.store.Idempotent(ctx, k.Root, k.ID, key)
	if err != nil {
		return Answer{}, err
	}
	if a.Status == 0 || d.now().Sub(a.Created) > answerAge {
		return Answer{}, ErrNotFound
	}
	a.Body, err = d.open(Secret{Root: k.Root, Name: answerName(k, key), Sealed: a.Body})
	return a, err
}

// ReserveAnswer takes the idempotency key for a request that is about to be performed, in this process or in another on
// the same data. ErrConflict: one with that key was answered, or is running.
func (d *Directory) ReserveAnswer(ctx context.Context, k APIKey, key string) error {
	return d.store.KeepIdempotent(ctx, k.Root, k.ID, key, Answer{Created: d.now()})
}

// ReleaseAnswer gives the key back after a request that was refused: it may be sent again.
func (d *Directory) ReleaseAnswer(ctx context.Context, k APIKey, key string) error {
	return d.store.DropIdempotent(ctx, k.Root, k.ID, key)
}

// KeepAnswer keeps what is answered, for a day. The body is sealed: a secret that is shown once may be in it (X10).
// ErrConflict: there is an answer.
func (d *Directory) KeepAnswer(ctx context.Context, k APIKey, key string, a Answer) error {
	a.Created = d.now()
	a.Body = d.seal(k.Root, answerName(k, key), a.Body).Sealed
	return d.store.KeepIdempotent(ctx, k.Root, k.ID, key, a)
}

func answerName(k APIKey, key string) string { return "answer/" + k.ID + "/" + key }
