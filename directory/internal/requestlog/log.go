package requestlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Log takes the records of reads and refusals off the requests' path. Add is for everybody; one goroutine calls Word and
// Flush. Make one with New.
type Log struct {
	Config
	wake    chan struct{} // something waits that is not one of many
	dropped atomic.Int64

	mu      sync.Mutex
	waiting []answered
	// alike are the requests of a kind of which one a second tells enough: successful reads, and requests that were
	// turned away before anything was looked at. The others are counted.
	alike  map[sort]*sample
	erased map[string][]string // by root, since the last flush

	// Of the writer alone:
	roots  map[string]string // connection id → root
	known  time.Time         // when roots was read
	worded map[string][]*Record
	size   int // of what is worded
}

// Config is what a log needs of the directory.
type Config struct {
	Now   func() time.Time
	Users Users
	// Roots reads the root of every connection.
	Roots func(ctx context.Context) (map[string]string, error)
	// Commit stores records of a root. Erase erases the values of subjects, and of marks, from those that are stored.
	Commit func(ctx context.Context, root string, records []Record) error
	Erase  func(ctx context.Context, root string, subjects []string) error
}

// Users look up whose a request is. An empty subject is nobody's.
type Users struct {
	SubjectByID   func(ctx context.Context, root, connection, id string) (string, error)
	SubjectByName func(ctx context.Context, root, connection, userNameKey string) (string, error)
	// Key is the root's for keyed hashes.
	Key func(ctx context.Context, root string) ([]byte, error)
}

// New makes an empty log.
func New(c Config) *Log {
	return &Log{
		Config: c, wake: make(chan struct{}, 1), alike: map[sort]*sample{}, worded: map[string][]*Record{},
	}
}

// Add takes a request that was answered. It never waits: what finds no room is dropped and counted. A success whose
// record went with its change needs no other.
func (l *Log) Add(n *Note, o Outcome) {
	if o.Operation == 0 && o.Refused == nil && n.recorded.Load() && !n.isBulk() {
		return
	}
	n.wait()
	l.add(answered{note: n, Outcome: o, at: l.Now()})
}

// Dropped counts the records that were lost since the start.
func (l *Log) Dropped() int64 { return l.dropped.Load() }

// Waiting is how many records wait to be put into words.
func (l *Log) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Wake tells that something waits that is not one of many.
func (l *Log) Wake() <-chan struct{} { return l.wake }

// IsFull reports that a commit's worth of records is worded.
func (l *Log) IsFull() bool { return l.size >= batch }

// Erased notes whose records must go when what waits has been written.
func (l *Log) Erased(root string, subjects []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.erased == nil {
		l.erased = map[string][]string{}
	}
	l.erased[root] = append(l.erased[root], subjects...)
}

func (l *Log) takeErased() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.erased
	l.erased = nil
	return taken
}

// Word puts what waits into words.
func (l *Log) Word(ctx context.Context) error { return l.wordAll(ctx, l.take()) }

func (l *Log) wordAll(ctx context.Context, waiting []answered) error {
	var errs []error
	for _, a := range waiting {
		if err := l.wordOne(ctx, a); err != nil {
			errs = append(errs, fmt.Errorf("request %s: %w", a.note.RequestID, err))
		}
	}
	return errors.Join(errs...)
}

// wordOne puts a request into words. Requests that belong to no connection leave no record.
func (l *Log) wordOne(ctx context.Context, a answered) error {
	root, connection := a.note.root, a.note.connection
	if root == "" {
		var err error
		connection = a.note.Connection
		if root, err = l.rootOf(ctx, connection); err != nil || root == "" {
			return err
		}
	}
	r, err := l.word(ctx, root, connection, a)
	if err != nil {
		return err
	}
	if a.sample != nil {
		a.sample.record = r
	}
	l.worded[root] = append(l.worded[root], r)
	l.size++
	return nil
}

// Flush writes what was gathered and what waits, each root's in one commit. Records of people who were erased meanwhile
// are erased at once.
func (l *Log) Flush(ctx context.Context) error {
	erased := l.takeErased() // before what waits: what was asked before must be written before
	waiting, alike := l.takeAll()
	errs := []error{l.wordAll(ctx, waiting)}
	for _, s := range alike {
		s.count()
	}
	worded := l.worded
	l.worded, l.size = map[string][]*Record{}, 0
	for root, records := range worded {
		errs = append(errs, l.write(ctx, root, records, erased[root]))
	}
	return errors.Join(errs...)
}

// write writes the records of one root, then erases what is to be erased of them.
func (l *Log) write(ctx context.Context, root string, records []*Record, erased []string) error {
	for part := range slices.Chunk(records, batch) {
		rows := make([]Record, len(part))
		for i, r := range part {
			rows[i] = *r
		}
		if err := l.Commit(ctx, root, rows); err != nil {
			l.dropped.Add(int64(len(part)))
			return fmt.Errorf("root %s: %w", root, err)
		}
	}
	if len(erased) == 0 {
		return nil
	}
	return l.Erase(ctx, root, erased)
}

// rootsAge is how long an unknown connection id is taken for unknown without a look.
const rootsAge = 5 * time.Second

// rootOf finds the root of a connection; "" when there is none of that id.
func (l *Log) rootOf(ctx context.Context, connection string) (string, error) {
	if root := l.roots[connection]; root != "" || connection == "" {
		return root, nil
	}
	now := l.Now()
	if age := now.Sub(l.known); l.roots != nil && age >= 0 && age < rootsAge {
		return "", nil
	}
	roots, err := l.Roots(ctx)
	if err != nil {
		return "", err
	}
	l.roots, l.known = roots, now
	return roots[connection], nil
}
