package sqlite

import (
	"bufio"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// acksFile is where the traced child's standard output goes.
const acksFile = "acks"

// kind is what a system call does to the disk.
type kind int

const (
	opWrite kind = iota
	opTruncate
	opCreate
	opRemove
	opSync
)

// op is one system call on one file of the folder. start and end are the lines of the trace: another thread's calls
// may stand between them.
type op struct {
	kind       kind
	file       string // "" is the folder
	off        int64
	data       []byte
	start, end int
}

// trace is all that a process did to a folder.
type trace struct {
	ops   []op
	lines int
}

func (tr *trace) count(k kind) (n int) {
	for _, o := range tr.ops {
		if o.kind == k {
			n++
		}
	}
	return n
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	unfinished  = " <unfinished ...>"
	callEnd     = regexp.MustCompile(`^(.*)\) += (-?\d+)`)
	fdPath      = regexp.MustCompile(`^\d+<((?:\\x[0-9a-f]{2})*)>`)
	quoted      = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

// readTrace parses the output of strace -f -y -xx.
func readTrace(t *testing.T, path, dir string) *trace {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type begun struct {
		line int
		text string
	}
	open := map[string]begun{}
	tr := &trace{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		tr.lines++
		start, text, name := tr.lines, "", ""
		if m := resumedLine.FindStringSubmatch(lines.Text()); m != nil {
			b := open[m[1]]
			start, text, name = b.line, b.text+m[3], m[2]
		} else if m := callLine.FindStringSubmatch(lines.Text()); m != nil {
			if begin, ok := strings.CutSuffix(m[3], unfinished); ok {
				open[m[1]] = begun{tr.lines, begin}
				continue
			}
			text, name = m[3], m[2]
		} else {
			continue
		}
		m := callEnd.FindStringSubmatch(text)
		if m == nil || strings.HasPrefix(m[2], "-") {
			continue // the process ended in it, or it failed
		}
		if o, ok := parseOp(t, name, m[1], dir); ok {
			o.start, o.end = start, tr.lines
			tr.ops = append(tr.ops, o)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if tr.count(opWrite) == 0 {
		t.Fatal("the trace has no writes")
	}
	return tr
}

// parseOp reads one call's arguments.
func parseOp(t *testing.T, name, args, dir string) (op, bool) {
	t.Helper()
	file := func(path string) string {
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(rel, ".")
	}
	var on string
	if m := fdPath.FindStringSubmatch(args); m != nil {
		on = file(string(unhex(t, m[1])))
	}
	var data []byte
	if m := quoted.FindStringSubmatch(args); m != nil {
		data = unhex(t, m[1])
	}
	last, _ := strconv.ParseInt(args[strings.LastIndexAny(args, " ")+1:], 10, 64)
	switch name {
	case "pwrite64":
		return op{kind: opWrite, file: on, off: last, data: data}, true
	case "write":
		return op{kind: opWrite, file: on, data: data}, on == acksFile
	case "ftruncate":
		return op{kind: opTruncate, file: on, off: last}, true
	case "fsync", "fdatasync":
		return op{kind: opSync, file: on}, true
	case "open", "openat":
		return op{kind: opCreate, file: file(string(data))}, strings.Contains(args, "O_CREAT")
	case "unlink", "unlinkat":
		return op{kind: opRemove, file: file(string(data))}, true
	}
	t.Fatalf("a call that the model of the disk does not know: %s", name)
	return op{}, false
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// crashPoint picks a line: every second time just behind an acknowledgement, where there is most to lose.
func (tr *trace) crashPoint(rng *rand.Rand) int {
	if rng.IntN(2) == 0 {
		return 1 + rng.IntN(tr.lines)
	}
	var acks []int
	for _, o := range tr.ops {
		if o.file == acksFile && o.kind == opWrite {
			acks = append(acks, o.end)
		}
	}
	return acks[rng.IntN(len(acks))]
}

// cut rebuilds the folder as a power cut at that line may leave it, opens it, and returns how many acknowledged
// users are lost, and of how many. What no completed sync covers is gone, or with rng there in part: any sectors of
// any writes, as a disk may have reordered and torn them.
func (tr *trace) cut(t *testing.T, at int, rng *rand.Rand) (lost, of int) {
	t.Helper()
	acknowledged := tr.acknowledged(at)
	dir := t.TempDir()
	for _, name := range []string{FileName, FileName + "-wal", FileName + "-journal"} {
		if content, ok := tr.content(name, at, rng); ok {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return len(acknowledged), len(acknowledged)
	}
	s, err := Open(t.Context(), dir, Options{DangerSynchronousOff: true})
	if err != nil {
		t.Fatalf("cut at line %d of %d: %v", at, tr.lines, err)
	}
	defer s.Close()
	return verdict(t, s, acknowledged), len(acknowledged)
}

// acknowledged lists the users whose acknowledgement had begun to be written.
func (tr *trace) acknowledged(at int) (names []string) {
	for _, o := range tr.ops {
		if o.file == acksFile && o.kind == opWrite && o.start <= at {
			names = append(names, strings.TrimSpace(string(o.data)))
		}
	}
	return names
}

// lastSync is the line at which the last sync of a file began that had ended by then; what ended before it is on
// the disk.
func (tr *trace) lastSync(file string, at int) (line int) {
	for _, o := range tr.ops {
		if o.kind == opSync && o.file == file && o.end <= at {
			line = max(line, o.start)
		}
	}
	return line
}

// content is a file's bytes; ok is false when its name is not in the folder: a new name is there for certain only
// after a sync of the folder.
func (tr *trace) content(file string, at int, rng *rand.Rand) (content []byte, ok bool) {
	synced, named := tr.lastSync(file, at), tr.lastSync("", at)
	for _, o := range tr.ops {
		if o.file != file || o.start > at {
			continue
		}
		switch o.kind {
		case opCreate:
			ok = ok || o.end < named
		case opRemove:
			if o.end < named || rng == nil || rng.IntN(2) == 0 {
				content, ok = nil, false
			}
		case opTruncate:
			if o.end < synced || rng != nil && rng.IntN(2) == 0 {
				content = slices.Grow(content, int(o.off))[:o.off]
			}
		case opWrite:
			content = apply(content, o, o.end < synced, rng)
		}
	}
	return content, ok
}

const sector = 512

// apply puts a write into a file: all of it, or the sectors that chance picks.
func apply(content []byte, o op, whole bool, rng *rand.Rand) []byte {
	if !whole && rng == nil {
		return content
	}
	for i := 0; i < len(o.data); {
		// up to the next boundary of a sector of the file
		n := min(len(o.data)-i, sector-int((o.off+int64(i))%sector))
		if whole || rng.IntN(2) == 0 {
			at := int(o.off) + i
			if grow := at + n - len(content); grow > 0 {
				content = append(content, make([]byte, grow)...)
			}
			copy(content[at:], o.data[i:i+n])
		}
		i += n
	}
	return content
}
