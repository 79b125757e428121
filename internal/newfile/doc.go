// Package newfile makes files that have their name only once they are whole.
//
// It owns the name that a file has until then, which is nobody else's, and the step from that to its own: what came there
// meanwhile is replaced only for who says so. What is in a file, and when it is durable, is for who writes it.
package newfile
