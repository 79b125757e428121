package requestlog

import (
	"cmp"
	"strings"
	"time"

	"github.com/usher-scim/usher/scim"
)

const (
	// QueueLength bounds the records that wait to be put into words; what finds no room is dropped and counted.
	QueueLength = 1024
	// batch bounds the records of one commit, so that it holds up no other writer.
	batch = 250
)

// answered is a request that waits to be recorded.
type answered struct {
	note *Note
	Outcome
	at     time.Time
	sample *sample // nil: it stands for itself alone
}

// sample stands for all requests of a sort since the last flush.
type sample struct {
	more   int
	record *Record // once it is put into words
}

// sort is what makes two requests alike. Of a path only the endpoint and the depth count.
type sort struct {
	connection, method, endpoint string
	depth                        int
	filtered                     bool
	status                       int
	refusal                      scim.Kind
}

func (a *answered) sort() sort {
	path := strings.Trim(a.Path, "/")
	endpoint, _, _ := strings.Cut(path, "/")
	s := sort{
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
func (l *Log) add(a answered) {
	sampled := a.isSampled()
	var s sort
	if sampled {
		s = a.sort()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.alike[s]; sampled && one != nil {
		one.more++
		return
	}
	if len(l.waiting) >= QueueLength {
		l.dropped.Add(1)
		return
	}
	if sampled && len(l.alike) < QueueLength {
		a.sample = &sample{}
		l.alike[s] = a.sample
	}
	l.waiting = append(l.waiting, a)
	if !sampled || len(l.waiting) == batch {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// take hands out what waits, oldest first.
func (l *Log) take() []answered {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.waiting
	l.waiting = nil
	return taken
}

// takeAll hands out what waits, and the samples, to which no more are counted from now on.
func (l *Log) takeAll() ([]answered, map[sort]*sample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken, alike := l.waiting, l.alike
	l.waiting, l.alike = nil, map[sort]*sample{}
	return taken, alike
}

// count says in the record how many more like it there were.
func (s *sample) count() {
	if s.more > 0 && s.record != nil {
		s.record.Did = strings.TrimPrefix(s.record.Did+"; ", "; ") + count(s.more, "more request") + " like it in the same second"
	}
}
