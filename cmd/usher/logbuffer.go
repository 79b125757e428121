package main

import (
	"bufio"
	"io"
	"sync"
	"time"
)

const (
	logBuffer = 64 << 10
	logDelay  = 100 * time.Millisecond
)

// bufferedLog gathers log records and writes them together, so that no request waits for a terminal or a disk of its
// own. Records appear within logDelay; a full buffer is written at once, and none is dropped.
type bufferedLog struct {
	mu      sync.Mutex
	out     *bufio.Writer
	pending bool // a flush is on its way
}

func newBufferedLog(w io.Writer) *bufferedLog {
	return &bufferedLog{out: bufio.NewWriterSize(w, logBuffer)}
}

// Write implements io.Writer.
func (l *bufferedLog) Write(record []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pending {
		l.pending = true
		time.AfterFunc(logDelay, l.flush)
	}
	return l.out.Write(record)
}

// flush writes what is gathered.
func (l *bufferedLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = false
	_ = l.out.Flush() // there is no other place to complain
}
