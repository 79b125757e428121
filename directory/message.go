package directory

import (
	"context"
	"errors"
	"time"
)

// DueMessages returns messages of a kind, of all roots, that may be tried now, the oldest first. Of logouts of one receiver
// only the oldest is due: they are delivered in order. Mails do not wait for each other.
func (d *Directory) DueMessages(ctx context.Context, kind MessageKind, limit int) ([]Message, error) {
	return d.store.DueMessages(ctx, kind, d.now(), limit)
}

// MessagesTo returns the messages of a kind that wait for one receiver, in order: for a digest of what has come together.
func (d *Directory) MessagesTo(ctx context.Context, m Message, limit int) ([]Message, error) {
	return d.store.MessagesTo(ctx, m.Root, m.Kind, m.To, limit)
}

// ClaimMessage keeps others from sending the message until then. What it has as Told is kept. ErrConflict and ErrNotFound say
// that somebody else was first.
func (d *Directory) ClaimMessage(ctx context.Context, m Message, until time.Time) (Message, error) {
	list, err := d.ClaimMessages(ctx, []Message{m}, until)
	return list[0], err
}

// ClaimMessages claims messages of one root that are sent together: all of them, or none.
func (d *Directory) ClaimMessages(ctx context.Context, list []Message, until time.Time) ([]Message, error) {
	claimed := make([]Message, len(list))
	edits := make([]Edit[Message], len(list))
	for i, m := range list {
		claimed[i] = claimedUntil(m, until)
		edits[i] = update(m, claimed[i])
	}
	return claimed, d.commitMessages(ctx, edits, list[0].Root)
}

// AdvanceMessage removes a message that was delivered and claims the next one to the same receiver, in one change, so that
// nobody else comes between them.
func (d *Directory) AdvanceMessage(ctx context.Context, delivered, next Message, until time.Time) (Message, error) {
	claimed := claimedUntil(next, until)
	return claimed, d.commitMessages(ctx, []Edit[Message]{remove(delivered), update(next, claimed)}, next.Root)
}

func claimedUntil(m Message, until time.Time) Message {
	m.NextAt = until.UTC().Truncate(time.Millisecond)
	m.Version++
	return m
}

// commitMessages writes how far messages are, which is no change that an audit entry would tell of.
func (d *Directory) commitMessages(ctx context.Context, edits []Edit[Message], root string) error {
	return d.store.Commit(ctx, &Change{Root: root, SignInChange: SignInChange{Messages: edits}})
}

// MessageOutcome is what became of a message.
type MessageOutcome struct {
	Delivered bool
	Failure   string    // why not; empty: it was given back without a try
	NextAt    time.Time // not before
	Abandon   bool      // it is tried no more, and stays to be looked at for a week
}

// maxFailure bounds what is kept of why a message was not delivered.
const maxFailure = 500

// RecordMessage writes what became of a message. Its errors are those of ClaimMessage.
func (d *Directory) RecordMessage(ctx context.Context, m Message, o MessageOutcome) error {
	return d.commitMessages(ctx, []Edit[Message]{d.outcome(m, o)}, m.Root)
}

// RecordMessages writes what became of messages that were claimed together. One that was erased meanwhile does not keep
// the others.
func (d *Directory) RecordMessages(ctx context.Context, list []Message, o MessageOutcome) error {
	edits := make([]Edit[Message], len(list))
	for i, m := range list {
		edits[i] = d.outcome(m, o)
	}
	err := d.commitMessages(ctx, edits, list[0].Root)
	if len(list) == 1 || !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
		return err
	}
	var first error
	for _, m := range list {
		err := d.RecordMessage(ctx, m, o)
		if first == nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			first = err
		}
	}
	return first
}

// outcome is the edit that says what became of a message.
func (d *Directory) outcome(m Message, o MessageOutcome) Edit[Message] {
	if o.Delivered {
		return remove(m)
	}
	after := claimedUntil(m, o.NextAt)
	if o.Failure != "" {
		d.counts.messageFailed(m.Kind)
		after.Failures++
		after.Failure = bounded(o.Failure, maxFailure)
	}
	if o.Abandon {
		after.Abandoned = d.now()
	}
	return update(m, after)
}

// NextMessage returns a channel that is closed when this process commits the next message.
func (d *Directory) NextMessage() <-chan struct{} { return d.messages.Next() }
