package directory

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
)

// Signer is a key of the OpenID Provider that was opened.
type Signer struct {
	ID        string // kid
	Algorithm string // ES256 or RS256
	Key       crypto.Signer
	// Signs says that tokens are signed with it now. The others are published for those that were, or will be.
	Signs bool
}

// The algorithms of signing keys.
const (
	AlgorithmES256 = "ES256"
	AlgorithmRS256 = "RS256"
)

// The life of a signing key: published before it signs, so that caches know it; and after, for what it has signed.
const (
	signingKeyAge  = 90 * 24 * time.Hour
	signingKeyLead = 24 * time.Hour
	signingKeyRest = 7 * 24 * time.Hour
)

const rsaBits = 2048

// signersAge is how long keys that were opened are used before it is looked whether there are others.
const signersAge = 500 * time.Millisecond

// signers remembers keys that were opened.
type signers struct {
	mu   sync.Mutex
	rows []SigningKey
	open map[string]crypto.Signer // by kid
	read time.Time
}

// Signers returns the keys of both algorithms that are to be published: the one that signs, the one before, and the next.
// They are made at first use, and remembered for half a second.
func (d *Directory) Signers(ctx context.Context) ([]Signer, error) {
	d.signers.mu.Lock()
	defer d.signers.mu.Unlock()
	now := d.now()
	if age := now.Sub(d.signers.read); d.signers.rows == nil || age < 0 || age >= signersAge {
		rows, err := d.store.SigningKeys(ctx)
		if err == nil && !hasSigning(rows, now) {
			rows, err = d.firstKeys(ctx)
		}
		if err != nil {
			return nil, err
		}
		d.signers.rows, d.signers.read = rows, now
	}
	return d.openSigners(now)
}

// hasSigning reports that there is a key of each algorithm that signs.
func hasSigning(rows []SigningKey, now time.Time) bool {
	for _, algorithm := range []string{AlgorithmES256, AlgorithmRS256} {
		if !slices.ContainsFunc(rows, func(k SigningKey) bool { return k.Algorithm == algorithm && k.signs(now) }) {
			return false
		}
	}
	return true
}

func (k SigningKey) signs(now time.Time) bool {
	return !now.Before(k.Signs) && (k.Retired.IsZero() || now.Before(k.Retired))
}

// published reports that the key set shows the key.
func (k SigningKey) published(now time.Time) bool {
	return k.Retired.IsZero() || now.Before(k.Retired.Add(signingKeyRest))
}

// openSigners opens what is published. Of two keys of an algorithm that could sign the later one does.
func (d *Directory) openSigners(now time.Time) ([]Signer, error) {
	var list []Signer
	signing := map[string]int{}
	rows := slices.Clone(d.signers.rows)
	slices.SortFunc(rows, func(a, b SigningKey) int { return a.Signs.Compare(b.Signs) })
	for _, k := range rows {
		if !k.published(now) {
			continue
		}
		key, err := d.openSigner(k)
		if err != nil {
			return nil, err
		}
		if k.signs(now) {
			signing[k.Algorithm] = len(list)
		}
		list = append(list, Signer{ID: k.ID, Algorithm: k.Algorithm, Key: key})
	}
	for _, i := range signing {
		list[i].Signs = true
	}
	return list, nil
}

func signingKeyName(id string) string { return "signing-key/" + id }

func (d *Directory) openSigner(k SigningKey) (crypto.Signer, error) {
	if key := d.signers.open[k.ID]; key != nil {
		return key, nil
	}
	plain, err := d.open(Secret{Name: signingKeyName(k.ID), Sealed: k.Sealed})
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("directory: signing key %s: %w", k.ID, err)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("directory: signing key %s is a %T", k.ID, parsed)
	}
	if d.signers.open == nil {
		d.signers.open = map[string]crypto.Signer{}
	}
	d.signers.open[k.ID] = key
	return key, nil
}

// newSigningKey makes a key that signs from then on.
func (d *Directory) newSigningKey(id, algorithm string, signs, now time.Time) (SigningKey, error) {
	k := SigningKey{ID: id, Algorithm: algorithm, Created: now, Signs: signs, Version: 1}
	var key any
	var err error
	if algorithm == AlgorithmRS256 {
		key, err = rsa.GenerateKey(rand.Reader, rsaBits)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return k, err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	k.Sealed = d.seal("", signingKeyName(k.ID), plain).Sealed
	return k, err
}

// firstKeys makes the keys of an installation that has none, which sign at once.
func (d *Directory) firstKeys(ctx context.Context) ([]SigningKey, error) {
	if err := d.rotate(ctx, system, 0, func(rows []SigningKey, now time.Time) bool { return !hasSigning(rows, now) }); err != nil {
		return nil, err
	}
	return d.store.SigningKeys(ctx)
}

// RotateSigningKeys begins with the next keys, whatever the age of the present ones: an operator's. Run does so every 90
// days. The keys sign a day later, when every app knows them.
func (d *Directory) RotateSigningKeys(ctx context.Context, by Actor) error {
	return d.rotate(ctx, by, signingKeyLead, func([]SigningKey, time.Time) bool { return true })
}

// rotateWhenDue rotates keys that are about to be old, and drops those that nothing rests on any more.
func (d *Directory) rotateWhenDue(ctx context.Context) error {
	return d.rotate(ctx, system, signingKeyLead, func(rows []SigningKey, now time.Time) bool {
		newest := time.Time{}
		for _, k := range rows {
			if k.Signs.After(newest) {
				newest = k.Signs
			}
		}
		return len(rows) > 0 && !now.Before(newest.Add(signingKeyAge-signingKeyLead)) // none: nobody has asked for one yet
	})
}

type signingKeyDetail struct {
	Signs time.Time `json:"signs_from"`
}

// rotate plans keys that sign in place of those that do, after the lead, when they are due. Of two processes that do so
// at once the other one finds theirs.
func (d *Directory) rotate(ctx context.Context, by Actor, lead time.Duration, due func([]SigningKey, time.Time) bool) error {
	return d.write(ctx, by, Workspace{}, "", func(ctx context.Context, p *plan) error {
		rows, err := d.store.SigningKeys(ctx)
		if err != nil {
			return err
		}
		if !due(rows, p.now) {
			return nil
		}
		signs := p.now.Add(lead)
		for _, k := range rows {
			after := k
			after.Version++
			switch {
			case !k.published(p.now):
				p.SigningKeys = append(p.SigningKeys, remove(k))
				continue
			case k.Retired.IsZero() || k.Retired.After(signs):
				after.Retired = signs
			}
			p.SigningKeys = append(p.SigningKeys, update(k, after)) // also as a lock: of two rotations only one holds
		}
		for _, algorithm := range []string{AlgorithmES256, AlgorithmRS256} {
			id := ident.NewRow(p.now)
			if len(rows) == 0 { // of two processes that make the first keys only one does
				id = "first-" + strings.ToLower(algorithm)
			}
			k, err := d.newSigningKey(id, algorithm, signs, p.now)
			if err != nil {
				return err
			}
			p.SigningKeys = append(p.SigningKeys, insert(k))
		}
		return p.audit(ActionSigningKeyRotate, targetSigningKey, "", "", signingKeyDetail{signs})
	})
}
