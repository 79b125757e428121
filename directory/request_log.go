package directory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/requestlog"
)

// RequestRetention bounds the provisioning log of each root. A zero field takes the default.
type RequestRetention struct {
	Age     time.Duration // 30 days
	Records int           // 1,000,000
}

func (r RequestRetention) withDefaults() RequestRetention {
	return RequestRetention{Age: cmp.Or(r.Age, 30*24*time.Hour), Records: cmp.Or(r.Records, 1_000_000)}
}

// pruneSlices bounds how many slices of old records one turn drops.
const pruneSlices = 50

// pruneRequests drops what is too old or too much, in bounded slices between which others write.
func (d *Directory) pruneRequests(ctx context.Context) error {
	return d.eachRoot(ctx, func(ctx context.Context, root string) error {
		for range pruneSlices {
			n, err := d.store.PruneRequests(ctx, root, d.now().Add(-d.retention.Age), d.retention.Records)
			if err != nil || n == 0 || ctx.Err() != nil {
				return err
			}
		}
		return nil
	})
}

const requestPage = 100

// RequestLog returns records of the provisioning log of the workspace and its descendants, newest first (B4). Root of
// the query is the workspace's; Limit defaults to 100.
func (d *Directory) RequestLog(ctx context.Context, w Workspace, q RequestQuery) ([]Request, error) {
	q.Root = w.Root
	if q.Limit <= 0 || q.Limit > 1000 {
		q.Limit = requestPage
	}
	found, err := d.requestsOf(ctx, w, q)
	for i := range found {
		if requestlog.IsNameMark(found[i].Subject) {
			found[i].Subject = ""
		}
	}
	return found, err
}

func (d *Directory) requestsOf(ctx context.Context, w Workspace, q RequestQuery) ([]Request, error) {
	within, err := d.below(ctx, w)
	if err != nil {
		return nil, err
	}
	if within == nil {
		return d.store.Requests(ctx, q)
	}
	var found []Request
	for workspace := range within {
		connections, err := d.store.Connections(ctx, w.Root, workspace)
		if err != nil {
			return nil, err
		}
		for _, c := range connections {
			if q.Connection != "" && q.Connection != c.ID {
				continue
			}
			one := q
			one.Connection = c.ID
			page, err := d.store.Requests(ctx, one)
			if err != nil {
				return nil, err
			}
			found = append(found, page...)
		}
	}
	slices.SortFunc(found, func(a, b Request) int { return cmp.Compare(b.Seq, a.Seq) })
	return found[:min(len(found), q.Limit)], nil
}
