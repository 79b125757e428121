package feed

import "sync"

// Readers are those of one process. The zero value has none.
type Readers struct {
	mu    sync.Mutex
	woken chan struct{} // closed by the next event; nil: nobody waits
	quiet map[string]stretch
}

// stretch is a part of the outbox, after < Seq <= to, without an event for a workspace.
type stretch struct{ after, to int64 }

const maxQuiet = 10_000

// Next returns a channel that is closed when the next event of this process is committed.
func (r *Readers) Next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.woken == nil {
		r.woken = make(chan struct{})
	}
	return r.woken
}

// Wake tells the readers that wait of an event.
func (r *Readers) Wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.woken != nil {
		close(r.woken)
		r.woken = nil
	}
}

// Skip moves a position over what is known to hold nothing for the workspace, so that the reader of a quiet workspace
// does not read its neighbours' events again with every call.
func (r *Readers) Skip(workspace string, after int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.quiet[workspace]; ok && s.after <= after && after < s.to {
		return s.to
	}
	return after
}

// Quiet notes that nothing behind after, up to to, is for the workspace.
func (r *Readers) Quiet(workspace string, after, to int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet == nil || len(r.quiet) >= maxQuiet {
		r.quiet = map[string]stretch{}
	}
	if old, ok := r.quiet[workspace]; ok && old.after <= after && after <= old.to {
		after = old.after
	}
	r.quiet[workspace] = stretch{after, to}
}
