package main

import (
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Commands that are the first at the same time end with one key: a second one would seal what the first cannot open.
func TestEnsureKey_FirstCommandsAtOnceShareOneKey(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	var mu sync.Mutex
	keys := map[directory.Key]bool{}
	var commands sync.WaitGroup
	for range 16 {
		commands.Go(func() {
			a := &app{
				globals: globals{Data: data}, streams: streams{nil, io.Discard, io.Discard}, ctx: t.Context(),
				log: slog.New(slog.DiscardHandler), now: time.Now,
			}
			err := a.with(true, func(f *folder) error {
				mu.Lock()
				defer mu.Unlock()
				keys[f.key] = true
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	commands.Wait()
	if len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
}
