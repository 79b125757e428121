package delivery

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"
)

// Standard Webhooks' own library is the oracle, both ways.
func TestSign_AsStandardWebhooks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 24, 64).Draw(t, "key")
		id := rapid.StringMatching(`[0-9a-v]{1,24}`).Draw(t, "id")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "time"), 0)
		secret := secretPrefix + base64.StdEncoding.EncodeToString(key)
		oracle, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		h := signed(key, id, at, body)
		if err := oracle.VerifyIgnoringTimestamp(body, h); err != nil {
			t.Errorf("the oracle refuses what we sign: %v", err)
		}
		theirs, err := oracle.Sign(id, at, body)
		if err != nil {
			t.Fatal(err)
		}
		h.Set(headerSignature, "v1a,other v1,AAAA "+theirs)
		if err := Verify(secret, h, body, at); err != nil {
			t.Errorf("we refuse what the oracle signs: %v", err)
		}
		if err := Verify(secret, h, append(body, 'x'), at); err == nil {
			t.Error("a changed body is accepted")
		}
	})
}

func TestVerify_Refuses(t *testing.T) {
	t.Parallel()
	key, body := []byte(strings.Repeat("k", 32)), []byte(`{"type":"member.joined"}`)
	secret := secretPrefix + base64.StdEncoding.EncodeToString(key)
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, row := range []struct {
		name   string
		secret string
		change func(http.Header)
		now    time.Time
		ok     bool
	}{
		{"nothing: it is good", secret, func(http.Header) {}, at, true},
		{"nothing, almost too old", secret, func(http.Header) {}, at.Add(tolerance), true},
		{"nothing, our clock is slow", secret, func(http.Header) {}, at.Add(-tolerance), true},
		{"too old", secret, func(http.Header) {}, at.Add(tolerance + time.Second), false},
		{"of the future", secret, func(http.Header) {}, at.Add(-tolerance - time.Second), false},
		{"of the end of time", secret, func(h http.Header) { h.Set(headerTimestamp, "9223372036854775807") }, at, false},
		{"another secret", secretPrefix + base64.StdEncoding.EncodeToString(key[1:]), func(http.Header) {}, at, false},
		{"a secret that is none", "whsec_?", func(http.Header) {}, at, false},
		{"an empty secret", "whsec_", func(http.Header) {}, at, false},
		{"another id", secret, func(h http.Header) { h.Set(headerID, "other") }, at, false},
		{"no id", secret, func(h http.Header) { h.Del(headerID) }, at, false},
		{"another time", secret, func(h http.Header) { h.Set(headerTimestamp, "1893553446") }, at, false},
		{"no time", secret, func(h http.Header) { h.Del(headerTimestamp) }, at, false},
		{"no signature", secret, func(h http.Header) { h.Del(headerSignature) }, at, false},
		{"another scheme", secret, func(h http.Header) {
			h.Set(headerSignature, strings.Replace(h.Get(headerSignature), "v1,", "v2,", 1))
		}, at, false},
		{"a part of the signature", secret, func(h http.Header) { h.Set(headerSignature, h.Get(headerSignature)[:20]) }, at, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := signed(key, "0123", at, body)
			row.change(h)
			if err := Verify(row.secret, h, body, row.now); (err == nil) != row.ok {
				t.Errorf("Verify = %v", err)
			}
		})
	}
}
