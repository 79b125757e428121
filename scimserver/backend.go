package scimserver

import (
	"context"

	"github.com/usher-scim/usher/scim"
)

// Backend keeps the resources of one caller: authentication returns it already scoped, so that no handler can
// reach another connection's resources (RFC 7644 §6).
//
// Methods return *scim.Error for what the caller may be told: KindUnknownResource when there is no such resource
// (404), KindVersion when Write.IfMatch does not hold (412), KindTaken on a uniqueness violation (409), and the
// kinds of package scim for bad values. Any other error is answered 500. They are safe for concurrent use; every
// write is atomic, and durable when the method returns.
type Backend interface {
	// Create stores a new resource and returns it.
	Create(ctx context.Context, r *scim.Resource, w scim.Write) (*scim.Record, error)
	// Get returns one resource. It loads groups and members only when show has them.
	Get(ctx context.Context, t *scim.ResourceType, id string, show scim.Projection) (*scim.Record, error)
	// List returns the matching resources in a stable order (T-068) and their total.
	List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error)
	// Replace is PUT by D-09 and D-10: r is the decoded body.
	Replace(ctx context.Context, id string, r *scim.Resource, w scim.Write) (*scim.Record, error)
	// Patch applies p atomically. Members of a group are changed as rows: a backend must not read the list
	// to add or remove one.
	Patch(ctx context.Context, id string, p *scim.Patch, w scim.Write) (*scim.Record, error)
	// Delete removes the resource; its id and keys are free at once (T-103).
	Delete(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) error
}
