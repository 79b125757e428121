package sqlstore

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory"
)

const selectWebhook = `SELECT s.text, h.id, h.workspace, h.url, h.types, h.position, h.failures, h.failure, h.next_at,
	h.disabled, h.created, h.version FROM webhook h JOIN symbol s ON s.no = h.root `

func scanWebhook(r scanner) (directory.Webhook, error) {
	var h directory.Webhook
	var types []byte
	var next, disabled, created int64
	err := r.Scan(&h.Root, &h.ID, &h.Workspace, &h.URL, &types, &h.Position, &h.Failures, &h.Failure, &next, &disabled,
		&created, &h.Version)
	if err != nil {
		return h, err
	}
	h.NextAt, h.Disabled, h.Created = timeOf(next), timeOf(disabled), timeOf(created)
	return h, fromArray(types, &h.Types)
}

// Webhooks implements directory.Store: oldest first.
func (s *Store) Webhooks(ctx context.Context, root string) ([]directory.Webhook, error) {
	return inRoot(s, s.scan(ctx), "webhooks", root, func(tx *Tx, no int64) ([]directory.Webhook, error) {
		return all(tx, scanWebhook, selectWebhook+`WHERE h.root = $1 ORDER BY h.created, h.id`, no)
	})
}

// DueWebhooks implements directory.Store: the longest due first. It asks for events of any type and workspace.
func (s *Store) DueWebhooks(ctx context.Context, now time.Time, limit int) ([]directory.Webhook, error) {
	list, err := all(s.scan(ctx), scanWebhook, selectWebhook+`WHERE h.disabled = 0 AND h.next_at <= $1
		AND EXISTS (`+s.behind("1", "event", "h.root", "h.position")+`)
		ORDER BY h.next_at, h.id LIMIT $2`, nanos(now), atMost(limit))
	return list, s.fault("due webhooks", err)
}

func (w *writer) webhook(e *directory.Edit[directory.Webhook]) error {
	return edit(e,
		func(a *directory.Webhook) error {
			types, err := array(a.Types)
			if err != nil {
				return err
			}
			err = w.tx.put(`INSERT INTO webhook(root, id, workspace, url, types, position, failures, failure, next_at,
				disabled, created, version) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
				w.root, a.ID, a.Workspace, a.URL, types, a.Position, a.Failures, a.Failure, nanos(a.NextAt),
				nanos(a.Disabled), nanos(a.Created), a.Version)
			return err
		},
		func(b *directory.Webhook) error {
			return w.tx.must(`DELETE FROM webhook WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.Webhook) error {
			types, err := array(a.Types)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE webhook SET workspace = $4, url = $5, types = $6, position = $7, failures = $8,
				failure = $9, next_at = $10, disabled = $11, version = $12 WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, a.Workspace, a.URL, types, a.Position, a.Failures, a.Failure, nanos(a.NextAt),
				nanos(a.Disabled), a.Version)
		})
}
