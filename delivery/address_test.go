package delivery

import (
	"errors"
	"net/netip"
	"testing"
)

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, address string
		plain         bool
		allowed       []string
		want          error
	}{
		{"public", "93.184.216.34", false, nil, nil},
		{"public IPv6", "2606:2800:220:1:248:1893:25c8:1946", false, nil, nil},
		{"public, IPv4-mapped", "::ffff:93.184.216.34", false, nil, nil},
		{"public, by NAT64", "64:ff9b::5db8:d822", false, nil, nil},
		{"beside 172.16.0.0/12", "172.32.0.1", false, nil, nil},
		{"beside 100.64.0.0/10", "100.128.0.1", false, nil, nil},
		{"public by plain http", "93.184.216.34", true, nil, errPlain},

		{"unspecified", "0.0.0.0", false, nil, errForbidden},
		{"this network", "0.1.2.3", false, nil, errForbidden},
		{"private 10", "10.0.0.1", false, nil, errForbidden},
		{"private 172.16", "172.31.255.255", false, nil, errForbidden},
		{"private 192.168", "192.168.1.1", false, nil, errForbidden},
		{"CGNAT", "100.64.0.1", false, nil, errForbidden},
		{"loopback", "127.0.0.1", false, nil, errForbidden},
		{"loopback, another", "127.8.8.8", false, nil, errForbidden},
		{"link-local, metadata", "169.254.169.254", false, nil, errForbidden},
		{"metadata of Alibaba", "100.100.100.200", false, nil, errForbidden},
		{"metadata of Oracle", "192.0.0.192", false, nil, errForbidden},
		{"Azure's host", "168.63.129.16", false, nil, errForbidden},
		{"multicast", "224.0.0.1", false, nil, errForbidden},
		{"broadcast", "255.255.255.255", false, nil, errForbidden},
		{"reserved", "240.0.0.1", false, nil, errForbidden},
		{"benchmarks", "198.18.0.1", false, nil, errForbidden},
		{"documentation", "203.0.113.9", false, nil, errForbidden},
		{"6to4 relay", "192.88.99.1", false, nil, errForbidden},

		{"unspecified IPv6", "::", false, nil, errForbidden},
		{"loopback IPv6", "::1", false, nil, errForbidden},
		{"link-local IPv6", "fe80::1", false, nil, errForbidden},
		{"link-local IPv6 with a zone", "fe80::1%eth0", false, nil, errForbidden},
		{"site-local", "fec0::1", false, nil, errForbidden},
		{"unique local", "fc00::1", false, nil, errForbidden},
		{"metadata of AWS by IPv6", "fd00:ec2::254", false, nil, errForbidden},
		{"multicast IPv6", "ff02::1", false, nil, errForbidden},
		{"documentation IPv6", "2001:db8::1", false, nil, errForbidden},
		{"segment routing", "5f00::1", false, nil, errForbidden},
		{"Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2", false, nil, errForbidden},
		{"private, IPv4-mapped", "::ffff:10.0.0.1", false, nil, errForbidden},
		{"metadata, IPv4-mapped", "::ffff:169.254.169.254", false, nil, errForbidden},
		{"private, IPv4-compatible", "::10.0.0.1", false, nil, errForbidden},
		{"private, by NAT64", "64:ff9b::a00:1", false, nil, errForbidden},
		{"metadata, by NAT64", "64:ff9b::a9fe:a9fe", false, nil, errForbidden},
		{"private, by NAT64 of one's own", "64:ff9b:1::a00:1", false, nil, errForbidden},
		{"loopback, by 6to4", "2002:7f00:1::1", false, nil, errForbidden},
		{"private, by 6to4", "2002:c0a8:101::1", false, nil, errForbidden},

		{"allowed", "10.1.2.3", false, []string{"10.0.0.0/8"}, nil},
		{"allowed, IPv4-mapped", "::ffff:10.1.2.3", false, []string{"10.0.0.0/8"}, nil},
		{"allowed, by NAT64", "64:ff9b::a01:203", false, []string{"10.0.0.0/8"}, nil},
		{"allowed, not this one", "10.1.2.3", false, []string{"192.168.0.0/16"}, errForbidden},
		{"allowed loopback", "127.0.0.1", true, []string{"127.0.0.0/8"}, nil},
		{"allowed loopback IPv6", "::1", true, []string{"::1/128"}, nil},
		{"loopback by plain http", "127.0.0.1", true, nil, errForbidden},
		{"allowed private by plain http", "10.1.2.3", true, []string{"10.0.0.0/8"}, errPlain},
		{"metadata in an allowed network", "169.254.169.254", false, []string{"169.254.0.0/16"}, errForbidden},
		{"metadata in a network of everything", "fd00:ec2::254", false, []string{"::/0"}, errForbidden},
		{"metadata, allowed by itself", "100.100.100.200", false, []string{"100.100.100.200/32"}, nil},
		{"all of IPv4 allowed", "127.0.0.1", false, []string{"0.0.0.0/0"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := checkAddress(netip.MustParseAddr(row.address), row.plain, prefixes(row.allowed...))
			if !errors.Is(err, row.want) {
				t.Errorf("checkAddress(%s, plain %t, allowed %v) = %v, want %v", row.address, row.plain, row.allowed, err, row.want)
			}
		})
	}
}
