package directory

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory/internal/contact"
)

const (
	// contactQueue bounds the marks that wait; what finds it full is dropped and tried with the next request.
	contactQueue = 1024
	// contactTimeout bounds one write in the background, also at shutdown.
	contactTimeout = 5 * time.Second
)

// mark says that a token or an API key was used.
type mark struct {
	root, workspace, connection, token string
	key                                string // id of an API key; then there is no connection and no token
	by                                 Actor
	at                                 time.Time
}

// contacts takes marks off the requests' path.
type contacts struct {
	contact.Marks
	queue   chan mark
	dropped atomic.Int64
}

// heard notes that a credential was used. It never waits.
func (d *Directory) heard(c *admission, by Actor) {
	now := d.now()
	if !d.contacts.Due(c.token.ID, now) {
		return
	}
	d.note(mark{
		root: c.token.Root, workspace: c.workspace.ID, connection: c.connection.ID, token: c.token.ID,
		by: by, at: now,
	})
}

// heardKey notes that an API key was used. It never waits.
func (d *Directory) heardKey(k APIKey) {
	if now := d.now(); d.contacts.Due(k.ID, now) {
		d.note(mark{root: k.Root, key: k.ID, at: now})
	}
}

func (d *Directory) note(m mark) {
	select {
	case d.contacts.queue <- m:
	default:
		d.contacts.dropped.Add(1)
		d.contacts.Forget(m.used())
	}
}

// used is the id of what was used.
func (m mark) used() string { return m.token + m.key }

// DroppedContacts counts the contact marks that found no room since the start.
func (d *Directory) DroppedContacts() int64 { return d.contacts.dropped.Load() }

// recordContact writes a mark. What fails is tried again with the next request.
func (d *Directory) recordContact(ctx context.Context, m mark) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), contactTimeout)
	defer cancel()
	var err error
	if m.key != "" {
		err = d.store.TouchAPIKey(ctx, m.root, m.key, m.at)
	} else {
		err = d.touch(ctx, m)
	}
	if err != nil {
		d.contacts.Forget(m.used())
		d.log.WarnContext(ctx, "contact not recorded", "connection", m.connection, "credential", m.used(), "error", err)
	}
}

func (d *Directory) touch(ctx context.Context, m mark) error {
	first, err := d.store.Touch(ctx, m.root, m.connection, m.token, m.at)
	if err == nil && d.contacts.Owe(m.connection, first) {
		err = d.recordActivation(ctx, m)
	}
	return err
}

// recordActivation leaves the audit entry of a connection's first contact ever (M4).
func (d *Directory) recordActivation(ctx context.Context, m mark) error {
	w := Workspace{Root: m.root, ID: m.workspace}
	err := d.write(ctx, m.by, w, m.connection, func(_ context.Context, p *plan) error {
		return p.audit(ActionConnectionActivate, targetConnection, m.connection, "", struct{}{})
	})
	if err == nil {
		d.contacts.Paid(m.connection)
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
