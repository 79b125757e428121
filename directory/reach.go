package directory

import (
	"cmp"
	"context"
	"slices"
)

// Reach lists the workspaces of a root that an API key is good for, by key: its own workspace and those below, or the
// whole root.
func (d *Directory) Reach(ctx context.Context, k APIKey, root string) ([]Workspace, error) {
	if k.Root != "" && k.Root != root {
		return nil, nil
	}
	t, err := d.treeOf(ctx, root, true)
	if err != nil {
		return nil, err
	}
	var reached []Workspace
	for _, b := range t.workspaces {
		if k.Workspace == "" || b.within(k.Workspace) {
			reached = append(reached, b.Workspace)
		}
	}
	slices.SortFunc(reached, func(a, b Workspace) int { return cmp.Compare(a.Key, b.Key) })
	return reached, nil
}

// Reaches reports whether the API key is good for the workspace.
func (d *Directory) Reaches(ctx context.Context, k APIKey, w Workspace) (bool, error) {
	switch {
	case k.Root == "":
		return true, nil
	case k.Root != w.Root:
		return false, nil
	case k.Workspace == "", k.Workspace == w.ID:
		return true, nil
	}
	reached, err := d.Reach(ctx, k, w.Root)
	return slices.ContainsFunc(reached, func(r Workspace) bool { return r.ID == w.ID }), err
}
