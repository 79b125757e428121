// Package credential has the forms of what Usher's callers show and of what it seals: the texts of tokens, client
// secrets, API keys and access tokens, and the key of an installation.
//
// It owns: what a credential looks like, how it is recognised, hashed, signed and verified, and how a secret that must
// be read back is encrypted (X10).
//
// It refuses: the store, clocks and errors for callers. Whether a credential that has the right form opens anything is
// for package directory to say, which is its only neighbour.
package credential
