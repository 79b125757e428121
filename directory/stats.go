package directory

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory/internal/requestlog"
)

// Stats is what this process has counted since its start, and how full its queues are. Reading it asks nobody.
type Stats struct {
	Store StoreStats
	// Conflicts are plans that were made again, or given up, because somebody else's change was there first.
	Conflicts int64
	// GivenUp are changes that were refused after as many conflicts as are borne.
	GivenUp int64

	RequestsWaiting, RequestsRoom int   // records of the provisioning log that are not written yet, and how many may be
	RequestsDropped               int64 // that found no room, or could not be written
	MarksDropped                  int64 // contact marks that found no room

	FeedEvents int64         // that readers of the feed were given
	FeedAge    time.Duration // the sum of the ages of those events when they were given

	DeliveryFailures int64 // messages that a webhook has not taken, at each attempt
	LogoutFailures   int64 // logouts that an app has not taken, at each attempt
	MailFailures     int64 // notices that could not be sent, at each attempt
}

// StoreStats is what a store has counted since it was opened. What an engine does not have stays zero.
type StoreStats struct {
	// Lookups are the seconds of reads of a few rows by key, Lists those of reads that may pass many; with the wait for a
	// connection, and without reads of writes.
	Lookups, Lists Distribution
	// Writes are the seconds of whole writes, from the call until they are durable.
	Writes Distribution
	// Waits are the seconds that writes wait for their turn, Commits those in which a transaction becomes durable: of an
	// engine that sends statements together, those of the last way to it, which ends with the COMMIT.
	Waits, Commits Distribution
	// Batches are how many writes share a transaction.
	Batches Distribution
	// Retries are transactions that were run again after the engine had refused them.
	Retries int64
	// Busy are writes that could not be run in time.
	Busy int64
	// Waiting are writes in the queue, and Room is how many may be; 0: as many as come, for as long as a write may wait.
	Waiting, Room int
	// Texts are the bytes of memory that texts take which are searched for parts.
	Texts int
	// Connections are those to the database, by what they are for: "read", "write", and "lookup" where look-ups by key have
	// some for themselves.
	Connections map[string]ConnectionStats
}

// ConnectionStats is a pool of connections to a database.
type ConnectionStats struct {
	Max, Open, Busy int
	Waits           int64         // for a free one
	Waited          time.Duration // all of them together
}

// Backlog is what waits to be done, in all processes on the same data.
type Backlog struct {
	Jobs   Waiting // that are not finished
	Events Waiting // that an enabled webhook has not taken, each for itself
	Audit  Waiting // entries that no segment holds yet
	// Failing are enabled webhooks whose last attempt has failed, Disabled those that nothing is sent to any more.
	Failing, Disabled int
	// Messages are those of the outbox, by kind; nil: there are none.
	Messages map[MessageKind]Outbox
}

// Outbox is how many messages wait, since when the oldest, and how many were given up in the last week.
type Outbox struct {
	Waiting, Abandoned int
	Oldest             time.Time // of those that wait; zero: none
}

// Waiting is how many wait, and since when the oldest; zero: none.
type Waiting struct {
	Count  int
	Oldest time.Time
}

// Add counts others in.
func (w *Waiting) Add(other Waiting) {
	if other.Count > 0 && (w.Count == 0 || other.Oldest.Before(w.Oldest)) {
		w.Oldest = other.Oldest
	}
	w.Count += other.Count
}

// backlogBound is up to where events and entries are counted, of each webhook and root: beyond it only the age tells more.
const backlogBound = 10_000

// counts are the counters behind Stats.
type counts struct {
	conflicts, givenUp  atomic.Int64
	feedEvents, feedAge atomic.Int64 // nanoseconds
	deliveryFailures    atomic.Int64
	logoutFailures      atomic.Int64
	mailFailures        atomic.Int64
}

// Stats says what the process has counted.
func (d *Directory) Stats() Stats {
	return Stats{
		Store:     d.store.Stats(),
		Conflicts: d.counts.conflicts.Load(), GivenUp: d.counts.givenUp.Load(),
		RequestsWaiting: d.requests.Waiting(), RequestsRoom: requestlog.QueueLength, RequestsDropped: d.DroppedRequests(),
		MarksDropped: d.DroppedContacts(),
		FeedEvents:   d.counts.feedEvents.Load(), FeedAge: time.Duration(d.counts.feedAge.Load()),
		DeliveryFailures: d.counts.deliveryFailures.Load(),
		LogoutFailures:   d.counts.logoutFailures.Load(), MailFailures: d.counts.mailFailures.Load(),
	}
}

// Backlog asks the store what waits to be done. It takes some milliseconds in a directory of many workspaces.
func (d *Directory) Backlog(ctx context.Context) (Backlog, error) {
	return d.store.Backlog(ctx, backlogBound)
}

// given counts events that a reader of the feed gets.
func (c *counts) given(events []Event, now time.Time) {
	var age time.Duration
	for i := range events {
		age += max(0, now.Sub(events[i].Time))
	}
	c.feedEvents.Add(int64(len(events)))
	c.feedAge.Add(int64(age))
}

// messageFailed counts an attempt at which a message was not delivered.
func (c *counts) messageFailed(kind MessageKind) {
	switch kind {
	case MessageLogout:
		c.logoutFailures.Add(1)
	case MessageMail:
		c.mailFailures.Add(1)
	}
}
