// Package brake counts who leaves by a connection within the last hour, and how many active members there are to leave
// (B10).
//
// It owns: the counts in memory. It refuses: what a connection's bounds are, who counts as a leaver, and what follows
// when there are too many.
package brake
