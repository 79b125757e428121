// Package dnsproof looks for the TXT record by which a tenant proves that a domain is its own. See
// docs/decisions/0012-domains.md.
//
// It owns: the challenge, where it may stand, and the words for what was found instead. It refuses: what follows from
// it, and when to look, which the directory says.
package dnsproof
