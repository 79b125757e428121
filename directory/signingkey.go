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
	// Next says that it will sign after the present one. A key that does neither has signed before.
	Next    bool
	Created time.Time
}

// The algorithms of signing keys.
const (
	AlgorithmES256 = "ES256"
	AlgorithmRS256 = "RS256"
)

// The life of a signing key. It is published before it signs, as the next one, so that caches know it; and after, for
// what it has signed.
const (
	signingKeyAge  = 90 * 24 * time.Hour
	signingKeyRest = 7 * 24 * time.Hour
)

// signingAlgorithms are those of which there is always a key that signs.
var signingAlgorithms = []string{AlgorithmES256, AlgorithmRS256}

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
	now := d.now()
	if list, err := d.knownSigners(now); list != nil || err != nil {
		return list, err
	}
	rows, err := d.store.SigningKeys(ctx)
	if err == nil && !hasSigning(rows, now) {
		rows, err = d.firstKeys(ctx)
	}
	if err != nil {
		return nil, err
	}
	d.signers.mu.Lock()
	defer d.signers.mu.Unlock()
	now = d.now() // the first keys sign from a moment ago on
	d.signers.rows, d.signers.read = rows, now
	return d.openSigners(now)
}

// knownSigners are those that were read a moment ago; nil: none were.
func (d *Directory) knownSigners(now time.Time) ([]Signer, error) {
	d.signers.mu.Lock()
	defer d.signers.mu.Unlock()
	if age := now.Sub(d.signers.read); d.signers.rows == nil || age < 0 || age >= signersAge {
		return nil, nil
	}
	return d.openSigners(now)
}

// hasSigning reports that there is a key of each algorithm that signs.
func hasSigning(rows []SigningKey, now time.Time) bool {
	for _, algorithm := range signingAlgorithms {
		if !slices.ContainsFunc(rows, func(k SigningKey) bool { return k.Algorithm == algorithm && k.signs(now) }) {
			return false
		}
	}
	return true
}

func (k SigningKey) signs(now time.Time) bool {
	return !k.Signs.IsZero() && !now.Before(k.Signs) && (k.Retired.IsZero() || now.Before(k.Retired))
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
		list = append(list, Signer{ID: k.ID, Algorithm: k.Algorithm, Key: key, Next: k.Signs.IsZero(), Created: k.Created})
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

// newSigningKey makes a key that signs from then on; zero: it is the next one.
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

// firstKeys makes the keys of an installation that has none.
func (d *Directory) firstKeys(ctx context.Context) ([]SigningKey, error) {
	err := d.rotate(ctx, system, func(rows []SigningKey, now time.Time) bool { return !hasSigning(rows, now) })
	if err != nil {
		return nil, err
	}
	return d.store.SigningKeys(ctx)
}

// RotateSigningKeys begins at once with the next keys, which are published already, whatever the age of the present ones:
// an operator's. Run does so every 90 days.
func (d *Directory) RotateSigningKeys(ctx context.Context, by Actor) error {
	return d.rotate(ctx, by, func([]SigningKey, time.Time) bool { return true })
}

// rotateWhenDue rotates keys that are old, and drops those that nothing rests on any more.
func (d *Directory) rotateWhenDue(ctx context.Context) error {
	return d.rotate(ctx, system, func(rows []SigningKey, now time.Time) bool {
		newest := time.Time{}
		for _, k := range rows {
			if k.Signs.After(newest) {
				newest = k.Signs
			}
		}
		return !newest.IsZero() && !now.Before(newest.Add(signingKeyAge)) // none: nobody has asked for one yet
	})
}

type signingKeyDetail struct {
	Keys []string `json:"keys"` // that sign from now on
}

// rotate puts the next keys in the place of those that sign, when they are due. Of two processes that do so at once the
// other one finds theirs.
func (d *Directory) rotate(ctx context.Context, by Actor, due func([]SigningKey, time.Time) bool) error {
	err := d.write(ctx, by, Workspace{}, "", func(ctx context.Context, p *plan) error {
		rows, err := d.store.SigningKeys(ctx)
		if err != nil || !due(rows, p.now) {
			return err
		}
		detail := signingKeyDetail{}
		for _, algorithm := range signingAlgorithms {
			id, err := d.planRotation(p, rows, algorithm)
			if err != nil {
				return err
			}
			detail.Keys = append(detail.Keys, id)
		}
		return p.audit(ActionSigningKeyRotate, targetSigningKey, "", "", detail)
	})
	d.signers.mu.Lock()
	defer d.signers.mu.Unlock()
	d.signers.read = time.Time{}
	return err
}

// planRotation plans it for one algorithm, and returns the key that signs from now on.
func (d *Directory) planRotation(p *plan, rows []SigningKey, algorithm string) (signing string, err error) {
	for _, k := range rows {
		after := k
		after.Version++
		switch {
		case k.Algorithm != algorithm:
			continue
		case !k.published(p.now):
			p.SigningKeys = append(p.SigningKeys, remove(k))
			continue
		case k.Signs.IsZero() && signing == "":
			after.Signs, signing = p.now, k.ID
		case k.Retired.IsZero():
			after.Retired = p.now
		}
		p.SigningKeys = append(p.SigningKeys, update(k, after))
	}
	next := ident.NewRow(p.now)
	if signing == "" {
		if signing = ident.NewRow(p.now); len(rows) == 0 { // of two processes that make the first keys only one does
			signing, next = "first-"+strings.ToLower(algorithm), "second-"+strings.ToLower(algorithm)
		}
		k, err := d.newSigningKey(signing, algorithm, p.now, p.now)
		if err != nil {
			return "", err
		}
		p.SigningKeys = append(p.SigningKeys, insert(k))
	}
	k, err := d.newSigningKey(next, algorithm, time.Time{}, p.now)
	p.SigningKeys = append(p.SigningKeys, insert(k))
	return signing, err
}
