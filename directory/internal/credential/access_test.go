package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// Whatever is sent: what parses has one spelling, and only what was signed verifies.
func FuzzAccessToken(f *testing.F) {
	key := [32]byte{1}
	expires := time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	genuine := credential.Access{Root: "aaaaaaaaaa", Secret: "bbbbbbbbbbbbbbbbbbbb", Expires: expires}.Text(key)
	mac := strings.LastIndexByte(genuine, '_') + 1
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1] + "1") // the last digit has spare bits
	f.Add(genuine + "\n")
	f.Add(strings.Replace(genuine, "_a", "__", 1))
	f.Add("usher_at_0000000000_00000000000000000000_000000000_" + strings.Repeat("0", 52)) // a digit too many
	f.Add("usher_at_")
	f.Add("usher_at_" + strings.Repeat("_", 200))
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := credential.ParseAccess(text)
		if signed := a.Text(key); ok && signed[:mac] != text[:mac] {
			t.Errorf("%q reads as %q", text, signed)
		}
		if a.Verify(key) && text != genuine {
			// Another token may verify only if the fuzzer has found a collision of HMAC-SHA256.
			t.Errorf("%q verifies", text)
		}
	})
}

func TestAccess_VerifiesUnderItsKeyOnly(t *testing.T) {
	t.Parallel()
	expires := time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	text := credential.Access{Root: "aaaaaaaaaa", Secret: "bbbbbbbbbbbbbbbbbbbb", Expires: expires}.Text([32]byte{1})
	a, ok := credential.ParseAccess(text)
	if !ok || !a.Verify([32]byte{1}) || a.Verify([32]byte{2}) {
		t.Errorf("%q: well-formed %t", text, ok)
	}
	if want := expires.Add(time.Second).Truncate(time.Second); !a.Expires.Equal(want) { // rounded up
		t.Errorf("it expires at %s, not %s", a.Expires, want)
	}
}
