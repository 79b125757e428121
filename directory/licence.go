package directory

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// CountLicences counts the active members of today, by workspace and connection, in every root. The last count of a
// day stands for it (X14).
func (d *Directory) CountLicences(ctx context.Context) error {
	today := day(d.now())
	return d.eachRoot(ctx, func(ctx context.Context, root string) error {
		counts, err := d.countActive(ctx, root, today)
		if err != nil {
			return err
		}
		return d.store.PutLicence(ctx, root, today, counts)
	})
}

func (d *Directory) countActive(ctx context.Context, root string, today time.Time) ([]LicenceCount, error) {
	counts, err := d.store.CountActive(ctx, root)
	if err == nil {
		d.countedActive(root, counts, d.now())
	}
	for i := range counts {
		counts[i].Day = today
	}
	return counts, err
}

// Licence returns how many members of the workspace and its descendants were active on the days from … to, by
// workspace and by the connection that grants them ("": nobody's). Today is counted now; days on which no server ran
// are missing.
func (d *Directory) Licence(ctx context.Context, w Workspace, from, to time.Time) ([]LicenceCount, error) {
	from, to = day(from), day(to)
	if to.Before(from) {
		return nil, refuse(RefusedInvalid, "let the first day be before the last one",
			"there is no day from %s to %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	within, err := d.below(ctx, w)
	if err != nil {
		return nil, err
	}
	counts, err := d.store.Licence(ctx, w.Root, from, to)
	if err != nil {
		return nil, err
	}
	today := day(d.now())
	if !today.Before(from) && !today.After(to) {
		now, err := d.countActive(ctx, w.Root, today)
		if err != nil {
			return nil, err
		}
		counts = slices.DeleteFunc(counts, func(c LicenceCount) bool { return !c.Day.Before(today) })
		counts = append(counts, now...)
	}
	counts = slices.DeleteFunc(counts, func(c LicenceCount) bool { return within != nil && !within[c.Workspace] })
	slices.SortFunc(counts, func(a, b LicenceCount) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Workspace, b.Workspace), cmp.Compare(a.Connection, b.Connection))
	})
	return counts, nil
}

// day is the midnight, in UTC, with which the day began.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
