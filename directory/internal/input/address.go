package input

import (
	"net/mail"
	"net/netip"
	"net/url"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

const (
	maxEmail   = 254  // RFC 5321 §4.5.3.1.3, without the brackets
	maxAddress = 2000 // bytes
)

// Email refuses what is no bare e-mail address.
func Email(text string) error {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > maxEmail {
		return refusal.New(refusal.Invalid, "give the bare address, such as jane@example.com", "%q is no e-mail address", text)
	}
	return nil
}

// Address refuses a URL that could not be called, or to which what is sent would travel in the clear. what says whose it
// is. Which networks it may lead to is looked at when it is called, and decided by the operator.
func Address(what, address string) error {
	const hint = "give an address such as https://app.example.com/usher"
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxAddress || u.Hostname() == "":
		return refusal.New(refusal.Invalid, hint, "the address of the %s is no URL of at most %d bytes", what, maxAddress)
	case u.User != nil:
		return refusal.New(refusal.Invalid, hint+"; the signature says who calls", "the address of the %s has a user name in it", what)
	case u.Fragment != "":
		return refusal.New(refusal.Invalid, hint, "the address of the %s has a fragment", what)
	case isClosed(u):
		return nil
	}
	return refusal.New(refusal.Invalid, hint, "the address of the %s begins with %q: only https is possible, and http to this machine", what, u.Scheme)
}

// Hook refuses the address of a hook, likewise. None is one.
func Hook(address string) error {
	u, err := url.Parse(address)
	if address == "" || err == nil && u.Hostname() != "" && u.User == nil && u.Fragment == "" && isClosed(u) {
		return nil
	}
	return refusal.New(refusal.Invalid, "use an https:// address with no user, password or fragment in it; http:// is for this machine only",
		"the hook %q is not valid", address)
}

// isClosed reports that nobody on the way reads what is sent there.
func isClosed(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
