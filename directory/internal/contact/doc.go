// Package contact keeps in memory when the use of a credential was marked last, so that marks are few.
//
// It owns: whose turn it is. It refuses: to write marks, which the directory does.
package contact
