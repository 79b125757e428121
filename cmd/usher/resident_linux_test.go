package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestStartPagesAreDroppedFromResidentMemory(t *testing.T) {
	for range 20 { // other tests bring theirs back meanwhile
		before := residentOfFiles(t)
		dropPages()
		if residentOfFiles(t) < before {
			return
		}
	}
	t.Error("the program is as large in memory as before")
}

// residentOfFiles is in KiB (proc_pid_status(5)).
func residentOfFiles(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "RssFile:")
	n, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOnlyPagesAsInTheFileAreDropped(t *testing.T) {
	t.Parallel()
	const smaps = `00400000-00500000 r-xp 00000000 fe:00 7 /bin/usher
Rss:                 900 kB
Anonymous:             0 kB
00500000-00600000 r--p 00100000 fe:00 7 /bin/usher
Rss:                 900 kB
Anonymous:             8 kB
00600000-00601000 rw-p 00200000 fe:00 7 /bin/usher
Anonymous:             0 kB
7f0000000000-7f0000001000 r-xp 00000000 fe:00 8 /lib/libc.so.6
Anonymous:             0 kB
7f0000002000-7f0000003000 r--p 00000000 00:00 0
Anonymous:             0 kB
`
	got := map[uintptr]uintptr{}
	for from, size := range asInFile(strings.NewReader(smaps), "/bin/usher") {
		got[from] = size
	}
	if len(got) != 1 || got[0x400000] != 0x100000 {
		t.Errorf("dropped %x, want the mapping at 400000 alone", got)
	}
}
