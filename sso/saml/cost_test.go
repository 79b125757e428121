package saml_test

import (
	"runtime"
	"testing"

	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// No refusal is more work than a good login: who sends what is refused keeps us no busier, and learns little by waiting. Work is
// counted in allocations, which are the same on every machine: nearly all of them are made for the canonical XML of each signature
// that is verified. What is larger than any response has bounds of its own. It is not parallel: it counts.
func TestVerify_RefusesWithNoMoreWorkThanALogin(t *testing.T) {
	dearest := uint64(0)
	for _, s := range specimens(t) {
		dearest = max(dearest, work(s.text, s.expect))
	}
	compared, most := 0, uint64(0)
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		w := newWorld(t)
		text, expect := a.Make(w.honest()), w.at(a)
		if a.Row == "Size" || a.Row == "RoleInjection" {
			continue // see TestVerify_IsBounded
		}
		compared++
		made := work(text, expect)
		most = max(most, made)
		if made > dearest {
			t.Errorf("%s: %d allocations; the dearest login has %d", a.Name, made, dearest)
		}
	}
	t.Logf("the dearest login makes %d allocations, the dearest of %d refusals %d", dearest, compared, most)
	if compared < 200 {
		t.Errorf("only %d refusals were counted", compared)
	}
}

// work is the least of some counts: the first one fills what is kept, and others may be disturbed.
func work(text []byte, expect saml.Expectation) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = saml.Verify(text, expect)
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return least
}
