//go:build linux || darwin || freebsd

package main

import "syscall"

// freeSpace is how many bytes the owner of the folder may still write.
func freeSpace(path string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, err
	}
	return uint64(max(0, int64(s.Bavail))) * uint64(s.Bsize), nil //nolint:gosec // a block size is positive
}
