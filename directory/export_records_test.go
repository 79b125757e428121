package directory

import (
	"context"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Every is every.
func (d *Directory) Every(ctx context.Context, interval time.Duration, work func(context.Context) error) {
	d.every(ctx, interval, "test", work)
}

// RecheckDomains looks at the domains that are due, as Run does in the background.
func (d *Directory) RecheckDomains(ctx context.Context) error { return d.recheckDomains(ctx) }

// PruneRemovals drops what can be restored no more, as Run does in the background.
func (d *Directory) PruneRemovals(ctx context.Context) error { return d.pruneRemovals(ctx) }

// PruneRequests prunes the provisioning log, as Run does in the background.
func (d *Directory) PruneRequests(ctx context.Context) error { return d.pruneRequests(ctx) }

// WriteRequests writes what waits for the provisioning log, as Run does in the background.
func (d *Directory) WriteRequests(ctx context.Context) error { return newRequestWriter(d).flush(ctx) }

// RequestQueue is how many requests can wait to be recorded.
const RequestQueue = requestQueue

// Worded is what the provisioning log says of a request: what was asked, and the masked body.
func Worded(n *RequestNote, personal bool) (asked, body string) {
	w := n.wording(personal)
	return w.asked(), w.body()
}

// CommittedRequest is the record that goes with a change.
func CommittedRequest(n *RequestNote, did, target, subject string) Request {
	p := &plan{}
	n.committed(p, did, target, subject)
	return p.Requests[0]
}

// CauseOf is the cause in a record of a user's request.
func CauseOf(e *scim.Error, personal bool) string {
	return cause(e, wording{kind: kindUser, mask: masker{kind: kindUser, personal: personal}})
}

// ReadHead finds the last segment of a root.
func (d *Directory) ReadHead(ctx context.Context, root string) (Segment, error) {
	return d.readHead(ctx, root)
}
