package delivery

import (
	"errors"
	"net/netip"
	"slices"
)

// errForbidden is all that a caller learns of an address that is refused: which one it was would tell a stranger how
// names resolve inside the operator's network.
var errForbidden = errors.New("the host has an address in a network that the operator does not allow: use a public address, " +
	"or have the operator allow its network")

// reserved are the networks that no public host is in, by the special-purpose registries of IANA (RFC 6890).
var reserved = prefixes(
	"0.0.0.0/8",        // this network; Linux connects 0.0.0.0 to itself
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carrier-grade NAT
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's host, in the middle of a public network
	"169.254.0.0/16",   // link-local; most clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; Oracle's metadata
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // protocol assignments; Teredo hides an IPv4 address
	"2001:db8::/32",    // documentation
	"3fff::/20",        // documentation
)

// metadata are the addresses at which clouds hand out credentials. They are refused in a network that is allowed, too:
// they must be allowed by themselves.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("169.254.170.2"), netip.MustParseAddr("169.254.170.23"),
	netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("192.0.0.192"), netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd00:ec2::23"), netip.MustParseAddr("fd20:ce::254"),
}

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")     // all that IANA has given out of IPv6
	nat64         = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 §2.1
	sixToFour     = netip.MustParsePrefix("2002::/16")    // RFC 3056 §2
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// checkAddress refuses an address that is in no public network and in none of the allowed ones. Plain HTTP goes to an
// allowed loopback address only.
func checkAddress(a netip.Addr, plain bool, allowed []netip.Prefix) error {
	a = destination(a)
	if plain && !a.IsLoopback() {
		return errPlain
	}
	if inAny(allowed, a) && (!slices.Contains(metadata, a) || slices.Contains(allowed, netip.PrefixFrom(a, a.BitLen()))) {
		return nil
	}
	if a.Is6() && !globalUnicast.Contains(a) || inAny(reserved, a) {
		return errForbidden
	}
	return nil
}

// destination is the address at which a packet to a ends: the IPv4 address inside of it, where there is one.
func destination(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

func inAny(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}
