package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// TestRefuseLogin_NobodysAttemptsDoNotFillTheLogs: what belongs to no attempt anybody can send, as often as they like.
func TestRefuseLogin_NobodysAttemptsDoNotFillTheLogs(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	refuse := func(state, code, address string) int {
		t.Helper()
		w.skip()
		check(t, w.directory.RefuseLogin(w.ctx, directory.RefusedLogin{
			State: state, Connection: w.connection, Code: directory.LoginCode(code), Address: address,
		}))
		lines := w.happened()
		for _, line := range lines {
			if !containsAll(line, "login.refuse", fmt.Sprintf("%q:%q", "code", code)) {
				t.Errorf("left %q", line)
			}
		}
		return len(lines)
	}
	for _, c := range []struct {
		name, state, code, address string
		want                       int
	}{
		{"the first", "", "malformed", "192.0.2.1", 1},
		{"again", "", "malformed", "192.0.2.1", 0},
		{"with a state of nobody's", "x", "malformed", "192.0.2.1", 0},
		{"of another code", "", "unknown_state", "192.0.2.1", 1},
		{"of another address", "", "malformed", "2001:db8::1", 1},
		{"of another address in the same network", "", "malformed", "2001:db8::2", 0},
		{"of an attempt", w.begin(""), "malformed", "192.0.2.1", 1},
		{"of another attempt", w.begin(""), "malformed", "192.0.2.1", 1},
	} {
		equal(t, c.name, refuse(c.state, c.code, c.address), c.want)
	}
	equal(t, "records in the provisioning log", len(w.logins()), 5)
	w.clock.add(time.Minute)
	equal(t, "a minute later", refuse("", "malformed", "192.0.2.1"), 1)
}
