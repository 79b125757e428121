package directory

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// expiryDays are how many days before a token or a certificate expires the admins are told (J10), each once.
var expiryDays = []int{30, 7, 1}

// expiring is what admins are told of before it has expired.
type expiring struct {
	notice      string // its type
	id          string
	from, until time.Time
}

// tellExpiring plans mails about tokens, and about certificates of identity providers, that expire soon.
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
			what := certificatesOf(c)
			for _, t := range tokens {
				if t.Live(d.now()) {
					what = append(what, expiring{NoticeTokenExpires, t.ID, t.Created, t.Expires})
				}
			}
			for _, e := range what {
				if err := d.tellExpiry(ctx, c, e); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// certificatesOf are those by which a connection of SAML lets people in: they were known no longer than the connection.
func certificatesOf(c Connection) []expiring {
	if !c.LetsIn() || c.Settings.SignIn.SAML == nil {
		return nil
	}
	var all []expiring
	for _, text := range c.Settings.SignIn.SAML.Certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			continue // it was checked when it was set
		}
		if one, err := x509.ParseCertificate(block.Bytes); err == nil {
			sum := sha256.Sum256(one.Raw)
			all = append(all, expiring{NoticeCertificateExpires, c.ID + "/" + hex.EncodeToString(sum[:]), one.NotBefore, one.NotAfter})
		}
	}
	return all
}

// tellExpiry plans the mail about one of them for the nearest of the days, unless it was told.
func (d *Directory) tellExpiry(ctx context.Context, c Connection, e expiring) error {
	now, day := d.now(), 0
	for _, days := range expiryDays {
		if !now.Before(e.until.AddDate(0, 0, -days)) {
			day = days
		}
	}
	if day == 0 || !now.Before(e.until) || e.from.After(e.until.AddDate(0, 0, -day)) { // it was to live no longer
		return nil
	}
	return d.write(ctx, system, c.home(), c.ID, func(ctx context.Context, p *plan) error {
		hash := credential.Hash(fmt.Sprintf("expiry/%s/%d", e.id, day))
		told, err := d.takeOnce(ctx, p, c.ID, hash, e.until.Add(time.Hour))
		if err != nil || told {
			return err
		}
		w, err := d.store.Workspace(ctx, c.Root, c.Workspace)
		if err != nil {
			return err
		}
		p.unaudited = true
		return p.notify(w, e.notice, "", Notice{Connection: c.Name, Expires: e.until})
	})
}
