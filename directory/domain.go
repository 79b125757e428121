package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/dnsproof"
	"github.com/usher-scim/usher/directory/internal/input"
)

// An e-mail domain counts as a tenant's once a TXT record says so, since people are matched across connections, and
// later signed in, by an address in it. See docs/decisions/0012-domains.md.
const (
	// domainRecheck is how often the proof of a proved domain is looked at.
	domainRecheck = 24 * time.Hour
	// claimPatience is for how long an open claim is looked at without being asked to.
	claimPatience = 7 * 24 * time.Hour
	// A proof that is gone for longer counts no more. Where the DNS gives no answer at all, that is more likely the
	// fault of this side.
	proofPatience  = 72 * time.Hour
	answerPatience = 30 * 24 * time.Hour
)

// The actions of audit entries about domains.
const (
	ActionDomainClaim   = "domain.claim"
	ActionDomainVerify  = "domain.verify"
	ActionDomainLapse   = "domain.lapse" // the proof was gone for too long
	ActionDomainRelease = "domain.release"
)

const targetDomain = "Domain"

// Domains lists the domains that the workspace's root claims.
func (d *Directory) Domains(ctx context.Context, w Workspace) ([]Domain, error) {
	return d.store.Domains(ctx, w.Root)
}

// ClaimDomain claims a domain for the workspace's root. It counts for nothing until CheckDomain has found the
// challenge in a TXT record. Who claims twice gets the same challenge.
func (d *Directory) ClaimDomain(ctx context.Context, by Actor, w Workspace, name string) (Domain, error) {
	name, err := input.Domain(name)
	if err != nil {
		return Domain{}, err
	}
	var row Domain
	err = d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		var ok bool
		if row, ok, err = d.claimed(ctx, w.Root, name); err != nil || ok {
			return err
		}
		row = Domain{
			Root: w.Root, Name: name, Challenge: dnsproof.NewChallenge(), Created: p.now, Version: 1,
		}
		p.Domains = append(p.Domains, insert(row))
		return p.audit(ActionDomainClaim, targetDomain, name, "", struct{}{})
	})
	return row, err
}

// claimed finds a domain of the root.
func (d *Directory) claimed(ctx context.Context, root, name string) (Domain, bool, error) {
	all, err := d.store.Domains(ctx, root)
	if err != nil {
		return Domain{}, false, err
	}
	i := slices.IndexFunc(all, func(row Domain) bool { return row.Name == name })
	if i < 0 {
		return Domain{}, false, nil
	}
	return all[i], true, nil
}

func (d *Directory) domain(ctx context.Context, w Workspace, name string) (Domain, error) {
	row, ok, err := d.claimed(ctx, w.Root, strings.ToLower(strings.TrimSuffix(name, ".")))
	if err == nil && !ok {
		err = refuse(RefusedNotFound, "list the domains to see which are claimed", "workspace %s has not claimed %q", w.Key, name)
	}
	return row, err
}

// ReleaseDomain gives a domain up. Nobody is matched by it any more, and another root can prove it.
func (d *Directory) ReleaseDomain(ctx context.Context, by Actor, w Workspace, name string) error {
	return d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		row, err := d.domain(ctx, w, name)
		if err != nil {
			return err
		}
		p.Domains = append(p.Domains, remove(row))
		p.Reconfigures = !row.Verified.IsZero()
		return p.audit(ActionDomainRelease, targetDomain, row.Name, "", struct{}{})
	})
}

// CheckDomain looks for the challenge in the DNS now. Failure of what it returns says what that look met; a domain
// that somebody else has proved is refused.
func (d *Directory) CheckDomain(ctx context.Context, by Actor, w Workspace, name string) (Domain, error) {
	row, err := d.domain(ctx, w, name)
	if err != nil {
		return Domain{}, err
	}
	look := dnsproof.Resolver(d.lookupTXT).Find(ctx, row.Name, row.Challenge)
	if ctx.Err() != nil {
		return Domain{}, ctx.Err()
	}
	if look.Found {
		return d.proveDomain(ctx, by, w, row)
	}
	return d.missProof(ctx, by, w, row, look)
}

// proveDomain notes that the proof was seen.
func (d *Directory) proveDomain(ctx context.Context, by Actor, w Workspace, seen Domain) (after Domain, err error) {
	if !seen.Verified.IsZero() {
		after = seen
		after.Verified, after.Checked, after.Failure = d.now(), d.now(), ""
		return d.markDomain(ctx, seen, after)
	}
	err = d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		before, err := d.domain(ctx, w, seen.Name)
		if err != nil {
			return err
		}
		owner, err := d.store.DomainOwner(ctx, before.Name)
		switch {
		case err == nil && owner.Root != w.Root:
			return refuse(RefusedExists, "ask the operator of this installation, if the domain is yours alone",
				"the domain %s is in use by another customer of this installation", before.Name)
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		}
		after = before
		after.Verified, after.Checked, after.Failure = p.now, p.now, ""
		after.Version++
		p.Domains = append(p.Domains, update(before, after))
		p.Reconfigures = true
		return p.audit(ActionDomainVerify, targetDomain, after.Name, "", struct{}{})
	})
	return after, err
}

// missProof notes that the proof was not seen. Once it was missing for too long, in more than one look, the domain is
// proved no more.
func (d *Directory) missProof(
	ctx context.Context, by Actor, w Workspace, before Domain, look dnsproof.Look,
) (Domain, error) {
	after := before
	after.Checked, after.Failure = d.now(), look.Failure
	patience := answerPatience
	if look.Answered {
		patience = proofPatience
	}
	if before.Verified.IsZero() || before.Failure == "" || after.Checked.Sub(before.Verified) <= patience {
		return d.markDomain(ctx, before, after)
	}
	after.Verified = time.Time{}
	after.Version++
	err := d.write(ctx, by, w, "", func(_ context.Context, p *plan) error {
		p.Domains = append(p.Domains, update(before, after))
		p.Reconfigures = true
		return p.audit(ActionDomainLapse, targetDomain, after.Name, "", struct{}{})
	})
	return after, err
}

// markDomain stores what a look met. It changes what nobody decides by, so it leaves no audit entry; of two looks at
// once one is enough.
func (d *Directory) markDomain(ctx context.Context, before, after Domain) (Domain, error) {
	after.Version++
	err := d.store.Commit(ctx, &Change{Root: before.Root, Domains: []Edit[Domain]{update(before, after)}})
	if errors.Is(err, ErrConflict) {
		after, _, err = d.claimed(ctx, before.Root, before.Name)
	}
	return after, err
}

// recheckDomains looks at every domain that is due.
func (d *Directory) recheckDomains(ctx context.Context) error {
	return d.eachRoot(ctx, func(ctx context.Context, root string) error {
		all, err := d.store.Domains(ctx, root)
		if err != nil {
			return err
		}
		var errs []error
		for _, row := range all {
			if !row.due(d.now()) {
				continue
			}
			_, err := d.CheckDomain(ctx, system, Workspace{Root: root, ID: root, Key: root}, row.Name)
			var refusal *Refusal
			if !errors.As(err, &refusal) { // somebody else's, or released meanwhile
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	})
}

// due reports whether it is time for the background to look at the domain.
func (row Domain) due(now time.Time) bool {
	if row.Verified.IsZero() {
		return now.Sub(row.Created) < claimPatience
	}
	return now.Sub(row.Checked) >= domainRecheck
}
