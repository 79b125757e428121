// Package background runs work that nobody waits for, again and again.
//
// It owns: the turns, and that no panic ends the process. It refuses: to know what is done.
package background
