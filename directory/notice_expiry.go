package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// expiryDays are how many days before a token expires the admins are told (J10), each once.
var expiryDays = []int{30, 7, 1}

// tellExpiring plans mails about tokens that expire soon.
func (d *Directory) tellExpiring(ctx context.Context) error {
	return d.eachRoot(ctx, func(ctx context.Context, root string) error {
		connections, err := d.store.Connections(ctx, root, "")
		if err != nil {
			return err
		}
		for _, c := range connections {
			tokens, err := d.store.Tokens(ctx, root, c.ID)
			if err != nil {
				return err
			}
			for _, t := range tokens {
				if err := d.tellExpiry(ctx, c, t); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// tellExpiry plans the mail about one token for the nearest of the days, unless it was told.
func (d *Directory) tellExpiry(ctx context.Context, c Connection, t Token) error {
	now, day := d.now(), 0
	for _, days := range expiryDays {
		if !now.Before(t.Expires.AddDate(0, 0, -days)) {
			day = days
		}
	}
	if day == 0 || !t.Live(now) || t.Created.After(t.Expires.AddDate(0, 0, -day)) { // it was to live no longer
		return nil
	}
	return d.write(ctx, system, c.home(), c.ID, func(ctx context.Context, p *plan) error {
		hash := credential.Hash(fmt.Sprintf("expiry/%s/%d", t.ID, day))
		told, err := d.takeOnce(ctx, p, c.ID, hash, t.Expires.Add(time.Hour))
		if err != nil || told {
			return err
		}
		w, err := d.store.Workspace(ctx, c.Root, c.Workspace)
		if err != nil {
			return err
		}
		p.unaudited = true
		return p.notify(w, NoticeTokenExpires, "", Notice{Connection: c.Name, Expires: t.Expires})
	})
}
