package sqlite

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// soak asks for the long form of the durability tests.
func soak() bool { return os.Getenv("USHER_SOAK") != "" }

func childCommand(dir, name string, writes int, sync string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childName+"="+name, fmt.Sprintf("%s=%d", childWrites, writes), childSync+"="+sync)
	return cmd
}

// A process that is killed while 32 clients create users: whatever was acknowledged is there, nothing is half there,
// round after round on the same file.
func TestDurability_KillNine(t *testing.T) {
	t.Parallel()
	rounds := 3
	if soak() {
		rounds = 20
	}
	dir := t.TempDir()
	var acknowledged []string
	for round := range rounds {
		acknowledged = append(acknowledged, killed(t, dir, fmt.Sprint("round", round), 50+rand.IntN(200))...)
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := verdict(t, s, acknowledged); n > 0 {
			t.Errorf("round %d: %d of %d acknowledged users are lost", round, n, len(acknowledged))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rounds, %d acknowledged users, none lost", rounds, len(acknowledged))
}

// killed runs a child, kills it after that many acknowledgements, and returns all that it gave.
func killed(t *testing.T, dir, name string, after int) []string {
	t.Helper()
	cmd := childCommand(dir, name, 0, "")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break // killed; a torn line is no acknowledgement
		}
		if names = append(names, strings.TrimSpace(line)); len(names) == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended before it was killed")
	}
	return names
}

// Power cuts: a trace of every write and sync gives the states in which the disk could be at any moment, and from
// each of them whatever had been acknowledged comes back.
func TestDurability_PowerLoss(t *testing.T) {
	t.Parallel()
	points := 20
	if soak() {
		points = 200
	}
	trace := traceChild(t, "")
	rng := rand.New(rand.NewPCG(1, 2))
	lost, acknowledged := 0, 0
	for i := range points {
		torn := rng
		if i%2 == 0 {
			torn = nil // nothing that was not synced
		}
		n, of := trace.cut(t, trace.crashPoint(rng), torn)
		lost, acknowledged = lost+n, acknowledged+of
	}
	if lost > 0 {
		t.Errorf("%d acknowledged users lost", lost)
	}
	t.Logf("%d power cuts, %d acknowledgements to keep, %d lost (%d writes, %d syncs traced)",
		points, acknowledged, lost, trace.count(opWrite), trace.count(opSync))
}

// The test above proves something only if it fails without syncs.
func TestDurability_PowerLossWithoutSyncLoses(t *testing.T) {
	t.Parallel()
	trace := traceChild(t, "off")
	rng := rand.New(rand.NewPCG(1, 2))
	lost := 0
	for range 20 {
		n, _ := trace.cut(t, trace.crashPoint(rng), nil)
		lost += n
	}
	if lost == 0 {
		t.Error("nothing was lost without syncs: the test of power cuts shows nothing")
	}
}

// traceChild runs a child under strace.
func traceChild(t *testing.T, sync string) *trace {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("skipped: strace is not installed, and power cuts are replayed from its trace (apt-get install strace)")
	}
	if out, err := exec.Command(strace, "-e", "trace=none", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: strace may not trace here: %v: %s", err, out)
	}
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "trace")
	acks, err := os.Create(filepath.Join(dir, acksFile))
	if err != nil {
		t.Fatal(err)
	}
	defer acks.Close()
	child := childCommand(dir, "user", 320, sync)
	args := []string{
		"-f", "-qq", "-y", "-xx", "-s", "70000", "-e", "signal=none", "-o", out,
		"-e", "trace=open,openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,renameat",
	}
	for _, name := range []string{"", FileName, FileName + "-wal", FileName + "-journal", acksFile} {
		args = append(args, "-P", filepath.Join(dir, name))
	}
	child.Path, child.Args = strace, append(append([]string{strace}, args...), child.Args...)
	var stderr bytes.Buffer
	child.Stdout, child.Stderr = acks, &stderr
	if err := child.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	return readTrace(t, out, dir)
}
