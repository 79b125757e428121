package directory

import (
	"context"
	"time"
)

// LogoutMessage is the Data of a message of kind logout.
type LogoutMessage struct {
	App     string `json:"app"` // client id
	Session string `json:"sid"`
	Subject string `json:"sub"`
}

// DueMessages returns messages of a kind, of all roots, that may be tried now, the oldest first. Of those to one receiver
// only the oldest is due: they are delivered in order.
func (d *Directory) DueMessages(ctx context.Context, kind MessageKind, limit int) ([]Message, error) {
	return d.store.DueMessages(ctx, kind, d.now(), limit)
}

// MessagesTo returns the messages of a kind that wait for one receiver, in order: for a digest of what has come together.
func (d *Directory) MessagesTo(ctx context.Context, m Message, limit int) ([]Message, error) {
	return d.store.MessagesTo(ctx, m.Root, m.Kind, m.To, limit)
}

// ClaimMessage keeps others from sending the message until then. ErrConflict and ErrNotFound say that somebody else was
// first.
func (d *Directory) ClaimMessage(ctx context.Context, m Message, until time.Time) (Message, error) {
	after := m
	after.NextAt = until.UTC().Truncate(time.Millisecond)
	return d.markMessage(ctx, m, after)
}

// markMessage writes how far a message is, which is no change that an audit entry would tell of.
func (d *Directory) markMessage(ctx context.Context, before, after Message) (Message, error) {
	after.Version = before.Version + 1
	change := &Change{Root: before.Root, SignInChange: SignInChange{Messages: []Edit[Message]{update(before, after)}}}
	return after, d.store.Commit(ctx, change)
}

// MessageOutcome is what became of a message.
type MessageOutcome struct {
	Delivered bool
	Failure   string    // why not
	NextAt    time.Time // not before
	Abandon   bool      // it is tried no more, and stays to be looked at for a week
}

// maxFailure bounds what is kept of why a message was not delivered.
const maxFailure = 500

// RecordMessage writes what became of a message. Its errors are those of ClaimMessage.
func (d *Directory) RecordMessage(ctx context.Context, m Message, o MessageOutcome) error {
	if o.Delivered {
		change := &Change{Root: m.Root, SignInChange: SignInChange{Messages: []Edit[Message]{remove(m)}}}
		return d.store.Commit(ctx, change)
	}
	after := m
	after.Failures++
	after.Failure, after.NextAt = bounded(o.Failure, maxFailure), o.NextAt.UTC().Truncate(time.Millisecond)
	if o.Abandon {
		after.Abandoned = d.now()
	}
	_, err := d.markMessage(ctx, m, after)
	return err
}

// NextMessage returns a channel that is closed when this process commits the next message.
func (d *Directory) NextMessage() <-chan struct{} { return d.messages.Next() }
