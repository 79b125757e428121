package directory

import (
	"context"

	"github.com/usher-scim/usher/directory/internal/requestlog"
)

// RecheckDomains looks at the domains that are due, as Run does in the background.
func (d *Directory) RecheckDomains(ctx context.Context) error { return d.recheckDomains(ctx) }

// PruneRemovals drops what can be restored no more, as Run does in the background.
func (d *Directory) PruneRemovals(ctx context.Context) error { return d.pruneRemovals(ctx) }

// PruneLogs drops old records, events and audit entries, as Run does in the background.
func (d *Directory) PruneLogs(ctx context.Context) error { return d.pruneLogs(ctx) }

// WriteRequests writes what waits for the provisioning log, as Run does in the background.
func (d *Directory) WriteRequests(ctx context.Context) error { return d.requests.Flush(ctx) }

// RequestQueue is how many requests can wait to be recorded.
const RequestQueue = requestlog.QueueLength

// ReadHead finds the last segment of a root.
func (d *Directory) ReadHead(ctx context.Context, root string) (Segment, error) {
	head, err := d.chain.Head(ctx, root)
	return Segment(head), err
}
