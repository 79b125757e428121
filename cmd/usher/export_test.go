package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestStopped_LeavesNoPart stops what writes a file, as soon as there is something of it: afterwards there is the whole file
// or nothing.
func TestStopped_LeavesNoPart(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	c.finish(usersFile(t, 3000))
	for name, args := range map[string][]string{
		"export":           {"export", "--workspace", "ACC123"},
		"export of tables": {"export", "--workspace", "ACC123", "--type", "users", "--format", "csv"},
		"backup":           {"backup"},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+", "+sig.String(), func(t *testing.T) {
				dir := t.TempDir()
				to := filepath.Join(dir, "out")
				cmd, out := c.command(append(args, "--out", to)...)
				err := stopWriting(t, cmd, to, sig)
				left, _ := filepath.Glob(to + "*")
				if done := err == nil; done && !slices.Equal(left, []string{to}) || !done && len(left) > 0 {
					t.Errorf("%v: there is %v: %s", err, left, out)
				}
			})
		}
	}
}

// stopWriting runs a command, and sends it a signal when there is a part of the file.
func stopWriting(t *testing.T, cmd *exec.Cmd, to string, sig os.Signal) error {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for deadline := time.Now().Add(patience); ; {
		if part, _ := filepath.Glob(to + "*"); len(part) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was written")
		}
	}
	_ = cmd.Process.Signal(sig) // it may be done
	return cmd.Wait()
}
