package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/scim"
)

const (
	// requestQueue bounds the records that wait to be put into words; what finds it full is dropped and counted.
	requestQueue = 1024
	// requestBatch bounds the records of one commit, so that it holds up no other writer.
	requestBatch = 250
)

// requests takes the records of reads and refusals off the requests' path.
type requests struct {
	queue   chan answered
	dropped atomic.Int64
	roots   map[string]string // connection id → root; only the writer uses it
	known   time.Time         // when roots was read

	mu     sync.Mutex
	erased map[string][]string // by root, since the last flush: see Change.Erase
}

// keepRequests writes what RecordRequest hands over, about once a second, until ctx ends; then what is left.
func (d *Directory) keepRequests(ctx context.Context) {
	tick := time.NewTicker(d.intervals.Requests)
	defer tick.Stop()
	w := newRequestWriter(d)
	flush := func(ctx context.Context) {
		if err := guarded(ctx, w.flush); err != nil {
			d.log.ErrorContext(ctx, "records of the provisioning log are lost", "error", err)
		}
	}
	for {
		select {
		case a := <-d.requests.queue:
			if err := guarded(ctx, func(ctx context.Context) error { return w.take(ctx, a) }); err != nil && ctx.Err() == nil {
				d.log.ErrorContext(ctx, "a request is not recorded", "request_id", a.note.RequestID, "error", err)
			}
			if w.waiting >= requestBatch {
				flush(ctx)
			}
		case <-tick.C:
			flush(ctx)
		case <-ctx.Done():
			_ = lastly(ctx, w.drain)
			return
		}
	}
}

// requestWriter gathers records between two commits.
type requestWriter struct {
	d       *Directory
	waiting int
	roots   map[string][]*Request
	// seen are the records of a kind of which one a second tells enough: successful reads, and requests that were
	// turned away before anything was looked at. The others are counted.
	seen map[requestSort]*sample
}

// requestSort is what makes two requests alike. Of a path only the endpoint and the depth count.
type requestSort struct {
	connection, method, endpoint string
	depth                        int
	filtered                     bool
	status                       int
	refusal                      scim.Kind
}

func (a *answered) sort(connection string) requestSort {
	path := strings.Trim(a.Path, "/")
	endpoint, _, _ := strings.Cut(path, "/")
	s := requestSort{
		connection: connection, method: a.Method, endpoint: endpoint, depth: strings.Count(path, "/"),
		filtered: strings.Contains(a.note.Query, "filter="), status: a.Status,
	}
	if a.Refused != nil {
		s.refusal = a.Refused.Kind
	}
	return s
}

type sample struct {
	record *Request
	more   int
}

func newRequestWriter(d *Directory) *requestWriter {
	return &requestWriter{d: d, roots: map[string][]*Request{}, seen: map[requestSort]*sample{}}
}

// take puts a request into words. Requests that belong to no connection leave no record.
func (w *requestWriter) take(ctx context.Context, a answered) error {
	n := a.note
	root, connection := n.root, n.connection
	if root == "" {
		var err error
		connection = n.Connection
		if root, err = w.d.rootOf(ctx, connection); err != nil || root == "" {
			return err
		}
	}
	sampled := a.sampled()
	sort := a.sort(connection)
	if s := w.seen[sort]; sampled && s != nil {
		s.more++
		return nil
	}
	r, err := w.d.wordRequest(ctx, root, connection, a)
	if err != nil {
		return err
	}
	w.roots[root] = append(w.roots[root], r)
	w.waiting++
	if sampled {
		w.seen[sort] = &sample{record: r}
	}
	return nil
}

// flush writes what was gathered, each root's in one commit. Records of people who were erased meanwhile are erased at
// once.
func (w *requestWriter) flush(ctx context.Context) error {
	erased := w.d.requests.takeErased()
	if len(erased) > 0 { // what was asked before must be written before
		if err := w.takeWaiting(ctx); err != nil {
			return err
		}
	}
	w.countLike()
	roots := w.roots
	w.roots, w.seen, w.waiting = map[string][]*Request{}, map[requestSort]*sample{}, 0
	var errs []error
	for root, records := range roots {
		c := &Change{Root: root, Requests: make([]Request, len(records))}
		for i, r := range records {
			c.Requests[i] = *r
		}
		if err := w.d.store.Commit(ctx, c); err != nil {
			w.d.requests.dropped.Add(int64(len(records)))
			errs = append(errs, fmt.Errorf("root %s: %w", root, err))
		} else if subjects := erased[root]; len(subjects) > 0 {
			errs = append(errs, w.d.store.Commit(ctx, &Change{Root: root, Erase: subjects}))
			w.d.scrubSoon()
		}
	}
	return errors.Join(errs...)
}

// countLike says in each record of a kind how many there were.
func (w *requestWriter) countLike() {
	for _, s := range w.seen {
		if s.more > 0 {
			s.record.Did = strings.TrimPrefix(s.record.Did+"; ", "; ") + count(s.more, "more request") + " like it in the same second"
		}
	}
}

// takeWaiting takes what waits in the queue now.
func (w *requestWriter) takeWaiting(ctx context.Context) error {
	for range len(w.d.requests.queue) {
		if err := w.take(ctx, <-w.d.requests.queue); err != nil {
			return err
		}
	}
	return nil
}

// drain takes and writes what waits.
func (w *requestWriter) drain(ctx context.Context) error {
	return errors.Join(w.takeWaiting(ctx), w.flush(ctx))
}

// sampled reports whether one of many is recorded.
func (a *answered) sampled() bool {
	if a.Operation > 0 {
		return false
	}
	switch a.Status {
	case statusUnauthorized, statusTooManyRequests:
		return true
	case statusForbidden:
		return a.note.root == "" // paused or disabled, whatever is asked
	}
	read := a.Method == methodGet || a.Method == methodHead || strings.HasSuffix(a.Path, "/.search")
	return read && a.Status < statusBadRequest
}

// rootsAge is how long an unknown connection id is taken for unknown without a look.
const rootsAge = 5 * time.Second

// rootOf finds the root of a connection; "" when there is none of that id.
func (d *Directory) rootOf(ctx context.Context, connection string) (string, error) {
	q := &d.requests
	if root := q.roots[connection]; root != "" || connection == "" {
		return root, nil
	}
	now := d.clock()
	if age := now.Sub(q.known); q.roots != nil && age >= 0 && age < rootsAge {
		return "", nil
	}
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return "", err
	}
	roots := map[string]string{}
	for _, w := range all {
		connections, err := d.store.Connections(ctx, w.Root, w.ID)
		if err != nil {
			return "", err
		}
		for _, c := range connections {
			roots[c.ID] = c.Root
		}
	}
	q.roots, q.known = roots, now
	return roots[connection], nil
}
