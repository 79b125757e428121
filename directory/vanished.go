package directory

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// An ephemeral person who has gone has no rows but those of the logs, the second factor, and the tombstones that lead the
// identities back to the id. So that all this can be erased by the id (X3), a keyed hash of the id leads to the latter.
// After [Retention.Ephemeral] all but the logs is forgotten.

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
	ways, err := d.waysTo(ctx, *gone)
	if err != nil {
		return false, err
	}
	p.removeTombstones(append(ways, *gone))
	p.Erase = append(p.Erase, subject)
	return true, nil
}

func (p *plan) removeTombstones(list []Tombstone) {
	for _, t := range list {
		p.Tombstones = append(p.Tombstones, remove(t))
	}
}

// waysTo lists the tombstones of identities to which that of a person who has gone leads, as far as they are there and lead
// back: an identity may have become another person's since.
func (d *Directory) waysTo(ctx context.Context, gone Tombstone) (ways []Tombstone, err error) {
	for _, way := range strings.Fields(gone.Subject) {
		connection, text, _ := strings.Cut(way, "/")
		var hash [32]byte
		if n, err := hex.Decode(hash[:], []byte(text)); err != nil || n != len(hash) {
			return nil, err
		}
		t, err := d.store.Tombstone(ctx, gone.Root, connection, tombstoneEphemeral, hash)
		if there, err := found(err); err != nil {
			return nil, err
		} else if !there {
			continue
		}
		back, err := d.tombstone(ctx, gone.Root, "", tombstoneVanished, t.Subject, "")
		if err != nil {
			return nil, err
		}
		if back.Hash == gone.Hash {
			ways = append(ways, t)
		}
	}
	return ways, nil
}

// goneSlice is how many tombstones of people who have gone one slice looks at.
const goneSlice = 100

// forgetGone forgets one slice of the ephemeral people who have gone long ago, each in a transaction of its own. It reports
// how many tombstones it has looked at; those who come back at the same moment stay.
func (d *Directory) forgetGone(ctx context.Context, root string) (int, error) {
	before := d.since(d.retention.Ephemeral)
	list, err := d.store.GoneBefore(ctx, root, before, goneSlice)
	for _, t := range list {
		if err := d.forget(ctx, t, before); err != nil && !errors.Is(err, ErrConflict) {
			return 0, err
		}
	}
	return len(list), err
}

// forget removes the tombstone, and with it all that is left of the person outside the logs. One of an identity goes alone
// where the person is there again, by another identity.
func (d *Directory) forget(ctx context.Context, t Tombstone, before time.Time) error {
	return d.write(ctx, system, Workspace{Root: t.Root, ID: t.Root}, "", func(ctx context.Context, p *plan) error {
		now, err := d.store.Tombstone(ctx, t.Root, t.Connection, t.Kind, t.Hash)
		if there, err := found(err); err != nil || !there || !now.Created.Before(before) {
			return err
		}
		p.unaudited = true
		gone := &now
		if now.Kind == tombstoneEphemeral {
			if gone, err = d.buried(ctx, t.Root, "", tombstoneVanished, now.Subject); err != nil {
				return err
			}
			if gone == nil || !gone.Created.Before(before) {
				p.removeTombstones([]Tombstone{now})
				return nil
			}
		}
		return d.planForgetGone(ctx, p, *gone)
	})
}

// planForgetGone plans that nothing leads to a person who has gone, and that the second factor goes.
func (d *Directory) planForgetGone(ctx context.Context, p *plan, gone Tombstone) error {
	ways, err := d.waysTo(ctx, gone)
	if err != nil {
		return err
	}
	p.removeTombstones(append(ways, gone))
	if len(ways) == 0 {
		return nil
	}
	return d.planDropFactor(ctx, p, ways[0].Subject)
}

func (d *Directory) planDropFactor(ctx context.Context, p *plan, subject string) error {
	f, err := d.store.Factor(ctx, p.Root, subject)
	there, err := found(err)
	if there {
		p.Factors = append(p.Factors, remove(f))
	}
	return err
}
