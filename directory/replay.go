package directory

import (
	"context"
	"time"
)

// takeOnce plans that something counts once in a connection, until it would be refused anyhow: an assertion, a token, a
// notice. taken: it was here before.
func (d *Directory) takeOnce(ctx context.Context, p *plan, connection string, hash [32]byte, until time.Time) (taken bool, err error) {
	taken, err = d.store.Replayed(ctx, p.Root, connection, hash)
	if err == nil && !taken {
		p.Replays = append(p.Replays, Replay{Root: p.Root, Connection: connection, Hash: hash, Until: until})
	}
	return taken, err
}
