package directory

import (
	"context"
	"time"
)

// DueMessages returns messages of a kind, of all roots, that may be tried now, the oldest first. Of those to one receiver
// only the oldest is due: they are delivered in order.
func (d *Directory) DueMessages(ctx context.Context, kind MessageKind, limit int) ([]Message, error) {
	return nil, errNotBuilt
}

// ClaimMessage keeps others from sending the message until then. ErrConflict and ErrNotFound say that somebody else was
// first.
func (d *Directory) ClaimMessage(ctx context.Context, m Message, until time.Time) (Message, error) {
	return m, errNotBuilt
}

// MessageOutcome is what became of a message.
type MessageOutcome struct {
	Delivered bool
	Failure   string    // why not
	NextAt    time.Time // not before
	Abandon   bool      // it is tried no more, and stays to be looked at for a week
}

// RecordMessage writes what became of a message. Its errors are those of ClaimMessage.
func (d *Directory) RecordMessage(ctx context.Context, m Message, o MessageOutcome) error {
	return errNotBuilt
}

// NextMessage returns a channel that is closed when this process commits the next message.
func (d *Directory) NextMessage() <-chan struct{} { return d.messages.Next() }

// LogoutMessage is the Data of a message of kind logout.
type LogoutMessage struct {
	App     string `json:"app"` // client id
	Session string `json:"sid"`
	Subject string `json:"sub"`
}
