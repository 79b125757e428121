package main

import (
	"bufio"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropPages takes the program's own pages out of the process's memory. At start-up each package has something to initialise,
// and the kernel maps 64 KiB around a touch, so that is three quarters of the program. The pages stay in the page cache; what
// serving needs is back at its first use, a third of them.
func dropPages() {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	for from, size := range asInFile(f, exe) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, size, syscall.MADV_DONTNEED) // refused: they stay
	}
}

// asInFile yields, of the mappings in smaps (proc_pid_smaps(5)), those of a file that are read only and have no page
// that differs from it: a loader may have written addresses into one before it made it read only.
func asInFile(smaps io.Reader, file string) iter.Seq2[uintptr, uintptr] {
	return func(yield func(from, size uintptr) bool) {
		var from, size uintptr
		for in := bufio.NewScanner(smaps); in.Scan(); {
			switch f := strings.Fields(in.Text()); {
			case len(f) >= 5 && strings.Contains(f[0], "-"): // address perms offset dev inode path
				from, size = 0, 0
				if len(f) == 6 && f[5] == file && strings.HasPrefix(f[1], "r-") {
					from, size = addresses(f[0])
				}
			case len(f) == 3 && f[0] == "Anonymous:" && f[1] == "0" && size > 0:
				if !yield(from, size) {
					return
				}
			}
		}
	}
}

// addresses reads "from-to", in hexadecimal.
func addresses(text string) (from, size uintptr) {
	begin, end, _ := strings.Cut(text, "-")
	a, err := strconv.ParseUint(begin, 16, strconv.IntSize)
	if err != nil {
		return 0, 0
	}
	b, err := strconv.ParseUint(end, 16, strconv.IntSize)
	if err != nil || b < a {
		return 0, 0
	}
	return uintptr(a), uintptr(b - a)
}
