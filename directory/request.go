package directory

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory/internal/background"
	"github.com/usher-scim/usher/directory/internal/requestlog"
)

// RequestNote is what the front door knows of one SCIM request, for the provisioning log (B4): Method, Path (below the
// base URL), Query, RequestID, Address and, for requests whose credential opens nothing, the id of the Connection in the
// URL. It takes the body as an [io.Writer], may be given what was parsed of it, and travels in the request's context: a
// change that is committed for the request takes its record with it, in the same transaction. Everything else, reads and
// refusals, is handed to [Directory.RecordRequest] once it is answered.
type RequestNote = requestlog.Note

// RequestOutcome is how a request, or an operation of a bulk request, was answered: its Operation (the place in its bulk
// request, from 1; 0 is the request itself), Method, Path and Status, the refusal, if it was Refused, and the id of its
// Target, when that is known.
type RequestOutcome = requestlog.Outcome

// TakeNote takes note that the request is the connection's.
func (c *Client) TakeNote(n *RequestNote) {
	n.Authenticated(c.Connection.Root, c.Connection.ID, c.by.Name)
}

// RecordRequest hands a request that was answered to the provisioning log. It never waits: what finds no room is
// dropped and counted. A success whose record went with its change needs no other.
func (d *Directory) RecordRequest(n *RequestNote, o RequestOutcome) { d.requests.Add(n, o) }

// DroppedRequests counts the records of reads and refusals that were lost since the start.
func (d *Directory) DroppedRequests() int64 { return d.requests.Dropped() }

// newRequestLog is the log over the rows of the store.
func (d *Directory) newRequestLog() *requestlog.Log {
	return requestlog.New(requestlog.Config{
		Now: d.now,
		Users: requestlog.Users{
			SubjectByID: func(ctx context.Context, root, connection, id string) (string, error) {
				return subjectOf(d.store.User(ctx, root, connection, id))
			},
			SubjectByName: func(ctx context.Context, root, connection, key string) (string, error) {
				return subjectOf(d.store.UserByName(ctx, root, connection, key))
			},
			Key: d.tombstoneKey,
		},
		Roots: d.rootsOfConnections,
		Commit: func(ctx context.Context, root string, records []requestlog.Record) error {
			c := &Change{Root: root, Requests: make([]Request, len(records))}
			for i, r := range records {
				c.Requests[i] = Request(r)
			}
			return d.store.Commit(ctx, c)
		},
		Erase: func(ctx context.Context, root string, subjects []string) error {
			d.scrubSoon()
			return d.store.Commit(ctx, &Change{Root: root, Erase: subjects})
		},
	})
}

// subjectOf is the subject of a user that was looked up, or "".
func subjectOf(u User, err error) (string, error) {
	_, err = found(err)
	return u.Subject, err
}

func (d *Directory) rootsOfConnections(ctx context.Context) (map[string]string, error) {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	roots := map[string]string{}
	for _, w := range all {
		connections, err := d.store.Connections(ctx, w.Root, w.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range connections {
			roots[c.ID] = c.Root
		}
	}
	return roots, nil
}

// keepRequests writes what RecordRequest hands over, about once a second, until ctx ends; then what is left.
func (d *Directory) keepRequests(ctx context.Context) {
	tick := time.NewTicker(d.intervals.Requests)
	defer tick.Stop()
	try := func(work func(context.Context) error) {
		if err := background.Guard(ctx, work); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "records of the provisioning log are lost", "error", err)
		}
	}
	for {
		select {
		case <-d.requests.Wake():
			try(d.requests.Word)
			if d.requests.IsFull() {
				try(d.requests.Flush)
			}
		case <-tick.C:
			try(d.requests.Flush)
		case <-ctx.Done():
			_ = background.Last(ctx, d.requests.Flush)
			return
		}
	}
}
