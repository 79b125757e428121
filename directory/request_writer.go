package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/scim"
)

const (
	// requestQueue bounds the records that wait to be put into words; what finds no room is dropped and counted.
	requestQueue = 1024
	// requestBatch bounds the records of one commit, so that it holds up no other writer.
	requestBatch = 250
)

// requests takes the records of reads and refusals off the requests' path.
type requests struct {
	wake    chan struct{} // something waits that is not one of many
	dropped atomic.Int64
	roots   map[string]string // connection id → root; only the writer uses it
	known   time.Time         // when roots was read

	mu      sync.Mutex
	waiting []answered
	// alike are the requests of a kind of which one a second tells enough: successful reads, and requests that were
	// turned away before anything was looked at. The others are counted.
	alike  map[requestSort]*sample
	erased map[string][]string // by root, since the last flush: see Change.Erase
}

// sample stands for all requests of a sort since the last flush.
type sample struct {
	more   int
	record *Request // once it is put into words
}

// requestSort is what makes two requests alike. Of a path only the endpoint and the depth count.
type requestSort struct {
	connection, method, endpoint string
	depth                        int
	filtered                     bool
	status                       int
	refusal                      scim.Kind
}

func (a *answered) sort() requestSort {
	path := strings.Trim(a.Path, "/")
	endpoint, _, _ := strings.Cut(path, "/")
	s := requestSort{
		connection: cmp.Or(a.note.connection, a.note.Connection), method: a.Method,
		endpoint: endpoint, depth: strings.Count(path, "/"),
		filtered: strings.Contains(a.note.Query, "filter="), status: a.Status,
	}
	if a.Refused != nil {
		s.refusal = a.Refused.Kind
	}
	return s
}

// isSampled reports whether one of many is recorded.
func (a *answered) isSampled() bool {
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

// add takes a request, or counts it to one like it. It is on the path of every read: only what is not one of many wakes
// the writer, so that its record is worded while what it speaks of is still there.
func (q *requests) add(a answered) {
	sampled := a.isSampled()
	var sort requestSort
	if sampled {
		sort = a.sort()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if s := q.alike[sort]; sampled && s != nil {
		s.more++
		return
	}
	if len(q.waiting) >= requestQueue {
		q.dropped.Add(1)
		return
	}
	if sampled && len(q.alike) < requestQueue {
		a.sample = &sample{}
		q.alike[sort] = a.sample
	}
	q.waiting = append(q.waiting, a)
	if !sampled || len(q.waiting) == requestBatch {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// take hands out what waits, oldest first.
func (q *requests) take() []answered {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.waiting
	q.waiting = nil
	return taken
}

// takeAll hands out what waits, and the samples, to which no more are counted from now on.
func (q *requests) takeAll() ([]answered, map[requestSort]*sample) {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken, alike := q.waiting, q.alike
	q.waiting, q.alike = nil, map[requestSort]*sample{}
	return taken, alike
}

// keepRequests writes what RecordRequest hands over, about once a second, until ctx ends; then what is left.
func (d *Directory) keepRequests(ctx context.Context) {
	tick := time.NewTicker(d.intervals.Requests)
	defer tick.Stop()
	w := newRequestWriter(d)
	try := func(ctx context.Context, work func(context.Context) error) {
		if err := guarded(ctx, work); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "records of the provisioning log are lost", "error", err)
		}
	}
	for {
		select {
		case <-d.requests.wake:
			try(ctx, w.word)
			if w.worded >= requestBatch {
				try(ctx, w.flush)
			}
		case <-tick.C:
			try(ctx, w.flush)
		case <-ctx.Done():
			_ = lastly(ctx, w.flush)
			return
		}
	}
}

// requestWriter gathers records between two commits.
type requestWriter struct {
	d      *Directory
	worded int
	roots  map[string][]*Request
}

func newRequestWriter(d *Directory) *requestWriter {
	return &requestWriter{d: d, roots: map[string][]*Request{}}
}

// word puts what waits into words.
func (w *requestWriter) word(ctx context.Context) error { return w.wordAll(ctx, w.d.requests.take()) }

func (w *requestWriter) wordAll(ctx context.Context, waiting []answered) error {
	var errs []error
	for _, a := range waiting {
		if err := w.wordOne(ctx, a); err != nil {
			errs = append(errs, fmt.Errorf("request %s: %w", a.note.RequestID, err))
		}
	}
	return errors.Join(errs...)
}

// wordOne puts a request into words. Requests that belong to no connection leave no record.
func (w *requestWriter) wordOne(ctx context.Context, a answered) error {
	root, connection := a.note.root, a.note.connection
	if root == "" {
		var err error
		connection = a.note.Connection
		if root, err = w.d.rootOf(ctx, connection); err != nil || root == "" {
			return err
		}
	}
	r, err := w.d.wordRequest(ctx, root, connection, a)
	if err != nil {
		return err
	}
	if a.sample != nil {
		a.sample.record = r
	}
	w.roots[root] = append(w.roots[root], r)
	w.worded++
	return nil
}

// flush writes what was gathered and what waits, each root's in one commit. Records of people who were erased meanwhile
// are erased at once.
func (w *requestWriter) flush(ctx context.Context) error {
	erased := w.d.requests.takeErased() // before what waits: what was asked before must be written before
	waiting, alike := w.d.requests.takeAll()
	errs := []error{w.wordAll(ctx, waiting)}
	for _, s := range alike {
		s.count()
	}
	roots := w.roots
	w.roots, w.worded = map[string][]*Request{}, 0
	for root, records := range roots {
		errs = append(errs, w.commit(ctx, root, records, erased[root]))
	}
	return errors.Join(errs...)
}

// commit writes the records of one root, then erases what is to be erased of them.
func (w *requestWriter) commit(ctx context.Context, root string, records []*Request, erased []string) error {
	for part := range slices.Chunk(records, requestBatch) {
		c := &Change{Root: root, Requests: make([]Request, len(part))}
		for i, r := range part {
			c.Requests[i] = *r
		}
		if err := w.d.store.Commit(ctx, c); err != nil {
			w.d.requests.dropped.Add(int64(len(part)))
			return fmt.Errorf("root %s: %w", root, err)
		}
	}
	if len(erased) == 0 {
		return nil
	}
	w.d.scrubSoon()
	return w.d.store.Commit(ctx, &Change{Root: root, Erase: erased})
}

// count says in the record how many more like it there were.
func (s *sample) count() {
	if s.more > 0 && s.record != nil {
		s.record.Did = strings.TrimPrefix(s.record.Did+"; ", "; ") + count(s.more, "more request") + " like it in the same second"
	}
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
