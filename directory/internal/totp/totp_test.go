package totp

import (
	"strings"
	"testing"
	"time"
)

// The secret of RFC 6238 Appendix B, whose codes have eight digits there: six are their ends.
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestStep_RFC6238(t *testing.T) {
	t.Parallel()
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if step, ok := Step(rfcSecret, code, time.Unix(at, 0), 0); !ok || step != at/30 {
			t.Errorf("%s at %d: step %d, %v", code, at, step, ok)
		}
	}
}

func TestStep_CountsOnceAndNearNow(t *testing.T) {
	t.Parallel()
	at := time.Unix(1234567890, 0)
	step, _ := Step(rfcSecret, "005924", at, 0)
	for _, c := range []struct {
		name string
		code string
		now  time.Time
		last int64
		want bool
	}{
		{"typed with a blank", "005 924", at, 0, true},
		{"a step late", "005924", at.Add(30 * time.Second), 0, true},
		{"a step early", "005924", at.Add(-30 * time.Second), 0, true},
		{"two steps late", "005924", at.Add(60 * time.Second), 0, false},
		{"two steps early", "005924", at.Add(-60 * time.Second), 0, false},
		{"once more", "005924", at, step, false},
		{"behind a later one", "005924", at, step + 1, false},
		{"another code", "005925", at, 0, false},
		{"too short", "05924", at, 0, false},
		{"nothing", "", at, 0, false},
	} {
		if _, ok := Step(rfcSecret, c.code, c.now, c.last); ok != c.want {
			t.Errorf("%s: %v, want %v", c.name, ok, c.want)
		}
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	codes := NewRecovery()
	seen := map[string]bool{}
	for _, code := range codes {
		if !IsRecovery(code) || seen[code] || len(code) != 19 {
			t.Errorf("recovery code %q", code)
		}
		seen[code] = true
	}
	key := [32]byte{1}
	typed := strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))
	if HashRecovery(key, "a", typed) != HashRecovery(key, "a", codes[0]) {
		t.Error("how it is typed matters")
	}
	if HashRecovery(key, "b", codes[0]) == HashRecovery(key, "a", codes[0]) {
		t.Error("one person's code is another's")
	}
	if IsRecovery("123456") {
		t.Error("a code of an app is taken for one")
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	want := "otpauth://totp/Acme%20Ltd:ada@example.com?algorithm=SHA1&digits=6&issuer=Acme%20Ltd&period=30&secret=ABC"
	if got := URL("Acme Ltd", "ada@example.com", "ABC"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
