package directory

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"
)

// AdmitAddress asks the IP rules of the workspace whether the admin surface may be reached from by.Address (J8). A refusal
// is a [LoginError] of code [LoginAddress], and has an audit entry: at most one a minute for an actor at an address.
func (d *Directory) AdmitAddress(ctx context.Context, by Actor, w Workspace) error {
	err := d.CheckAddress(ctx, w.Root, w.ID, SurfaceAdmin, by.Address)
	if errors.Is(err, ErrNotFound) { // another process may just have made it
		err = d.checkFreshAddress(ctx, by, w)
	}
	if _, refused := errors.AsType[*LoginError](err); !refused || !d.keptOut.tells(by.Name+" "+w.ID+" "+by.Address, d.now()) {
		return err
	}
	return errors.Join(err, d.write(ctx, by, w, "", func(_ context.Context, p *plan) error {
		return p.auditIn(w.ID, ActionAddressRefuse, targetWorkspace, w.ID, "", addressDetail{SurfaceAdmin})
	}))
}

func (d *Directory) checkFreshAddress(ctx context.Context, by Actor, w Workspace) error {
	t, err := d.treeOf(ctx, w.Root, true)
	if err != nil {
		return err
	}
	if t.workspaces[w.ID] == nil {
		return ErrNotFound
	}
	return checkAddress(SurfaceAdmin, by.Address, t.workspaces[w.ID])
}

type addressDetail struct {
	Surface Surface `json:"surface"`
}

// networkOf is an address for counting: of IPv6 the network, which one host has to itself.
func networkOf(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || !addr.Is6() {
		return address
	}
	network, _ := addr.Prefix(64) // an address of IPv6 has that many bits
	return network.String()
}

// keptOut remembers who was told of a moment ago, so that the audit log is not filled from outside.
type keptOut struct {
	mu   sync.Mutex
	told map[string]time.Time
}

const (
	keptOutEvery = time.Minute
	maxKeptOut   = 1000
)

// tells reports whether it is time to tell of that one.
func (k *keptOut) tells(who string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if last, known := k.told[who]; known && now.Sub(last) < keptOutEvery {
		return false
	}
	if k.told == nil || len(k.told) >= maxKeptOut {
		k.told = map[string]time.Time{}
	}
	k.told[who] = now
	return true
}
