package directory

import (
	"context"
	"errors"
)

// What VerifyFactor and its like may answer beside faults.
var (
	// ErrWrongCode: it is not the code, or was used before.
	ErrWrongCode = errors.New("directory: wrong code")
	// ErrLockedOut: too many wrong codes of the person or from the address; it may be tried again later.
	ErrLockedOut = errors.New("directory: too many wrong codes")
)

// Enrolment is a second factor that is about to be set up.
type Enrolment struct {
	Secret string // base32, to be typed
	URL    string // otpauth://, to be shown as a QR code
}

// HasFactor reports whether the session's person has a confirmed second factor.
func (d *Directory) HasFactor(ctx context.Context, s Session) (bool, error) {
	return false, errNotBuilt
}

// EnrolFactor begins the set-up of a TOTP for the session's person, who has none that is confirmed. Called again it gives
// the same secret, until it is confirmed.
func (d *Directory) EnrolFactor(ctx context.Context, s Session) (Enrolment, error) {
	return Enrolment{}, errNotBuilt
}

// ConfirmFactor ends the set-up with a first code. It returns the ten recovery codes, which are shown this once, and the
// session, live now, with the new value of its cookie.
func (d *Directory) ConfirmFactor(ctx context.Context, s Session, code, address string) (after Session, token string, recovery []string, err error) {
	return Session{}, "", nil, errNotBuilt
}

// VerifyFactor takes a code of the TOTP, or a recovery code, once. The session is live then, and its cookie has a new
// value.
func (d *Directory) VerifyFactor(ctx context.Context, s Session, code, address string) (after Session, token string, err error) {
	return Session{}, "", errNotBuilt
}

// RenewRecovery makes ten new recovery codes for the person of a live session, who gives a code; the old ones are void.
func (d *Directory) RenewRecovery(ctx context.Context, s Session, code, address string) ([]string, error) {
	return nil, errNotBuilt
}

// ResetFactor drops the second factor of a person of the workspace, who has lost it, and ends the person's sessions: an
// admin's.
func (d *Directory) ResetFactor(ctx context.Context, by Actor, w Workspace, subject string) error {
	return errNotBuilt
}

// factorMethod is what stands among the methods of a session whose second factor was ours (RFC 8176).
const factorMethod = "otp"
