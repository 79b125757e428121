package sso

import (
	"fmt"
	"net/netip"
	"net/url"
)

// CheckURL refuses the address of an identity provider to which nothing may be sent: it takes https, and plain http on
// this machine, which the caller's client must allow too.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no URL", text)
	case u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%q: it must be scheme, host and path", text)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%q: it must begin with https://", text)
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
