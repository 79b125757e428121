package directory

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A connection may be reached under another path besides its own (C1). That path may be shared by several connections,
// even of several tenants: it leads to the service, and what it opens is the token's business, as at /scim/v2.

// SharedBasePath is served whether it is configured or not: there the token alone tells the connection.
const SharedBasePath = "/scim/v2"

// basePath is one or more segments that mean the same to every client and proxy, without a trailing slash. Okta takes
// no underscore in a base URL (T-017).
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9~-][A-Za-z0-9.~-]*){1,10}$`)

// ownPaths are the first segments of the paths that the service keeps for itself.
var ownPaths = []string{"scim", "sso", "oauth2", "api", "console", "setup", "healthz", "readyz", "metrics", "login"}

const maxBasePath = 200

// CheckBasePath refuses a [ConnectionSettings.BasePath] under which a connection could not be reached.
func CheckBasePath(path string) error {
	if path == "" || path == SharedBasePath {
		return nil
	}
	if len(path) > maxBasePath || !basePath.MatchString(path) {
		return refuse(RefusedInvalid,
			"use a path such as /nx/v2/scim/v2/idp: letters, digits, -, . and ~ between slashes, no slash at the end",
			"the base path %q is not valid", path)
	}
	first, _, _ := strings.Cut(path[1:], "/")
	if slices.Contains(ownPaths, strings.ToLower(first)) {
		return refuse(RefusedInvalid, "choose a path that begins otherwise, or "+SharedBasePath+" itself",
			"the base path %s begins with /%s, which the service keeps for itself", path, first)
	}
	return nil
}

// ConnectionAt finds the connection whose base path the escaped path of a request begins with, and what of the path is
// below that. Of base paths within each other the longest counts. id is empty when several connections share the
// path: the token then tells which one is meant.
func (d *Directory) ConnectionAt(ctx context.Context, path string) (id, rest string, ok bool) {
	known := d.basePaths.current(ctx, d)
	if len(known) == 0 {
		return "", "", false
	}
	at := ""
	for after := path; ; {
		after = strings.TrimLeft(after, "/") // doubled slashes count as one (T-016)
		if after == "" {
			return id, rest, ok
		}
		i := strings.IndexByte(after, '/')
		if i < 0 {
			i = len(after)
		}
		at, after = at+"/"+after[:i], after[i:]
		if len(at) > maxBasePath {
			return id, rest, ok
		}
		if connection, there := known[at]; there {
			id, rest, ok = connection, after, true
		}
	}
}

// HasBasePaths reports whether any connection has a base path of its own, [SharedBasePath] aside.
func (d *Directory) HasBasePaths(ctx context.Context) bool {
	return len(d.basePaths.current(ctx, d)) > 0
}

// basePaths are the base paths of all connections: few, so that whoever asks for paths that there are not causes one
// look per [credentialAge] and no more. The zero value is empty.
type basePaths struct {
	reading sync.Mutex             // one look at a time
	roots   map[string]rootedPaths // by root; of whoever is reading

	mu     sync.Mutex
	next   time.Time         // when to look again
	byPath map[string]string // base path → connection, "" when it is several
}

// maxBasePathShare is how many times longer than a look the pause after it is, where there are so many workspaces that
// one takes long.
const (
	maxBasePathShare = 20
	maxBasePathRead  = 10 * time.Second
)

// rootedPaths are the base paths of one root, as they were when its settings had that count.
type rootedPaths struct {
	config int64
	paths  []pathOf
}

type pathOf struct{ path, connection string }

// current returns the map, which is never written to again. While somebody looks, and when the store does not answer,
// the last one holds.
func (b *basePaths) current(ctx context.Context, d *Directory) map[string]string {
	known, fresh := b.known(d.clock())
	if fresh {
		return known
	}
	if known == nil {
		b.reading.Lock()
	} else if !b.reading.TryLock() {
		return known
	}
	defer b.reading.Unlock()
	now := d.clock()
	if known, fresh = b.known(now); fresh {
		return known
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxBasePathRead) // the look is not this caller's alone
	defer cancel()
	all, err := b.read(ctx, d.store)
	if err != nil {
		d.log.Warn("base paths not read", "error", err)
		all = known
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byPath = all
	b.next = now.Add(min(max(credentialAge, maxBasePathShare*d.clock().Sub(now)), time.Minute))
	return all
}

// known is the last map, and whether it is fresh: also when the clock was put back meanwhile it is not for ever.
func (b *basePaths) known(now time.Time) (known map[string]string, fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byPath, now.Before(b.next) && b.next.Sub(now) <= time.Minute
}

// read reads the workspaces, and the connections of those roots alone whose settings have changed.
func (b *basePaths) read(ctx context.Context, store Store) (map[string]string, error) {
	all, err := store.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	config := make(map[string]int64)
	for _, w := range all {
		if w.ID == w.Root {
			config[w.Root] = w.Config
		}
	}
	fresh := make(map[string]rootedPaths, len(config))
	for _, w := range all {
		known, ok := b.roots[w.Root]
		if ok && known.config == config[w.Root] {
			fresh[w.Root] = known
			continue
		}
		paths, err := pathsOf(ctx, store, w)
		if err != nil {
			return nil, err
		}
		fresh[w.Root] = rootedPaths{config[w.Root], append(fresh[w.Root].paths, paths...)}
	}
	b.roots = fresh
	return united(fresh), nil
}

func pathsOf(ctx context.Context, store Store, w Workspace) ([]pathOf, error) {
	connections, err := store.Connections(ctx, w.Root, w.ID)
	if err != nil {
		return nil, err
	}
	var paths []pathOf
	for _, c := range connections {
		if path := c.Settings.BasePath; path != "" && path != SharedBasePath {
			paths = append(paths, pathOf{path, c.ID})
		}
	}
	return paths, nil
}

func united(roots map[string]rootedPaths) map[string]string {
	byPath := make(map[string]string)
	for _, r := range roots {
		for _, p := range r.paths {
			if _, shared := byPath[p.path]; shared {
				byPath[p.path] = ""
				continue
			}
			byPath[p.path] = p.connection
		}
	}
	return byPath
}
