package directory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// contactInterval is how often the contact of one token is written (design: at most once a minute).
	contactInterval = time.Minute
	// contactQueue bounds the marks that wait; what finds it full is dropped and tried with the next request.
	contactQueue = 1024
	// contactTimeout bounds one write in the background, also at shutdown.
	contactTimeout = 5 * time.Second
)

// contact is a mark: a token or an API key was used.
type contact struct {
	root, workspace, connection, token string
	key                                string // id of an API key; then there is no connection and no token
	by                                 Actor
	at                                 time.Time
}

// contacts takes marks off the requests' path.
type contacts struct {
	queue   chan contact
	dropped atomic.Int64

	mu   sync.Mutex
	last map[string]time.Time // id of the token or key → last mark
	owed map[string]bool      // connections that became active and whose audit entry is still to be written
}

func newContacts() *contacts {
	return &contacts{
		queue: make(chan contact, contactQueue),
		last:  make(map[string]time.Time), owed: make(map[string]bool),
	}
}

// heard notes that a credential was used. It never waits.
func (d *Directory) heard(c *admission, by Actor) {
	now := d.now()
	if !d.contacts.due(c.token.ID, now) {
		return
	}
	mark := contact{
		root: c.token.Root, workspace: c.workspace.ID, connection: c.connection.ID, token: c.token.ID,
		by: by, at: now,
	}
	d.note(mark)
}

// heardKey notes that an API key was used. It never waits.
func (d *Directory) heardKey(k APIKey) {
	if now := d.now(); d.contacts.due(k.ID, now) {
		d.note(contact{root: k.Root, key: k.ID, at: now})
	}
}

func (d *Directory) note(m contact) {
	select {
	case d.contacts.queue <- m:
	default:
		d.contacts.dropped.Add(1)
		d.contacts.forget(m.used())
	}
}

// used is the id of what was used.
func (m contact) used() string { return m.token + m.key }

// DroppedContacts counts the contact marks that found no room since the start.
func (d *Directory) DroppedContacts() int64 { return d.contacts.dropped.Load() }

// due reports whether it is time to mark the token again, and takes the turn.
func (c *contacts) due(token string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, ok := c.last[token]; ok && now.Sub(last) < contactInterval {
		return false
	}
	c.last[token] = now
	return true
}

// forget gives the turn back, so that the next request marks again.
func (c *contacts) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, token)
}

// owe notes that the connection became active, when it did, and reports whether the entry of that is to be written.
func (c *contacts) owe(connection string, first bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first {
		c.owed[connection] = true
	}
	return c.owed[connection]
}

func (c *contacts) paid(connection string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.owed, connection)
}

// recordContact writes a mark. What fails is tried again with the next request.
func (d *Directory) recordContact(ctx context.Context, m contact) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), contactTimeout)
	defer cancel()
	var err error
	if m.key != "" {
		err = d.store.TouchAPIKey(ctx, m.root, m.key, m.at)
	} else {
		err = d.touch(ctx, m)
	}
	if err != nil {
		d.contacts.forget(m.used())
		d.log.WarnContext(ctx, "contact not recorded", "connection", m.connection, "credential", m.used(), "error", err)
	}
}

func (d *Directory) touch(ctx context.Context, m contact) error {
	first, err := d.store.Touch(ctx, m.root, m.connection, m.token, m.at)
	if err == nil && d.contacts.owe(m.connection, first) {
		err = d.recordActivation(ctx, m)
	}
	return err
}

// recordActivation leaves the audit entry of a connection's first contact ever (M4).
func (d *Directory) recordActivation(ctx context.Context, m contact) error {
	w := Workspace{Root: m.root, ID: m.workspace}
	err := d.write(ctx, m.by, w, m.connection, func(_ context.Context, p *plan) error {
		return p.audit(ActionConnectionActivate, targetConnection, m.connection, "", struct{}{})
	})
	if err == nil {
		d.contacts.paid(m.connection)
	}
	return err
}

// recordPendingContacts writes what waits and returns.
func (d *Directory) recordPendingContacts(ctx context.Context) {
	for {
		select {
		case m := <-d.contacts.queue:
			d.recordContact(ctx, m)
		default:
			return
		}
	}
}
