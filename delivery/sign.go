package delivery

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed message, by Standard Webhooks (standardwebhooks.com).
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

const (
	secretPrefix    = "whsec_"
	signatureScheme = "v1,"
	tolerance       = 5 * time.Minute // how far the clocks of both ends may be apart
)

// signed returns the headers of a message. The id is the same each time the message is sent, so that a receiver knows
// it again.
func signed(key []byte, id string, at time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "usher")
	h.Set(headerID, id)
	h.Set(headerTimestamp, timestamp)
	h.Set(headerSignature, signatureScheme+signature(key, id, timestamp, body))
	h["Idempotency-Key"] = nil // lets the transport send again on another connection; it is not sent
	return h
}

func signature(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(id + "." + timestamp + "."))
	_, _ = mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify checks that a message comes from who knows the secret ("whsec_…"), is whole, and was signed within five
// minutes of now. What it accepts may still be a message that has come before, under the same webhook-id.
func Verify(secret string, h http.Header, body []byte, now time.Time) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 {
		return errors.New("the secret is not base64 behind " + secretPrefix)
	}
	id, timestamp := h.Get(headerID), h.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return fmt.Errorf("%s %q with %s %q: the message is not signed", headerID, id, headerTimestamp, timestamp)
	}
	if off := now.Sub(time.Unix(seconds, 0)); off.Abs() > tolerance {
		return fmt.Errorf("%s is %s away from now: it is an old message, or a clock is wrong", headerTimestamp, off.Round(time.Second))
	}
	want := signatureScheme + signature(key, id, timestamp, body)
	for one := range strings.FieldsSeq(h.Get(headerSignature)) { // several while a secret is being replaced
		if hmac.Equal([]byte(one), []byte(want)) {
			return nil
		}
	}
	return errors.New("no signature matches: the secret is another one, or the body was changed")
}
