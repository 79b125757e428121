package directory

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// expiryDays are how many days before a token or a certificate expires the admins are told (J10), each once.
var expiryDays = []int{30, 7, 1}

// ExpiryWarning says which of the warnings about an end is due: 30, 7 or 1 days before it, 0 when it is over; due is false
// while none is.
func ExpiryWarning(end, now time.Time) (days int, due bool) {
	if now.After(end) {
		return 0, true
	}
	for _, days := range slices.Backward(expiryDays) {
		if !now.Before(end.AddDate(0, 0, -days)) {
			return days, true
		}
	}
	return 0, false
}

// expiring is what admins are told of before it has expired.
type expiring struct {
	notice      string // its type
	id          string
	from, until time.Time
}

// tellExpiring plans mails about tokens, and about certificates of identity providers and our own, that expire soon.
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
			what, err := d.certificatesOf(ctx, c)
			if err != nil {
				return err
			}
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

// certificatesOf are those by which a connection of SAML lets people in, and of our own the one that ends first: they end
// together, and change together.
func (d *Directory) certificatesOf(ctx context.Context, c Connection) (all []expiring, err error) {
	if !c.LetsIn() || !c.Settings.SignIn.IsSAML() {
		return nil, nil
	}
	for _, text := range c.Settings.SignIn.SAML.Certificates {
		for _, one := range certificatesIn(text) {
			all = append(all, expiringCertificate(NoticeCertificateExpires, c, one))
		}
	}
	keys, err := d.SignInSecret(ctx, c)
	if err != nil {
		return nil, err
	}
	if ours := certificatesIn(keys); len(ours) > 0 {
		first := slices.MinFunc(ours, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		all = append(all, expiringCertificate(NoticeKeysExpire, c, first))
	}
	return all, nil
}

// certificatesIn are those of a text in PEM; what cannot be read was refused when it was set.
func certificatesIn(text string) (all []*x509.Certificate) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if one, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == pemCertificate {
			all = append(all, one)
		}
	}
	return all
}

func expiringCertificate(notice string, c Connection, one *x509.Certificate) expiring {
	return expiring{notice, c.ID + "/" + Fingerprint(one), one.NotBefore, one.NotAfter}
}

// tellExpiry plans the mail about one of them for the nearest of the days, unless it was told.
func (d *Directory) tellExpiry(ctx context.Context, c Connection, e expiring) error {
	day, due := ExpiryWarning(e.until, d.now())
	if !due || day == 0 || e.from.After(e.until.AddDate(0, 0, -day)) { // it was to live no longer
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
