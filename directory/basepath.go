package directory

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory/internal/basepath"
	"github.com/usher-scim/usher/directory/internal/credential"
)

// SharedBasePath is served whether it is configured or not: there the token alone tells the connection.
const SharedBasePath = basepath.Shared

// CheckBasePath refuses a [ConnectionSettings.BasePath] under which a connection could not be reached.
func CheckBasePath(path string) error { return basepath.Check(path) }

// ConnectionAt finds the connection whose base path the escaped path of a request begins with, and what of the path is
// below that. Of base paths within each other the longest counts. id is empty when several connections share the
// path: the token then tells which one is meant.
func (d *Directory) ConnectionAt(ctx context.Context, path string) (id, rest string, ok bool) {
	return d.basePaths.current(ctx, d).Find(path)
}

// HasBasePaths reports whether any connection has a base path of its own, [SharedBasePath] aside.
func (d *Directory) HasBasePaths(ctx context.Context) bool {
	return len(d.basePaths.current(ctx, d)) > 0
}

// basePaths are the base paths of all connections. The zero value is empty.
type basePaths struct {
	index basepath.Index
	roots map[string]rootedPaths // by root; of whoever is reading
}

// rootedPaths are the base paths of one root, as they were when its settings had that count.
type rootedPaths struct {
	config int64
	paths  []pathOf
}

type pathOf struct{ path, connection string }

const maxBasePathRead = 10 * time.Second

// current returns the paths. When the store does not answer the last ones hold.
func (b *basePaths) current(ctx context.Context, d *Directory) basepath.Paths {
	known, err := b.index.Current(d.clock, credential.CacheAge, func() (basepath.Paths, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxBasePathRead) // the look is not this caller's alone
		defer cancel()
		return b.read(ctx, d.store)
	})
	if err != nil {
		d.log.Warn("base paths not read", "error", err)
	}
	return known
}

// read reads the workspaces, and the connections of those roots alone whose settings have changed.
func (b *basePaths) read(ctx context.Context, store Store) (basepath.Paths, error) {
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
	united := make(basepath.Paths)
	for _, r := range fresh {
		for _, p := range r.paths {
			united.Add(p.path, p.connection)
		}
	}
	return united, nil
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
