package directory

import (
	"context"
	"encoding/json"
	"time"
)

// EventMessage is an event as the app gets it, by webhook and from the feed.
type EventMessage struct {
	ID   string    `json:"id"`
	Type string    `json:"type"`
	Time time.Time `json:"time"`
	// Position is the event's place in the feed of its root. Positions rise; they have gaps.
	Position int64 `json:"position"`
	// Workspace is the key; empty when the workspace was deleted meanwhile.
	Workspace   string          `json:"workspace"`
	WorkspaceID string          `json:"workspace_id"`
	Connection  string          `json:"connection,omitempty"` // id
	Subject     string          `json:"subject,omitempty"`
	Data        json.RawMessage `json:"data"`
}

// treeFor returns a tree that knows the workspaces of the events, as far as they exist.
func (d *Directory) treeFor(ctx context.Context, root string, events []Event) (*tree, error) {
	t, err := d.treeOf(ctx, root, false)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if t.workspaces[e.Workspace] == nil { // made since the tree was read, or gone
			return d.treeOf(ctx, root, true)
		}
	}
	return t, nil
}

func (t *tree) message(e Event) EventMessage {
	m := EventMessage{
		ID: e.ID, Type: e.Type, Time: e.Time, Position: e.Seq, WorkspaceID: e.Workspace,
		Connection: e.Connection, Subject: e.Subject, Data: e.Data,
	}
	if len(m.Data) == 0 {
		m.Data = json.RawMessage("{}")
	}
	if b := t.workspaces[e.Workspace]; b != nil {
		m.Workspace = b.Key
	}
	return m
}

// NextEvent returns a channel that is closed when this process commits the next event. Those of other processes are
// found by looking.
func (d *Directory) NextEvent() <-chan struct{} { return d.feed.Next() }

// DueWebhooks returns webhooks of all roots for which events wait and which may be tried now.
func (d *Directory) DueWebhooks(ctx context.Context, limit int) ([]Webhook, error) {
	return d.store.DueWebhooks(ctx, d.now(), limit)
}

// WaitingMessages returns the events behind a position that the webhook wants to hear of, out of the next limit ones,
// and the position up to which it has looked. That is the given one when no event waits.
func (d *Directory) WaitingMessages(
	ctx context.Context, h Webhook, after int64, limit int,
) (messages []EventMessage, upTo int64, err error) {
	events, err := d.store.Events(ctx, h.Root, after, limit)
	if err != nil || len(events) == 0 {
		return nil, after, err
	}
	t, err := d.treeFor(ctx, h.Root, events)
	if err != nil {
		return nil, after, err
	}
	for _, e := range events {
		if e.Type != EventsPruned && h.wants(e.Type) && (h.Workspace == "" || t.workspaces[e.Workspace].within(h.Workspace)) {
			messages = append(messages, t.message(e))
		}
	}
	return messages, events[len(events)-1].Seq, nil
}

// ClaimWebhook keeps others from sending to the webhook until then, and returns the key that signs. ErrConflict and
// ErrNotFound say that somebody else was first, or has changed it.
func (d *Directory) ClaimWebhook(ctx context.Context, h Webhook, until time.Time) (Webhook, []byte, error) {
	key, err := d.signingKey(ctx, h.Root, webhookSecretName(h.ID))
	if err != nil {
		return h, nil, err
	}
	after := h
	after.NextAt = until.UTC().Truncate(time.Millisecond)
	if after, err = d.markWebhook(ctx, h, after, nil); err != nil {
		return h, nil, err
	}
	return after, key, nil
}

// Delivery is what became of the messages to a webhook.
type Delivery struct {
	Position int64     // up to which they were taken
	NextAt   time.Time // not before; zero: as soon as there is something
	Failure  string    // why the one behind was not; empty: it was not tried
	Disable  bool      // after that failure nothing is sent any more
}

// RecordDelivery writes what became of messages. Its errors are those of ClaimWebhook.
func (d *Directory) RecordDelivery(ctx context.Context, h Webhook, o Delivery) (Webhook, error) {
	after := h
	after.Position = o.Position
	after.NextAt = o.NextAt.UTC().Truncate(time.Millisecond)
	if o.NextAt.IsZero() {
		after.NextAt = time.Time{}
	}
	if o.Position > h.Position {
		after.Failures, after.Failure = 0, ""
	}
	if o.Failure != "" {
		d.counts.deliveryFailures.Add(1)
		after.Failures++
		after.Failure = o.Failure
	}
	if !o.Disable {
		return d.markWebhook(ctx, h, after, nil)
	}
	p := d.newPlan(system, Workspace{Root: h.Root, ID: h.home()}, "")
	after.Disabled = p.now
	if err := p.audit(ActionWebhookDisable, targetWebhook, h.ID, "", newWebhookDetail(after)); err != nil {
		return h, err
	}
	return d.markWebhook(ctx, h, after, p.Audit)
}

// home is the id of the workspace that the webhook belongs to.
func (h Webhook) home() string {
	if h.Workspace == "" {
		return h.Root
	}
	return h.Workspace
}

// markWebhook writes how far a webhook is, which is no change that an audit entry would tell of.
func (d *Directory) markWebhook(ctx context.Context, before, after Webhook, audit []AuditEntry) (Webhook, error) {
	after.Version = before.Version + 1
	change := Change{Root: before.Root, Webhooks: []Edit[Webhook]{update(before, after)}, Audit: audit}
	if err := d.store.Commit(ctx, &change); err != nil {
		return before, err
	}
	d.committed(ctx, &change)
	return after, nil
}
