package directory_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
)

// oracle says what the rules J3, J4, J5 and J7 make of one person, in the plainest way.
type oracle struct {
	now               time.Time
	update, ephemeral bool
	member, blocked   bool
	role              string
	deleteAfter       time.Time // zero: it lasts
	sessions          []*oracleSession
}

type oracleSession struct {
	id, token     string
	seen, expires time.Time
	asserted      string
	over, closing bool
}

func (o *oracle) live(s *oracleSession) bool {
	return !s.over && o.now.Before(s.expires) && o.now.Before(s.seen.Add(time.Hour))
}

func (o *oracle) endAll() {
	for _, s := range o.sessions {
		s.over = true
	}
}

func (o *oracle) due() bool {
	return o.member && !o.deleteAfter.IsZero() && !o.now.Before(o.deleteAfter)
}

// vanish is the end of an ephemeral membership, which a block outlasts.
func (o *oracle) vanish() {
	if o.deleteAfter.IsZero() || !o.member {
		return
	}
	if o.blocked {
		o.deleteAfter = time.Time{}
		return
	}
	o.member = false
	o.endAll()
}

func (o *oracle) sweep() {
	if o.due() {
		o.vanish()
	}
	closed := false
	o.sessions = slices.DeleteFunc(o.sessions, func(s *oracleSession) bool {
		gone := !o.live(s)
		closed = closed || gone && s.closing
		return gone
	})
	if closed && len(o.sessions) == 0 {
		o.vanish()
	}
}

// login returns the session, or nil for who is refused.
func (o *oracle) login(claim string) *oracleSession {
	if o.due() {
		o.vanish()
	}
	known := claim == "editor" || claim == "viewer"
	s := &oracleSession{seen: o.now, expires: o.now.Add(12 * time.Hour)}
	switch {
	case !o.member:
		o.member, o.blocked, o.role, o.deleteAfter = true, false, "member", time.Time{}
		if known {
			o.role = claim
		}
		if o.ephemeral {
			o.deleteAfter = o.now.Add(24 * time.Hour)
		}
	case o.blocked:
		return nil
	case known && o.update:
		o.role = claim
	case known && claim != o.role:
		s.asserted = claim
	}
	if s.closing = !o.deleteAfter.IsZero(); s.closing && o.deleteAfter.Before(s.expires) {
		s.expires = o.deleteAfter
	}
	o.sessions = append(o.sessions, s)
	return s
}

// TestLogin_Property_RolesAndEphemeralPeople: whatever happens in whatever order, the directory does what the oracle says.
func TestLogin_Property_RolesAndEphemeralPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := newLoginMachine(t)
		m.settings(r)
		r.Repeat(map[string]func(*rapid.T){
			"login": m.login, "logout": m.logout, "use": m.use, "wait": m.wait, "sweep": m.sweep, "settings": m.settings,
			"role": m.setRole, "remove": m.remove, "block": m.block, "": m.compare,
		})
	})
}

type loginMachine struct {
	*world
	o       *oracle
	subject string
}

func newLoginMachine(t *testing.T) *loginMachine {
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor")
	w.role("viewer")
	return &loginMachine{world: w, o: &oracle{now: w.clock.Now()}}
}

func (m *loginMachine) login(r *rapid.T) {
	claim := rapid.SampledFrom([]string{"", "editor", "viewer", "nobody"}).Draw(r, "claim")
	claims := ""
	if claim != "" {
		claims = `{"role":"` + claim + `"}`
	}
	want := m.o.login(claim)
	got, err := m.tryLogin(identity("ada", claims), "")
	if want == nil {
		wantCode(m.t, err, directory.LoginBlocked)
		return
	}
	check(m.t, err)
	if m.subject != "" && m.subject != got.Session.Subject {
		r.Fatalf("another subject")
	}
	m.subject, want.id, want.token = got.Session.Subject, got.Session.ID, got.Token
}

// pick draws a session; nil when there is none.
func (m *loginMachine) pick(r *rapid.T) *oracleSession {
	if len(m.o.sessions) == 0 {
		return nil
	}
	return m.o.sessions[rapid.IntRange(0, len(m.o.sessions)-1).Draw(r, "session")]
}

func (m *loginMachine) logout(r *rapid.T) {
	if s := m.pick(r); s != nil {
		check(m.t, m.directory.EndSession(m.ctx, operator, m.workspace.Root, s.id, directory.ReasonLogout))
		s.over = true
	}
}

func (m *loginMachine) use(r *rapid.T) {
	s := m.pick(r)
	if s == nil {
		return
	}
	_, err := m.directory.SessionByToken(m.ctx, s.token, "192.0.2.1")
	if live := m.o.live(s); live != (err == nil) {
		r.Fatalf("the session opens: %v, and it is live: %v", err, live)
	} else if live && m.o.now.Sub(s.seen) >= time.Minute {
		s.seen = m.o.now
	}
}

func (m *loginMachine) wait(r *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Minute, time.Hour, 11 * time.Hour, 24 * time.Hour}).Draw(r, "time")
	m.clock.add(d)
	m.o.now = m.o.now.Add(d)
}

func (m *loginMachine) sweep(*rapid.T) {
	m.world.sweep()
	m.o.sweep()
}

func (m *loginMachine) settings(r *rapid.T) {
	m.o.update, m.o.ephemeral = rapid.Bool().Draw(r, "update"), rapid.Bool().Draw(r, "ephemeral")
	m.connectionSettings(func(s *directory.ConnectionSettings) {
		s.SignIn = clone(s.SignIn)
		s.SignIn.UpdateRole, s.SignIn.Ephemeral = m.o.update, m.o.ephemeral
	})
}

func (m *loginMachine) setRole(r *rapid.T) {
	role := rapid.SampledFrom([]string{"member", "editor", "viewer"}).Draw(r, "role")
	m.change(r, directory.MemberChange{Role: &role}, func() { m.o.role = role })
}

func (m *loginMachine) block(r *rapid.T) {
	blocked := rapid.Bool().Draw(r, "blocked")
	m.change(r, directory.MemberChange{Blocked: &blocked}, func() {
		if blocked && !m.o.blocked {
			m.o.endAll()
		}
		m.o.blocked = blocked
	})
}

func (m *loginMachine) change(_ *rapid.T, c directory.MemberChange, did func()) {
	if !m.o.member {
		return
	}
	_, _, err := m.directory.ChangeMember(m.ctx, operator, m.workspace, m.subject, c)
	check(m.t, err)
	did()
}

func (m *loginMachine) remove(*rapid.T) {
	if !m.o.member {
		return
	}
	_, err := m.directory.RemoveMember(m.ctx, operator, m.workspace, m.subject)
	check(m.t, err)
	m.o.member, m.o.blocked = false, false
	m.o.endAll()
}

// compare holds the directory to the oracle.
func (m *loginMachine) compare(r *rapid.T) {
	if m.subject == "" {
		return
	}
	if is := m.isMember(m.subject); is != m.o.member {
		r.Fatalf("member: %v, want %v", is, m.o.member)
	}
	if m.o.member {
		row := m.membership(m.subject)
		if row.Role != m.o.role || row.Blocked != m.o.blocked || !row.DeleteAfter.Equal(m.o.deleteAfter) {
			r.Fatalf("membership %+v, want %+v", row, m.o)
		}
	}
	var live []string
	for _, s := range m.o.sessions {
		if m.o.live(s) {
			live = append(live, s.id)
		}
	}
	rows := m.world.sessions(m.subject)
	if len(rows) != len(live) {
		r.Fatalf("%d sessions are live, want %d", len(rows), len(live))
	}
	for _, row := range rows {
		i := slices.IndexFunc(m.o.sessions, func(s *oracleSession) bool { return s.id == row.ID })
		if i < 0 || row.AssertedRole != m.o.sessions[i].asserted {
			r.Fatalf("session %+v is not as the oracle says", row)
		}
	}
}
