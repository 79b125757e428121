// Package chain makes the audit log tamper-evident: segments that are hashed over their entries and over the segment
// before, and signed.
//
// It owns: what is hashed and signed, how the end of a chain is found, and the walk that finds what was altered. It
// refuses: to store anything, and to say when a segment is due, which the directory does. Its rows have the fields of
// the directory's, so that one is converted to the other.
package chain
