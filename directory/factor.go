package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/totp"
)

// What VerifyFactor and its like may answer beside faults.
var (
	// ErrWrongCode: it is not the code, or was used before.
	ErrWrongCode = errors.New("directory: wrong code")
	// ErrLockedOut: too many wrong codes of the person or from the address; it may be tried again later.
	ErrLockedOut = errors.New("directory: too many wrong codes")
)

// How many wrong codes a person, or an address, may give within that time. An address may be that of a whole office.
const (
	maxWrongCodes          = 5
	maxWrongCodesOfAddress = 50
	wrongCodesFor          = 15 * time.Minute
)

// What stands among the methods of a session whose second factor was ours (RFC 8176).
const (
	factorMethod    = "otp"
	factorsTogether = "mfa"
)

// Enrolment is a second factor that is about to be set up.
type Enrolment struct {
	Secret string // base32, to be typed
	URL    string // otpauth://, to be shown as a QR code
}

// HasFactor reports whether the session's person has a confirmed second factor.
func (d *Directory) HasFactor(ctx context.Context, s Session) (bool, error) {
	f, err := d.store.Factor(ctx, s.Root, s.Subject)
	_, err = found(err)
	return !f.Confirmed.IsZero(), err
}

// factorDetail is the detail of what happened to a second factor.
type factorDetail struct {
	Recovery bool `json:"recovery,omitempty"` // by a recovery code
	Left     int  `json:"recovery_codes_left,omitempty"`
}

func factorSecretName(subject string) string { return "factor/" + subject }

// EnrolFactor begins the set-up of a TOTP for the session's person, who has none that is confirmed. Called again it gives
// the same secret, until it is confirmed; called in another session a new one, so that nobody has seen before what is
// confirmed there.
func (d *Directory) EnrolFactor(ctx context.Context, s Session) (Enrolment, error) {
	secret := ""
	err := d.withSession(ctx, s, "", func(ctx context.Context, p *plan, now Session) error {
		f, err := d.store.Factor(ctx, s.Root, s.Subject)
		there, err := found(err)
		if err != nil {
			return err
		}
		if !f.Confirmed.IsZero() {
			return refuse(RefusedExists, "give a code of it, or have an admin reset it", "the person has a second factor")
		}
		if there && f.Session == s.ID {
			plain, err := d.open(Secret{Root: s.Root, Name: factorSecretName(s.Subject), Sealed: f.Sealed})
			secret = string(plain)
			return err
		}
		secret = totp.NewSecret()
		p.unaudited = true
		begun := Factor{
			Root: s.Root, Subject: s.Subject, Sealed: d.seal(s.Root, factorSecretName(s.Subject), []byte(secret)).Sealed,
			Session: s.ID, Created: p.now, Version: f.Version + 1,
		}
		if there {
			p.Factors = append(p.Factors, update(f, begun))
		} else {
			p.Factors = append(p.Factors, insert(begun))
		}
		return nil
	})
	if err != nil {
		return Enrolment{}, err
	}
	who, err := d.store.Subject(ctx, s.Root, s.Subject)
	if err != nil {
		return Enrolment{}, err
	}
	top, err := d.store.Workspace(ctx, s.Root, s.Home)
	return Enrolment{Secret: secret, URL: totp.URL(top.Name, cmp.Or(who.Email, who.Name, who.ID), secret)}, err
}

// withSession plans a change that a session's person makes. The session must be live, or wait for its second factor.
func (d *Directory) withSession(
	ctx context.Context, s Session, address string, build func(context.Context, *plan, Session) error,
) error {
	return d.write(ctx, s.actor(address), s.home(), s.Connection, func(ctx context.Context, p *plan) error {
		now, err := d.freshSession(ctx, s)
		if err != nil {
			return err
		}
		return build(ctx, p, now)
	})
}

// ConfirmFactor ends the set-up with a first code. It returns the ten recovery codes, which are shown this once, and the
// session, live now, with the new value of its cookie.
func (d *Directory) ConfirmFactor(ctx context.Context, s Session, code, address string) (after Session, token string, recovery []string, err error) {
	err = d.withCode(ctx, s, code, address, false, func(p *plan, now Session, before Factor, f *Factor) error {
		recovery = totp.NewRecovery()
		f.Confirmed, f.Recovery = p.now, d.hashRecovery(s, recovery)
		p.Factors = append(p.Factors, update(before, *f))
		after, token = p.passFactor(now)
		return p.audit(ActionFactorCreate, targetFactor, s.Subject, s.Subject, factorDetail{Left: len(recovery)})
	})
	return after, token, recovery, err
}

// VerifyFactor takes a code of the TOTP, or a recovery code, once. The session is live then, and its cookie has a new
// value.
func (d *Directory) VerifyFactor(ctx context.Context, s Session, code, address string) (after Session, token string, err error) {
	err = d.withCode(ctx, s, code, address, true, func(p *plan, now Session, before Factor, f *Factor) error {
		p.Factors = append(p.Factors, update(before, *f))
		after, token = p.passFactor(now)
		used := len(f.Recovery) < len(before.Recovery)
		if used {
			if err := d.tellRecoveryUsed(ctx, p, now); err != nil {
				return err
			}
		}
		return p.audit(ActionFactorVerify, targetFactor, s.Subject, s.Subject, factorDetail{used, len(f.Recovery)})
	})
	return after, token, err
}

func (d *Directory) tellRecoveryUsed(ctx context.Context, p *plan, s Session) error {
	who, err := d.store.Subject(ctx, s.Root, s.Subject)
	if err != nil {
		return err
	}
	w, err := d.store.Workspace(ctx, s.Root, s.Home)
	if err != nil {
		return err
	}
	return p.notify(w, NoticeRecoveryUsed, s.Subject, Notice{Person: who.Name, Email: who.Email})
}

// RenewRecovery makes ten new recovery codes for the person of a live session, who gives a code; the old ones are void.
func (d *Directory) RenewRecovery(ctx context.Context, s Session, code, address string) (recovery []string, err error) {
	err = d.withCode(ctx, s, code, address, true, func(p *plan, now Session, before Factor, f *Factor) error {
		if now.State != SessionLive {
			return ErrNotFound
		}
		recovery = totp.NewRecovery()
		f.Recovery = d.hashRecovery(s, recovery)
		p.Factors = append(p.Factors, update(before, *f))
		return p.audit(ActionFactorRenew, targetFactor, s.Subject, s.Subject, factorDetail{Left: len(recovery)})
	})
	return recovery, err
}

func (d *Directory) hashRecovery(s Session, codes []string) [][32]byte {
	key := d.key.Derive("recovery codes")
	hashes := make([][32]byte, len(codes))
	for i, code := range codes {
		hashes[i] = totp.HashRecovery(key, s.Root+"/"+s.Subject, code)
	}
	return hashes
}

// passFactor plans that a session has passed its second factor: what it is known by changes with what it opens.
func (p *plan) passFactor(before Session) (after Session, token string) {
	after, token = before, credential.Session.New(before.Root)
	after.Hash = credential.Hash(token)
	after.State, after.Factor, after.Seen = SessionLive, p.now, p.now
	after.Methods = slices.Clone(before.Methods)
	for _, method := range []string{factorMethod, factorsTogether} {
		if !slices.Contains(after.Methods, method) {
			after.Methods = append(after.Methods, method)
		}
	}
	after.Ends = after.ends()
	after.Version++
	p.Sessions = append(p.Sessions, update(before, after))
	return after, token
}

// withCode lets build plan what a right code is good for; f is the factor with the code used up. A wrong one is counted.
func (d *Directory) withCode(
	ctx context.Context, s Session, code, address string, confirmed bool, build func(p *plan, now Session, before Factor, f *Factor) error,
) error {
	wrong := false
	err := d.withSession(ctx, s, address, func(ctx context.Context, p *plan, now Session) error {
		counts, err := d.wrongCodes(ctx, p, s, address)
		if err != nil {
			return err
		}
		before, err := d.store.Factor(ctx, s.Root, s.Subject)
		if err != nil {
			return err
		}
		if before.Confirmed.IsZero() == confirmed {
			return ErrNotFound
		}
		f := before
		f.Version++
		if wrong, err = d.spend(s, &f, code, p.now); err != nil {
			return err
		}
		if wrong {
			p.countWrong(counts)
			return p.audit(ActionFactorRefuse, targetFactor, s.Subject, s.Subject, struct{}{})
		}
		// The address keeps its count: who guesses other people's codes from there may have a factor too.
		if own := counts[0]; own.Version > 0 {
			p.Throttles = append(p.Throttles, remove(own))
		}
		return build(p, now, before, &f)
	})
	if err == nil && wrong {
		err = ErrWrongCode
	}
	return err
}

// spend uses the code up in the factor, if it is right.
func (d *Directory) spend(s Session, f *Factor, code string, now time.Time) (wrong bool, err error) {
	if totp.IsRecovery(code) {
		i := slices.Index(f.Recovery, d.hashRecovery(s, []string{code})[0])
		if i < 0 {
			return true, nil
		}
		f.Recovery = slices.Delete(slices.Clone(f.Recovery), i, i+1)
		return false, nil
	}
	secret, err := d.open(Secret{Root: s.Root, Name: factorSecretName(s.Subject), Sealed: f.Sealed})
	if err != nil {
		return false, err
	}
	step, ok := totp.Step(string(secret), code, now, f.Step)
	f.Step = max(step, f.Step)
	return !ok, nil
}

// wrongCodes reads the counts, that of the person before that of the address; Version 0 is one that is not there.
func (d *Directory) wrongCodes(ctx context.Context, p *plan, s Session, address string) ([]Throttle, error) {
	var counts []Throttle
	for _, of := range []struct {
		key   string
		limit int
	}{
		{"factor/subject/" + s.Subject, maxWrongCodes},
		{"factor/address/" + networkOf(address), maxWrongCodesOfAddress},
	} {
		t, err := d.store.Throttle(ctx, s.Root, of.key)
		there, err := found(err)
		if err != nil {
			return nil, err
		}
		if !there {
			t = Throttle{Root: s.Root, Key: of.key}
		}
		if t.Failures >= of.limit && p.now.Before(t.Until) {
			return nil, ErrLockedOut
		}
		counts = append(counts, t)
	}
	return counts, nil
}

func (p *plan) countWrong(counts []Throttle) {
	for _, before := range counts {
		after := before
		if !p.now.Before(before.Until) {
			after.Failures, after.Until = 0, p.now.Add(wrongCodesFor)
		}
		after.Failures++
		after.Version++
		if before.Version == 0 {
			p.Throttles = append(p.Throttles, insert(after))
		} else {
			p.Throttles = append(p.Throttles, update(before, after))
		}
	}
}

// FactorState says whether somebody has a second factor.
type FactorState struct {
	Since    time.Time // zero: there is none that is confirmed
	Recovery int       // codes that were not used
}

// FactorOf says whether a person of the workspace has a second factor.
func (d *Directory) FactorOf(ctx context.Context, w Workspace, subject string) (FactorState, error) {
	if _, err := d.membership(ctx, w, subject); err != nil {
		return FactorState{}, err
	}
	f, err := d.store.Factor(ctx, w.Root, subject)
	if there, err := found(err); err != nil || !there || f.Confirmed.IsZero() {
		return FactorState{}, err
	}
	return FactorState{f.Confirmed, len(f.Recovery)}, nil
}

// ResetFactor drops the second factor of a person of the workspace, who has lost it, and ends the person's sessions: an
// admin's.
func (d *Directory) ResetFactor(ctx context.Context, by Actor, w Workspace, subject string) error {
	return d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, _ *tree, _ *branch) error {
		if _, err := d.membership(ctx, w, subject); err != nil {
			return err
		}
		f, err := d.store.Factor(ctx, w.Root, subject)
		if there, err := found(err); err != nil || !there {
			return err
		}
		p.Factors = append(p.Factors, remove(f))
		p.Ends = append(p.Ends, SessionEnd{Subject: subject, Reason: ReasonFactor, At: p.now})
		return p.audit(ActionFactorReset, targetFactor, subject, subject, struct{}{})
	})
}
