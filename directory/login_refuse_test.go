package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// TestRefuseLogin_StrangersDoNotFillTheLogs: what the identity provider has no part in anybody can send, as often as they
// like, with attempts of their own too. Those are used up all the same.
func TestRefuseLogin_StrangersDoNotFillTheLogs(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	refuse := func(state, code, address string, verified bool) int {
		t.Helper()
		w.skip()
		check(t, w.directory.RefuseLogin(w.ctx, directory.RefusedLogin{
			State: state, Connection: w.connection, Code: directory.LoginCode(code), Address: address, Verified: verified,
		}))
		lines := w.happened()
		for _, line := range lines {
			if !containsAll(line, "login.refuse", fmt.Sprintf("%q:%q", "code", code)) {
				t.Errorf("left %q", line)
			}
		}
		return len(lines)
	}
	begun := w.begin("")
	for _, c := range []struct {
		name, state, code, address string
		verified                   bool
		want                       int
	}{
		{"the first", "", "malformed", "192.0.2.1", false, 1},
		{"again", "", "malformed", "192.0.2.1", false, 0},
		{"with a state of nobody's", "x", "malformed", "192.0.2.1", false, 0},
		{"of another code", "", "unknown_state", "192.0.2.1", false, 1},
		{"of another address", "", "malformed", "2001:db8::1", false, 1},
		{"of another address in the same network", "", "malformed", "2001:db8::2", false, 0},
		{"of an attempt", begun, "malformed", "192.0.2.1", false, 0},
		{"verified, of an attempt that is used up", begun, "malformed", "192.0.2.1", true, 0},
		{"verified, of an attempt", w.begin(""), "malformed", "192.0.2.1", true, 1},
		{"verified, of another attempt", w.begin(""), "malformed", "192.0.2.1", true, 1},
	} {
		equal(t, c.name, refuse(c.state, c.code, c.address, c.verified), c.want)
	}
	_, _, _, err := w.directory.Attempt(w.ctx, begun)
	wantCode(t, err, directory.LoginUnknownState)
	equal(t, "records in the provisioning log", len(w.logins()), 5)
	w.clock.add(time.Minute)
	equal(t, "a minute later", refuse("", "malformed", "192.0.2.1", false), 1)
}
