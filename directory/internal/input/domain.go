package input

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

// Domain returns the domain in lower case, or refuses what no tenant can own.
func Domain(name string) (string, error) {
	sent := name
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	labels := strings.Split(name, ".")
	const hint = "give the part of the e-mail addresses behind the @, such as example.com"
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f }):
		return "", refusal.New(refusal.Invalid, "give it as the DNS knows it: xn--mnchen-3ya.de stands for münchen.de",
			"the domain %q is not in ASCII", sent)
	case len(name) > 253, len(labels) < 2, slices.ContainsFunc(labels, badLabel), isNumber(labels[len(labels)-1]):
		return "", refusal.New(refusal.Invalid, hint, "%q is not the name of a domain", sent)
	case publicMail[name]:
		return "", refusal.New(refusal.Invalid, "claim a domain that belongs to the company alone",
			"%s gives addresses to everybody", name)
	}
	return name, nil
}

// badLabel reports what is no label of a host name (RFC 1123 §2.1).
func badLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return true
	}
	return strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// isNumber reports a last label of digits: such a name is an IP address.
func isNumber(label string) bool {
	return !strings.ContainsFunc(label, func(r rune) bool { return r < '0' || r > '9' })
}
