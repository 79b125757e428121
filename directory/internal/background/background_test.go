package background_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory/internal/background"
)

func TestEvery_WorkThatPanicsIsDoneAgain(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	turns := 0
	background.Every(ctx, slog.New(slog.DiscardHandler), time.Millisecond, "test", func(context.Context) error {
		switch turns++; turns {
		case 1:
			panic("once")
		case 2:
			return errors.New("twice")
		}
		stop()
		return nil
	})
	if turns != 3 {
		t.Errorf("the work was done %d times, want 3", turns)
	}
}
