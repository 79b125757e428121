//go:build !linux

package main

// dropStartPages does nothing: the system takes pages that are not used by itself.
func dropStartPages() {}
