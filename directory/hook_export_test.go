package directory

import "context"

// AskHook is askHook.
func (d *Directory) AskHook(ctx context.Context, c Connection, q HookQuestion) (HookAnswer, error) {
	return d.askHook(ctx, c, q)
}
