package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	secretBytes = 20 // RFC 4226 §4 R6
	period      = 30 * time.Second
	// skew is how many steps a clock may be off, to either side.
	skew = 1
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes a secret, in base32 as apps take it. SHA-1, six digits and 30 seconds are what every app knows.
func NewSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return encoding.EncodeToString(raw)
}

// URL is what a QR code for an app holds.
func URL(issuer, account, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account, RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")}
	return u.String()
}

// Step finds the step of which that is the code, near now and behind the last one that was taken: a code counts once.
func Step(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	if len(code) != otp.DigitsSix.Length() {
		return 0, false
	}
	at := now.Unix() / int64(period/time.Second)
	for s := at - skew; s <= at+skew; s++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && s > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits: nobody guesses one, so that a plain hash under a key is enough
)

// NewRecovery makes recovery codes, in groups of four.
func NewRecovery() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw)
		text := strings.ToLower(encoding.EncodeToString(raw))
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes
}

// typed takes off a recovery code what people may type between its letters.
var typed = strings.NewReplacer("-", "", " ", "")

// HashRecovery is what is kept of a recovery code, under a key of the installation; how it was typed does not matter.
func HashRecovery(key [32]byte, owner, code string) [32]byte {
	mac := hmac.New(sha256.New, key[:])
	_, _ = mac.Write([]byte(owner + "\x00" + strings.ToLower(typed.Replace(code))))
	return [32]byte(mac.Sum(nil))
}

// IsRecovery reports whether the text has the form of a recovery code.
func IsRecovery(code string) bool {
	return len(typed.Replace(code)) == encoding.EncodedLen(recoveryBytes)
}
