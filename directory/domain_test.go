package directory_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// zone is a DNS of TXT records.
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	down    bool
}

func (z *zone) lookup(_ context.Context, name string) ([]string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.down {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	found, ok := z.records[strings.TrimSuffix(name, ".")]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return found, nil
}

func (z *zone) set(name string, records ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.records == nil {
		z.records = map[string][]string{}
	}
	if records == nil {
		delete(z.records, name)
		return
	}
	z.records[name] = records
}

func domainWorld(t *testing.T) (*world, *zone) {
	w := newWorld(t, "okta")
	z := new(zone)
	w.directory = w.openWith(directory.Config{LookupTXT: z.lookup})
	return w, z
}

func (w *world) claim(name string) directory.Domain {
	w.t.Helper()
	d, err := w.directory.ClaimDomain(w.ctx, operator, w.workspace, name)
	check(w.t, err)
	return d
}

func (w *world) look(name string) directory.Domain {
	w.t.Helper()
	d, err := w.directory.CheckDomain(w.ctx, operator, w.workspace, name)
	check(w.t, err)
	return d
}

func TestDomain_ClaimProveRelease(t *testing.T) {
	t.Parallel()
	w, z := domainWorld(t)
	d := w.claim("example.com")
	equal(t, "a second claim", w.claim("EXAMPLE.com"), d)
	if got := w.look("example.com"); !got.Verified.IsZero() || !strings.Contains(got.Failure, "no TXT record") {
		t.Errorf("without a record the domain is %+v", got)
	}
	z.set("example.com", "v=spf1 -all", d.Challenge+"x")
	if got := w.look("example.com"); !got.Verified.IsZero() || !strings.Contains(got.Failure, "do not hold the challenge") {
		t.Errorf("with another record the domain is %+v", got)
	}
	z.set("_usher.example.com", " "+d.Challenge+" ")
	if got := w.look("Example.com."); got.Verified.IsZero() || got.Failure != "" {
		t.Errorf("with the record the domain is %+v", got)
	}
	owner, err := w.store.DomainOwner(w.ctx, "example.com")
	check(t, err)
	equal(t, "owner", owner.Root, w.workspace.Root)
	check(t, w.directory.ReleaseDomain(w.ctx, operator, w.workspace, "example.com"))
	if _, err := w.store.DomainOwner(w.ctx, "example.com"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the released domain still has an owner: %v", err)
	}
	w.wantHappened(
		"domain.claim example.com by cli:test: {}",
		"domain.verify example.com by cli:test: {}",
		"domain.release example.com by cli:test: {}",
	)
	_, err = w.directory.CheckDomain(w.ctx, operator, w.workspace, "example.com")
	wantRefusal(t, err, directory.RefusedNotFound, "has not claimed")
}

// A proved domain has one owner, and the refusal does not say who.
func TestDomain_HasOneOwner(t *testing.T) {
	t.Parallel()
	w, z := domainWorld(t)
	first := w.claim("example.com")
	z.set("example.com", first.Challenge)
	w.look("example.com")
	other, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER", Name: "Other"})
	check(t, err)
	second, err := w.directory.ClaimDomain(w.ctx, operator, other, "example.com")
	check(t, err)
	z.set("example.com", first.Challenge, second.Challenge)
	_, err = w.directory.CheckDomain(w.ctx, operator, other, "example.com")
	wantRefusal(t, err, directory.RefusedExists, "another customer")
	for _, secret := range []string{"ACC123", "Acme", w.workspace.ID} {
		if strings.Contains(fmt.Sprintf("%+v", err), secret) {
			t.Errorf("the refusal tells the owner: %v", err)
		}
	}
	check(t, w.directory.ReleaseDomain(w.ctx, operator, w.workspace, "example.com"))
	if d, err := w.directory.CheckDomain(w.ctx, operator, other, "example.com"); err != nil || d.Verified.IsZero() {
		t.Errorf("the released domain cannot be proved: %+v, %v", d, err)
	}
}

func TestDomain_ProofIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, at := range []struct {
		name string
		gone func(*zone)
		days int // after so many days it is proved no more
	}{
		{"the record is gone", func(z *zone) { z.set("example.com") }, 4},
		{"another record stands there", func(z *zone) { z.set("example.com", "other") }, 4},
		{"the DNS gives no answer", func(z *zone) { z.down = true }, 31},
	} {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			w, z := domainWorld(t)
			d := w.claim("example.com")
			z.set("example.com", d.Challenge)
			w.look("example.com")
			w.clock.add(10 * day)
			check(t, w.directory.RecheckDomains(w.ctx)) // still there
			at.gone(z)
			for n := 1; ; n++ {
				w.clock.add(day)
				check(t, w.directory.RecheckDomains(w.ctx))
				all, err := w.directory.Domains(w.ctx, w.workspace)
				check(t, err)
				if all[0].Failure == "" {
					t.Errorf("on day %d the domain tells no failure", n)
				}
				if all[0].Verified.IsZero() {
					equal(t, "days until the domain is proved no more", n, at.days)
					break
				}
				if n > at.days {
					t.Fatal("the domain is still proved")
				}
			}
			lines := w.happened()
			equal(t, "last entry", lines[len(lines)-1], "domain.lapse example.com by system: {}")
		})
	}
}

// A server that was down for a week must not take one failed look for a week without proof.
func TestDomain_OneFailedLookIsNone(t *testing.T) {
	t.Parallel()
	w, z := domainWorld(t)
	d := w.claim("example.com")
	z.set("example.com", d.Challenge)
	w.look("example.com")
	z.set("example.com")
	w.clock.add(7 * 24 * time.Hour)
	if got := w.look("example.com"); got.Verified.IsZero() {
		t.Error("one failed look ended the proof")
	}
	z.set("example.com", d.Challenge)
	if got := w.look("example.com"); got.Verified != w.clock.Now() || got.Failure != "" {
		t.Errorf("the proof is back, and the domain is %+v", got)
	}
}
