package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Emptying the log waits for readers, and while it does it keeps writers out: each try is short, and there are several.
const (
	scrubTries = 200
	scrubPause = 50 * time.Millisecond
)

// scrub leaves nothing in the file, or in its log, of what was deleted. The writer overwrites what it deletes
// (secure_delete), so what is left of old pages is in the log: it is copied into the file and cut to nothing.
func (s *Store) scrub(ctx context.Context) error {
	for range scrubTries {
		if done, err := s.log.copyLog(ctx, "TRUNCATE"); done || err != nil {
			return unwritable(s.path, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(scrubPause):
		}
	}
	return fmt.Errorf("%w: somebody keeps reading an old state of the database, or another process empties its log", directory.ErrBusy)
}
