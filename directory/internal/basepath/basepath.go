package basepath

import (
	"regexp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

// Shared is served whether it is configured or not: there the token alone tells the connection.
const Shared = "/scim/v2"

// form is one or more segments that mean the same to every client and proxy, without a trailing slash. Okta takes no
// underscore in a base URL (T-017).
var form = regexp.MustCompile(`^(/[A-Za-z0-9~-][A-Za-z0-9.~-]*){1,10}$`)

// own are the first segments of the paths that the service keeps for itself.
var own = []string{"scim", "sso", "oauth2", "api", "console", "setup", "healthz", "readyz", "metrics", "login"}

const longest = 200

// Check refuses a base path under which a connection could not be reached. None is one.
func Check(path string) error {
	if path == "" || path == Shared {
		return nil
	}
	if len(path) > longest || !form.MatchString(path) {
		return refusal.New(refusal.Invalid,
			"use a path such as /nx/v2/scim/v2/idp: letters, digits, -, . and ~ between slashes, no slash at the end",
			"the base path %q is not valid", path)
	}
	first, _, _ := strings.Cut(path[1:], "/")
	if slices.Contains(own, strings.ToLower(first)) {
		return refusal.New(refusal.Invalid, "choose a path that begins otherwise, or "+Shared+" itself",
			"the base path %s begins with /%s, which the service keeps for itself", path, first)
	}
	return nil
}

// Paths are the connections by base path; "" is several.
type Paths map[string]string

// Add adds the path of a connection.
func (p Paths) Add(path, connection string) {
	if _, shared := p[path]; shared {
		connection = ""
	}
	p[path] = connection
}

// Find finds the connection whose base path a request's path begins with, and what of the path is below that. Of base
// paths within each other the longest counts.
func (p Paths) Find(path string) (connection, rest string, ok bool) {
	if len(p) == 0 {
		return "", "", false
	}
	at := ""
	for after := path; ; {
		after = strings.TrimLeft(after, "/") // doubled slashes count as one (T-016)
		if after == "" {
			return connection, rest, ok
		}
		i := strings.IndexByte(after, '/')
		if i < 0 {
			i = len(after)
		}
		at, after = at+"/"+after[:i], after[i:]
		if len(at) > longest {
			return connection, rest, ok
		}
		if there, known := p[at]; known {
			connection, rest, ok = there, after, true
		}
	}
}
