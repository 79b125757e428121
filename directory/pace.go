package directory

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/scim"
)

const (
	// sliceTime is what a slice of a job shall take, its reads and its commit together: whoever waits behind it does not
	// notice.
	sliceTime = 15 * time.Millisecond
	// jobRest is what a job leaves to others after each slice, as a multiple of the time that it took.
	jobRest = 1
)

// pace fits the slices of a job to the machine and to what else it has to do.
type pace struct {
	size, least, most int
}

// worked takes note of how long a slice took.
func (p *pace) worked(took time.Duration) {
	fit := int(time.Duration(p.size) * sliceTime / max(took, 1))
	p.size = max(p.least, min(fit, 2*p.size, p.most))
}

// rest leaves the machine to others after a slice.
func rest(ctx context.Context, worked time.Duration) error {
	select {
	case <-time.After(jobRest * worked):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isBusy reports that it may go better a little later.
func isBusy(err error) bool {
	refused, ok := errors.AsType[*scim.Error](err)
	return ok && (refused.Kind == scim.KindBusy || refused.Kind == scim.KindConflict)
}
