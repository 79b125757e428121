package directory

import (
	"context"
	"encoding/hex"
	"strings"
)

// An ephemeral person who has gone has no rows but those of the logs, the second factor, and the tombstones that lead the
// identities back to the id. So that all this can be erased by the id (X3), a keyed hash of the id leads to the latter.

// tombstoneVanished leads the id of an ephemeral person who has gone to the tombstones of the identities.
const tombstoneVanished = "vanished"

// planVanished plans the tombstone that leads to those of the identities.
func (d *Directory) planVanished(ctx context.Context, p *plan, subject string, identities []Tombstone) error {
	ways := make([]string, len(identities))
	for i, t := range identities {
		ways[i] = t.Connection + "/" + hex.EncodeToString(t.Hash[:])
	}
	t, err := d.tombstone(ctx, p.Root, "", tombstoneVanished, subject, strings.Join(ways, " "))
	t.Created = p.now
	p.Tombstones = append(p.Tombstones, insert(t))
	return err
}

// planEraseVanished plans that nothing is left of an ephemeral person who has gone; false: there was none of the id.
func (d *Directory) planEraseVanished(ctx context.Context, p *plan, subject string) (bool, error) {
	gone, err := d.buried(ctx, p.Root, "", tombstoneVanished, subject)
	if err != nil || gone == nil {
		return false, err
	}
	p.Tombstones = append(p.Tombstones, remove(*gone))
	for _, way := range strings.Fields(gone.Subject) {
		connection, hash, _ := strings.Cut(way, "/")
		t := Tombstone{Root: p.Root, Connection: connection, Kind: tombstoneEphemeral}
		if n, err := hex.Decode(t.Hash[:], []byte(hash)); err != nil || n != len(t.Hash) {
			return false, err
		}
		row, err := d.store.Tombstone(ctx, t.Root, t.Connection, t.Kind, t.Hash)
		if there, err := found(err); err != nil {
			return false, err
		} else if there {
			p.Tombstones = append(p.Tombstones, remove(row))
		}
	}
	p.Erase = append(p.Erase, subject)
	return true, nil
}
