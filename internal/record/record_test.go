package record_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/internal/record"
)

// The unit is in the name, so that text and JSON say the same.
func TestDuration_HasAUnit(t *testing.T) {
	t.Parallel()
	var text, json strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&json, nil)} {
		slog.New(h).LogAttrs(t.Context(), slog.LevelInfo, "x", record.Duration(76922*time.Nanosecond), record.Duration(1234567*time.Microsecond))
	}
	if !strings.Contains(text.String(), "duration_ms=0.076 duration_ms=1234.567") || !strings.Contains(json.String(), `"duration_ms":0.076,"duration_ms":1234.567`) {
		t.Errorf("%s%s", &text, &json)
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]slog.Level{
		200: slog.LevelInfo, 404: slog.LevelInfo, 499: slog.LevelInfo, 500: slog.LevelError, 501: slog.LevelInfo, 503: slog.LevelWarn,
	} {
		if got := record.Level(status); got != want {
			t.Errorf("%d: %s", status, got)
		}
	}
}
