package sso_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// totp is a code by RFC 6238, as an authenticator app makes it.
func totp(secret string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	at4 := sum[19] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at4:])&0x7fffffff)%1_000_000)
}

var (
	secretText   = regexp.MustCompile(`<p class="secret">([A-Z2-7 ]+)</p>`)
	recoveryText = regexp.MustCompile(`<li>([^<]+)</li>`)
)

func secretOf(t testing.TB, page string) string {
	t.Helper()
	found := secretText.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no secret in %s", page)
	}
	return strings.ReplaceAll(found[1], " ", "")
}

const toApp = "/oauth2/continue?request=abc"

// factorWorld is one that asks everybody for a second factor.
func factorWorld(t *testing.T) *world {
	w := newWorld(t)
	w.ask(func(s *directory.WorkspaceSettings) { s.Security.SecondFactor = directory.FactorRequired })
	return w
}

// enrol signs ada in and sets up her second factor.
func (b *browser) enrol() (secret string, recovery []string) {
	b.Helper()
	p := b.login(b.okta, "?to="+url.QueryEscape(toApp))
	p = b.get(p.to)
	if p.StatusCode != http.StatusOK || !strings.Contains(p.text, `<svg class="qr"`) {
		b.Fatalf("%d: %s\n%s", p.StatusCode, p.text, b.log)
	}
	secret = secretOf(b, p.text)
	p = b.post("/factor", url.Values{"to": {toApp}, "code": {totp(secret, b.clock.Now())}})
	for _, found := range recoveryText.FindAllStringSubmatch(p.text, -1) {
		recovery = append(recovery, found[1])
	}
	if p.StatusCode != http.StatusOK || len(recovery) != 10 || !strings.Contains(p.text, `href="/oauth2/continue?request=abc"`) {
		b.Fatalf("%d: %s\n%s", p.StatusCode, p.text, b.log)
	}
	return secret, recovery
}

func TestFactor_IsSetUpAtTheFirstLogin(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	b := w.browser()
	p := b.login(w.okta, "?to="+url.QueryEscape(toApp))
	if p.to != w.server.URL+"/sso/factor?to="+url.QueryEscape(toApp) {
		t.Fatalf("sent to %s", p.to)
	}
	pending, ok := b.session()
	if !ok || pending.State != directory.SessionPending {
		t.Fatalf("session %+v", pending)
	}
	if p := b.get("/session"); p.StatusCode != http.StatusSeeOther || !strings.Contains(p.to, "/factor") {
		t.Errorf("a pending session opens its page: %d to %s", p.StatusCode, p.to)
	}
	first, again := b.get(p.to), b.get(p.to)
	if secretOf(t, first.text) != secretOf(t, again.text) {
		t.Error("the secret has changed with the page")
	}
	b.enrol()
	live, ok := b.session()
	if !ok || live.State != directory.SessionLive {
		t.Errorf("session %+v", live)
	}
}

func TestFactor_IsAskedForAtEachLogin(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	secret, recovery := w.browser().enrol()
	w.clock.Add(time.Minute)
	b := w.browser()
	p := b.get(b.login(w.okta, "?to="+url.QueryEscape(toApp)).to)
	if strings.Contains(p.text, "svg") || strings.Contains(p.text, secret) || !strings.Contains(p.text, "Enter your code") {
		t.Errorf("the secret is shown again: %s", p.text)
	}
	before, _ := b.session()
	p = b.post("/factor", url.Values{"to": {toApp}, "code": {"000000"}})
	if p.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.text, "did not work") || !strings.Contains(p.text, toApp) {
		t.Errorf("wrong code: %d: %s", p.StatusCode, p.text)
	}
	code := totp(secret, w.clock.Now())
	p = b.post("/factor", url.Values{"to": {toApp}, "code": {code[:3] + " " + code[3:]}})
	if p.StatusCode != http.StatusSeeOther || p.to != w.server.URL+toApp {
		t.Errorf("right code: %d to %s\n%s", p.StatusCode, p.to, w.log)
	}
	after, ok := b.session()
	if !ok || after.State != directory.SessionLive || after.Hash == before.Hash {
		t.Errorf("the session is %s, its cookie the same: %v", after.State, after.Hash == before.Hash)
	}
	other := w.browser()
	other.login(w.okta, "")
	if p := other.post("/factor", url.Values{"code": {code}}); p.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the same code in another browser: %d", p.StatusCode)
	}
	if p := other.post("/factor", url.Values{"code": {recovery[0]}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", p.StatusCode)
	}
	third := w.browser()
	third.login(w.okta, "")
	if p := third.post("/factor", url.Values{"code": {recovery[0]}}); p.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the recovery code again: %d", p.StatusCode)
	}
}

// New recovery codes are for who gives a code; the old ones are void.
func TestFactor_RecoveryCodesAreRenewed(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	b := w.browser()
	secret, old := b.enrol()
	if p := b.get("/session"); !strings.Contains(p.text, "Make new recovery codes") {
		t.Errorf("no form: %s", p.text)
	}
	if p := b.post("/recovery", url.Values{"code": {"000000"}}); p.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.text, "did not work") {
		t.Errorf("wrong code: %d", p.StatusCode)
	}
	w.clock.Add(time.Minute)
	p := b.post("/recovery", url.Values{"code": {totp(secret, w.clock.Now())}})
	fresh := recoveryText.FindAllStringSubmatch(p.text, -1)
	if p.StatusCode != http.StatusOK || len(fresh) != 10 {
		t.Fatalf("%d: %s", p.StatusCode, p.text)
	}
	other := w.browser()
	other.login(w.okta, "")
	if p := other.post("/recovery", url.Values{"code": {fresh[0][1]}}); p.StatusCode != http.StatusForbidden {
		t.Errorf("before the second factor: %d", p.StatusCode)
	}
	if p := other.post("/factor", url.Values{"code": {old[0]}}); p.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an old one: %d", p.StatusCode)
	}
	if p := other.post("/factor", url.Values{"code": {fresh[0][1]}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a new one: %d", p.StatusCode)
	}
}

func TestFactor_GuessingIsHeldUp(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	secret, _ := w.browser().enrol()
	w.clock.Add(time.Minute)
	b := w.browser()
	b.login(w.okta, "")
	last := 0
	for range 6 {
		last = b.post("/factor", url.Values{"code": {"000000"}}).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the sixth guess: %d", last)
	}
	if p := b.post("/factor", url.Values{"code": {totp(secret, w.clock.Now())}}); p.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the right code while held up: %d", p.StatusCode)
	}
}

func TestFactor_NobodyIsSignedIn(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	for _, p := range []page{w.browser().get("/factor"), w.browser().post("/factor", url.Values{"code": {"123456"}})} {
		if p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
			t.Errorf("%d: %s", p.StatusCode, p.text)
		}
	}
}
