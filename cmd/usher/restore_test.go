package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// usherSays runs a command in this process and returns all that it prints.
func usherSays(t *testing.T, args ...string) (status int, text string) {
	var out, errs bytes.Buffer
	status = run(t.Context(), args, streams{nil, &out, &errs})
	return status, out.String() + errs.String()
}

// TestRestore_TwoAtOnce keeps the former database: only one of those who restore replaces it.
func TestRestore_TwoAtOnce(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	backup := filepath.Join(t.TempDir(), "backup.db")
	ok := func(args ...string) {
		t.Helper()
		if status, text := usherSays(t, append(args, "--data", data)...); status != exitOK {
			t.Fatalf("usher %s: %s", strings.Join(args, " "), text)
		}
	}
	ok("workspace", "create", "KEPT")
	ok("backup", "--out", backup)
	ok("workspace", "create", "FORMER")

	var all sync.WaitGroup
	var mu sync.Mutex
	restored := 0
	for range 6 {
		all.Go(func() {
			status, text := usherSays(t, "restore", backup, "--force", "--data", data)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case status == exitOK:
				restored++
			case !strings.Contains(text, "in use") && !strings.Contains(text, "from an earlier restore"):
				t.Error(text)
			}
		})
	}
	all.Wait()
	if restored != 1 {
		t.Errorf("%d restores have replaced the database, want 1", restored)
	}
	if _, text := usherSays(t, "workspace", "list", "--data", data); !strings.Contains(text, "KEPT") || strings.Contains(text, "FORMER") {
		t.Errorf("restored: %s", text)
	}
	if err := os.Rename(filepath.Join(data, "usher.db"+replaced), filepath.Join(data, "usher.db")); err != nil {
		t.Fatal(err)
	}
	if _, text := usherSays(t, "workspace", "list", "--data", data); !strings.Contains(text, "FORMER") {
		t.Errorf("put aside: %s", text)
	}
}
