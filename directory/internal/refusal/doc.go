// Package refusal is the error for an operator: what is wrong with which value, and what to do about it.
//
// It owns: the error and its kinds. It refuses: the words, which whoever refuses finds; and what an identity provider
// is told, which is scim.Error's. The directory shows it under its own names.
package refusal
