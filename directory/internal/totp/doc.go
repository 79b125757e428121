// Package totp has the codes of a second factor: those of an authenticator app (RFC 6238), and recovery codes.
//
// It owns: secrets, steps, and the forms of codes. It refuses: to remember which step was taken and how often somebody
// was wrong, which the directory does in its rows.
package totp
