// Package document looks into SCIM documents: which attributes differ, and what a text in them is.
//
// It owns: comparison by value. It refuses: schemas, which are scim's, and what a difference means.
package document
