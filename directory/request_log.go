package directory

import (
	"cmp"
	"context"
	"slices"

	"github.com/usher-scim/usher/directory/internal/requestlog"
)

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
