//go:build linux || darwin || freebsd

package main

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks a folder for this process alone, until the file is closed or the process ends in whatever way. A file
// system without such locks has every folder free.
func tryLock(folder *os.File) (free bool) {
	return !errors.Is(syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
