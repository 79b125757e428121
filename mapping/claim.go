package mapping

import (
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Claim finds a claim of a login by its name, or else by a path of names with dots between them, as in
// realm_access.roles.
func Claim(claims *scim.Object, path string) (scim.Value, bool) {
	if v, ok := claims.Get(path); ok {
		return v, true
	}
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return nil, false
	}
	v, _ := claims.Get(first)
	if o, ok := v.(*scim.Object); ok {
		return Claim(o, rest)
	}
	return nil, false
}
