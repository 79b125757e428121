// Package turn lets writers who met a conflict, or would, go on one at a time, so that many requests for one thing end one
// after the other and do not defeat each other.
//
// It owns: the queues in memory. It refuses: to know what is written, and what a conflict is.
package turn
