package firewall

import (
	"cmp"
	"errors"
	"net/netip"
	"strings"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

// maxRules bounds the rules of one surface: each request walks them.
const maxRules = 500

// Rules are the prefixes from which one may come. None: from anywhere.
type Rules []netip.Prefix

// Parse reads rules: a prefix, or one address. A prefix with bits behind its mask is refused: it was meant otherwise.
func Parse(texts []string) (Rules, error) {
	if len(texts) > maxRules {
		return nil, refusal.New(refusal.Invalid, "use wider prefixes", "%d IP rules are more than %d", len(texts), maxRules)
	}
	var rules Rules
	for _, text := range texts {
		p, err := prefix(text)
		if err != nil {
			return nil, refusal.New(refusal.Invalid, "write an address such as 192.0.2.7, or a network such as 192.0.2.0/24", "%q is no IP rule", text)
		}
		if p.Masked() != p {
			return nil, refusal.New(refusal.Invalid, "write "+p.Masked().String()+", or the address alone", "the IP rule %q has bits behind its mask", text)
		}
		rules = append(rules, p)
	}
	return rules, nil
}

func prefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, cmp.Or(err, errors.New("an address with a zone"))
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4In6() {
		return p, err
	}
	return p.Addr().Unmap().Prefix(max(p.Bits()-96, 0))
}

// Allow reports whether the address may come in. What is no address comes from nowhere, and is kept out by any rule.
func (r Rules) Allow(address string) bool {
	if len(r) == 0 {
		return true
	}
	a, ok := parse(address)
	if !ok {
		return false
	}
	for _, p := range r {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// parse reads an address with or without a port.
func parse(text string) (netip.Addr, bool) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}
