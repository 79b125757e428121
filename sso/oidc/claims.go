package oidc

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// claims are the members of a token. The parser refuses names that are there twice, in whatever case: no two readers may
// see two different things in one token.
type claims struct{ *scim.Object }

const (
	maxClaims = 10_000 // members and elements in all
	maxDepth  = 10
)

func readClaims(text []byte) (claims, error) {
	o, err := scim.ParseJSON(text, scim.Limits{Depth: maxDepth, Members: maxClaims})
	return claims{o}, err
}

func (c claims) value(name string) any {
	v, _ := c.Get(name)
	return v
}

func (c claims) has(name string) bool {
	_, ok := c.Get(name)
	return ok
}

func (c claims) text(name string) string {
	s, _ := c.value(name).(string)
	return s
}

// texts takes a text for a list of one.
func (c claims) texts(name string) []string {
	switch v := c.value(name).(type) {
	case string:
		return []string{v}
	case scim.Array:
		var all []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// is tells whether a claim is true. Some providers write that as a text.
func (c claims) is(name string) bool {
	switch v := c.value(name).(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true")
	}
	return false
}

const maxSeconds = 253402300799 // the end of the year 9999

// time reads a NumericDate (RFC 7519 §2). ok is false when there is none, or none that makes sense.
func (c claims) time(name string) (t time.Time, ok bool) {
	n, _ := c.value(name).(scim.Number)
	seconds, err := strconv.ParseFloat(string(n), 64)
	if err != nil || seconds <= 0 || seconds > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

func (c claims) object(name string) claims {
	o, _ := c.value(name).(*scim.Object)
	if o == nil {
		o = &scim.Object{}
	}
	return claims{o}
}

// at finds a claim by its name, or else by a path of names.
func (c claims) at(path string) (any, bool) { return mapping.Claim(c.Object, path) }

// omits tells whether the provider says that it has left a claim out because it is too long: Entra does so with more
// groups than fit into a token.
func (c claims) omits(name string) bool {
	return c.is("has"+name) || c.object("_claim_names").has(name)
}

// vouchesForEmail tells whether the address is the person's own. Entra's never counts: whoever administers a tenant can
// write any address into it (X15).
func (c claims) vouchesForEmail() bool { return c.is("email_verified") && !c.isEntra() }

func (c claims) isEntra() bool { return c.has("tid") || c.has("oid") }

// protocolClaims are never taken from anywhere but the signed token.
var protocolClaims = []string{
	"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "acr", "amr",
	"auth_time", "sid", "tid", "oid", "events", "_claim_names", "_claim_sources",
}

// complete adds what only the UserInfo endpoint tells. An address comes with its provider's word for it, or without.
func (c claims) complete(more claims) {
	ownEmail := c.has("email")
	if !ownEmail {
		c.Delete("email_verified")
	}
	for _, m := range more.Members {
		name := strings.ToLower(m.Name)
		if !c.has(name) && !slices.Contains(protocolClaims, name) && (name != "email_verified" || !ownEmail) {
			c.Set(m.Name, m.Value)
		}
	}
}
