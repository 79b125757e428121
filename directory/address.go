package directory

import "context"

// CheckAddress asks the IP rules of a workspace, and of those above it, whether a surface may be reached from the address
// (J8). A refusal is a [LoginError] of code [LoginAddress], with the prefix-less cause. The rules are at most half a
// second old.
func (d *Directory) CheckAddress(ctx context.Context, root, workspace string, on Surface, address string) error {
	return errNotBuilt
}
