package contact

import (
	"sync"
	"time"
)

// interval is how often the use of one credential is marked (design: at most once a minute).
const interval = time.Minute

// Marks are those of one process. The zero value has none.
type Marks struct {
	mu   sync.Mutex
	last map[string]time.Time // by the id of the credential
	owed map[string]bool      // connections that became active and whose audit entry is still to be written
}

// Due reports whether it is time to mark the credential again, and takes the turn.
func (m *Marks) Due(credential string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last, ok := m.last[credential]; ok && now.Sub(last) < interval {
		return false
	}
	if m.last == nil {
		m.last = make(map[string]time.Time)
	}
	m.last[credential] = now
	return true
}

// Forget gives the turn back, so that the next request marks again.
func (m *Marks) Forget(credential string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.last, credential)
}

// Owe notes that the connection became active, when it did, and reports whether the entry of that is to be written.
func (m *Marks) Owe(connection string, first bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first && m.owed == nil {
		m.owed = make(map[string]bool)
	}
	if first {
		m.owed[connection] = true
	}
	return m.owed[connection]
}

// Paid notes that it was written.
func (m *Marks) Paid(connection string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.owed, connection)
}
