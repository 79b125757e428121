package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory"
)

// promisedSignIn are the promises about attempts, links, factors and what expires.
var promisedSignIn = []promise{
	{"an attempt is found by its hash in its root, and used up once", func(p *place) {
		a := directory.Attempt{
			Root: p.root, Hash: hash(newID()), Connection: p.conn, Browser: hash("cookie"), Workspace: "ACC123", Return: "/x",
			Subject: "s", Session: "x", Nonce: "n", Verifier: "v", Address: "192.0.2.1", UserAgent: "ua", Created: start, Expires: start.Add(time.Hour),
		}
		p.must(p.change(func(c *directory.Change) { c.Attempts = []directory.Edit[directory.Attempt]{edit(nil, &a)} }))
		got, err := p.store.Attempt(p.ctx(), p.root, a.Hash)
		p.must(err)
		p.equal(got, a)
		_, err = p.store.Attempt(p.ctx(), newPlace(p.TB, p.store).root, a.Hash)
		p.wantErr(err, directory.ErrNotFound)
		use := func() error {
			return p.change(func(c *directory.Change) { c.Attempts = []directory.Edit[directory.Attempt]{edit(&a, nil)} })
		}
		p.must(use())
		p.wantErr(use(), directory.ErrConflict)
		_, err = p.store.Attempt(p.ctx(), p.root, a.Hash)
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"an assertion is taken once in a connection", func(p *place) {
		take := func(connection string) error {
			return p.change(func(c *directory.Change) {
				c.Replays = []directory.Replay{{Root: p.root, Connection: connection, Hash: hash("jti"), Until: start}}
			})
		}
		taken := func(connection string) bool {
			p.Helper()
			is, err := p.store.Replayed(p.ctx(), p.root, connection, hash("jti"))
			p.must(err)
			return is
		}
		p.equal(taken(p.conn), false)
		p.must(take(p.conn))
		p.equal(taken(p.conn), true)
		p.equal(taken("other"), false)
		p.wantErr(take(p.conn), directory.ErrConflict)
		p.must(take("other"))
	}},
	{"a link has one subject, and goes with the person or the connection", func(p *place) {
		l := directory.Link{
			Root: p.root, Connection: p.conn, Kind: directory.LinkIdentity, Key: hash("ada"), Subject: "s1", Issuer: "https://idp",
			Name: "ada", Last: []byte(`{"a":1}`), Created: start, Used: start, Version: 1,
		}
		other := l
		other.Kind, other.Subject, other.Last = directory.LinkPrincipal, "s2", nil
		p.must(p.change(func(c *directory.Change) {
			c.Links = []directory.Edit[directory.Link]{edit(nil, &l), edit(nil, &other)}
		}))
		got, err := p.store.Link(p.ctx(), p.root, p.conn, l.Kind, l.Key)
		p.must(err)
		p.equal(got, l)
		got, err = p.store.AnyIdentity(p.ctx(), p.root, p.conn)
		p.must(err)
		p.equal(got, l)
		p.wantErr(p.change(func(c *directory.Change) { c.Links = []directory.Edit[directory.Link]{edit(nil, &l)} }), directory.ErrConflict)
		after := l
		after.Last, after.Version = nil, 2
		change := func() error {
			return p.change(func(c *directory.Change) { c.Links = []directory.Edit[directory.Link]{edit(&l, &after)} })
		}
		p.must(change())
		p.wantErr(change(), directory.ErrConflict)
		p.linksOf("s1", after)
		p.must(p.change(func(c *directory.Change) { c.Erase = []string{"s1"} }))
		p.linksOf("s1")
		p.linksOf("s2", other)
		_, err = p.store.AnyIdentity(p.ctx(), p.root, p.conn)
		p.wantErr(err, directory.ErrNotFound)
		p.must(p.store.DeleteConnection(p.ctx(), p.root, p.conn, nil))
		p.linksOf("s2")
	}},
	{"a factor and a throttle rest on their versions", func(p *place) {
		f := directory.Factor{
			Root: p.root, Subject: "s1", Sealed: []byte("sealed"), Session: "x", Confirmed: start, Step: 7, Recovery: [][32]byte{hash("a"), hash("b")},
			Created: start, Version: 1,
		}
		th := directory.Throttle{Root: p.root, Key: "k", Failures: 3, Until: start, Version: 1}
		p.must(p.change(func(c *directory.Change) {
			c.Factors = []directory.Edit[directory.Factor]{edit(nil, &f)}
			c.Throttles = []directory.Edit[directory.Throttle]{edit(nil, &th)}
		}))
		stepped, counted := f, th
		stepped.Step, stepped.Recovery, stepped.Version = 8, f.Recovery[:1], 2
		counted.Failures, counted.Version = 4, 2
		step := func() error {
			return p.change(func(c *directory.Change) { c.Factors = []directory.Edit[directory.Factor]{edit(&f, &stepped)} })
		}
		count := func() error {
			return p.change(func(c *directory.Change) { c.Throttles = []directory.Edit[directory.Throttle]{edit(&th, &counted)} })
		}
		p.must(step())
		p.must(count())
		p.wantErr(step(), directory.ErrConflict)
		p.wantErr(count(), directory.ErrConflict)
		gotFactor, err := p.store.Factor(p.ctx(), p.root, "s1")
		p.must(err)
		p.equal(gotFactor, stepped)
		gotThrottle, err := p.store.Throttle(p.ctx(), p.root, "k")
		p.must(err)
		p.equal(gotThrottle, counted)
		p.must(p.change(func(c *directory.Change) { c.Erase = []string{"s1"} }))
		_, err = p.store.Factor(p.ctx(), p.root, "s1")
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"what is over is pruned, and nothing else", func(p *place) {
		old, kept := hash("old"+p.root), hash("kept"+p.root)
		gone := p.session(func(s *directory.Session) { s.Ends = start.Add(-time.Hour) })
		due := p.session(func(s *directory.Session) { s.Ends, s.Closing = start.Add(-time.Hour), true })
		live := p.session(func(*directory.Session) {})
		p.must(p.change(func(c *directory.Change) {
			for h, at := range map[[32]byte]time.Time{old: start, kept: start.Add(1)} {
				c.Attempts = append(c.Attempts, edit(nil, &directory.Attempt{Root: p.root, Hash: h, Expires: at}))
				c.Replays = append(c.Replays, directory.Replay{Root: p.root, Hash: h, Until: at})
				c.Authorizations = append(c.Authorizations, edit(nil, &directory.Authorization{Root: p.root, Hash: h, Expires: at}))
				c.Grants = append(c.Grants, edit(nil, &directory.Grant{Root: p.root, Hash: h, Expires: at, Version: 1}))
				c.Messages = append(c.Messages, edit(nil, &directory.Message{Root: p.root, ID: newID(), Abandoned: at, Version: 1}))
			}
		}))
		n, err := p.store.PruneExpired(p.ctx(), p.root, start, start)
		p.must(err)
		p.equal(n, 6)
		_, err = p.store.Attempt(p.ctx(), p.root, old)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.Authorization(p.ctx(), p.root, kept)
		p.must(err)
		_, err = p.store.Grant(p.ctx(), p.root, kept)
		p.must(err)
		_, err = p.store.Session(p.ctx(), p.root, gone.ID)
		p.wantErr(err, directory.ErrNotFound)
		for _, s := range []directory.Session{due, live} {
			_, err = p.store.Session(p.ctx(), p.root, s.ID)
			p.must(err)
		}
		n, err = p.store.PruneExpired(p.ctx(), p.root, start, start)
		p.must(err)
		p.equal(n, 0)
	}},
}

func (p *place) linksOf(subject string, want ...directory.Link) {
	p.Helper()
	got, err := p.store.LinksOf(p.ctx(), p.root, subject)
	p.must(err)
	p.equal(got, want)
}

var ids atomic.Int64

// nextID makes ids that are ordered within a millisecond too.
func nextID() string { return fmt.Sprintf("%016x", ids.Add(1)) }

// session stores a live one, changed by change.
func (p *place) session(change func(*directory.Session)) directory.Session {
	p.Helper()
	id := nextID()
	s := directory.Session{
		Root: p.root, ID: id, Hash: hash(id), Subject: "s1", Workspace: p.root, Home: p.root, Connection: p.conn, Identity: hash("ada"),
		IDPSession: "sid", AssertedRole: "admin", AssertedOver: "member", Methods: []string{"pwd"}, Context: "acr", AuthTime: start, Factor: start.Add(time.Second),
		State: directory.SessionLive, Created: start, Seen: start, Idle: time.Hour, Expires: start.Add(time.Hour), Ends: start.Add(time.Hour), Address: "192.0.2.1",
		UserAgent: "ua", Version: 1,
	}
	change(&s)
	p.must(p.change(func(c *directory.Change) { c.Sessions = []directory.Edit[directory.Session]{edit(nil, &s)} }))
	return s
}

// promisedSessions are the promises about sessions, apps and messages.
var promisedSessions = []promise{
	{"a session is found by its id and by its hash, in its root, as it was seen last", func(p *place) {
		want := p.session(func(*directory.Session) {})
		p.must(p.store.TouchSession(p.ctx(), p.root, want.ID, start.Add(time.Minute), start.Add(2*time.Hour)))
		p.must(p.store.TouchSession(p.ctx(), p.root, want.ID, start.Add(time.Second), start.Add(time.Hour)))
		p.must(p.store.TouchSession(p.ctx(), "nowhere", want.ID, start, start))
		want.Seen, want.Ends = start.Add(time.Minute), start.Add(2*time.Hour)
		got, err := p.store.Session(p.ctx(), p.root, want.ID)
		p.must(err)
		p.equal(got, want)
		got, err = p.store.SessionByHash(p.ctx(), p.root, want.Hash)
		p.must(err)
		p.equal(got, want)
		_, err = p.store.SessionByHash(p.ctx(), newPlace(p.TB, p.store).root, want.Hash)
		p.wantErr(err, directory.ErrNotFound)
		after := want
		after.Hash, after.State, after.Workspace, after.Version = hash("new"+want.ID), directory.SessionPending, "w2", 2
		change := func() error {
			return p.change(func(c *directory.Change) { c.Sessions = []directory.Edit[directory.Session]{edit(&want, &after)} })
		}
		p.must(change())
		p.wantErr(change(), directory.ErrConflict)
		got, err = p.store.SessionByHash(p.ctx(), p.root, after.Hash)
		p.must(err)
		p.equal(got, after)
	}},
	{"live sessions are listed by whose and where they are", func(p *place) {
		one := p.session(func(*directory.Session) {})
		two := p.session(func(s *directory.Session) { s.Subject, s.Workspace = "s2", "w2" })
		three := p.session(func(s *directory.Session) { s.Connection, s.Workspace, s.Home = "c2", "w2", "w2" })
		p.session(func(s *directory.Session) { s.State = directory.SessionEnded })
		p.session(func(s *directory.Session) { s.Ends = start })
		for _, c := range []struct {
			q    directory.SessionQuery
			want []directory.Session
		}{
			{directory.SessionQuery{}, []directory.Session{one, two, three}},
			{directory.SessionQuery{Subject: "s2"}, []directory.Session{two}},
			{directory.SessionQuery{Connection: "c2"}, []directory.Session{three}},
			{directory.SessionQuery{Workspaces: []string{"w2"}}, []directory.Session{two, three}},
			{directory.SessionQuery{Workspaces: []string{p.root, "none"}}, []directory.Session{one, two}},
			{directory.SessionQuery{After: one.ID, Limit: 1}, []directory.Session{two}},
		} {
			c.q.Root = p.root
			got, err := p.store.Sessions(p.ctx(), c.q, start)
			p.must(err)
			p.equal(got, c.want)
		}
	}},
	{"a change ends the live sessions that it names, those too that it does not know", func(p *place) {
		is := func(change func(*directory.Session)) directory.Session { return p.session(change) }
		mine := is(func(*directory.Session) {})
		entered := is(func(s *directory.Session) { s.Workspace = "w2" })
		theirs := is(func(s *directory.Session) { s.Subject, s.IDPSession, s.Identity = "s2", "sid2", hash("bob") })
		unnamed := is(func(s *directory.Session) { s.IDPSession = "" })
		over := is(func(s *directory.Session) { s.Ends = start.Add(-time.Hour) })
		end := func(e directory.SessionEnd, live ...directory.Session) {
			p.Helper()
			e.At, e.Reason = start, "test"
			p.must(p.change(func(c *directory.Change) { c.Ends = []directory.SessionEnd{e} }))
			got, err := p.store.Sessions(p.ctx(), directory.SessionQuery{Root: p.root}, start)
			p.must(err)
			p.equal(got, live)
		}
		end(directory.SessionEnd{Subject: "s1", Workspaces: []string{"w3"}}, mine, entered, theirs, unnamed)
		end(directory.SessionEnd{Subject: "s1", Workspaces: []string{"w2"}}, mine, theirs, unnamed)
		end(directory.SessionEnd{Connection: p.conn, IDPSessions: []string{"sid2"}, Identity: hash("ada")}, mine, theirs, unnamed)
		end(directory.SessionEnd{Connection: p.conn, IDPSessions: []string{"sid2"}}, mine, unnamed)
		end(directory.SessionEnd{Connection: p.conn, IDPSessions: []string{"sid2", ""}}, mine)
		end(directory.SessionEnd{Connection: p.conn, Identity: hash("ada")})
		got, err := p.store.Session(p.ctx(), p.root, mine.ID)
		p.must(err)
		p.equal([]any{got.State, got.Ends, got.Reason, got.Version}, []any{directory.SessionEnded, start, "test", int64(2)})
		got, err = p.store.Session(p.ctx(), p.root, over.ID)
		p.must(err)
		p.equal(got, over)
	}},
	{"a session does not begin on a membership that has moved", func(p *place) {
		m := directory.Membership{Root: p.root, Workspace: p.root, Subject: "s1", Version: 1}
		moved := m
		moved.Version = 2
		p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &m)} }))
		hold := func(m directory.Membership) error {
			return p.change(func(c *directory.Change) { c.Holds = []directory.Membership{m} })
		}
		p.must(hold(m))
		p.wantErr(hold(moved), directory.ErrConflict)
		p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(&m, &moved)} }))
		p.wantErr(hold(m), directory.ErrConflict)
		p.must(hold(moved))
	}},
	{"what follows from an end, and who is to be removed, is found when it is due", func(p *place) {
		due := p.session(func(s *directory.Session) { s.Ends, s.Closing = start, true })
		p.session(func(s *directory.Session) { s.Ends = start })
		p.session(func(s *directory.Session) { s.Ends, s.Closing = start.Add(1), true })
		list, err := p.store.DueSessions(p.ctx(), start, 10)
		p.must(err)
		p.equal(list, []directory.Session{due})
		var rows []directory.Membership
		for i, at := range []time.Time{{}, start, start.Add(1)} {
			rows = append(rows, directory.Membership{
				Root: p.root, Workspace: p.root, Subject: string(rune('a' + i)), Created: start, Modified: start, DeleteAfter: at, Version: 1,
			})
			p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &rows[i])} }))
		}
		members, err := p.store.DueMemberships(p.ctx(), start, 10)
		p.must(err)
		p.equal(members, rows[1:2])
	}},
	{"ephemeral people who have gone are found by age, and nobody else", func(p *place) {
		bury := func(connection, kind string, at time.Time) directory.Tombstone {
			t := directory.Tombstone{Root: p.root, Connection: connection, Kind: kind, Hash: hash(newID()), Subject: newID(), Created: at}
			p.must(p.change(func(c *directory.Change) { c.Tombstones = []directory.Edit[directory.Tombstone]{edit(nil, &t)} }))
			return t
		}
		third := bury("c", "ephemeral", start.Add(-time.Minute))
		first := bury("", "vanished", start.Add(-time.Hour))
		second := bury("d", "ephemeral", start.Add(-30*time.Minute))
		bury("c", "ephemeral", start)
		bury("c", "subject", start.Add(-time.Hour))
		gone := func(root string, limit int, want ...directory.Tombstone) {
			p.Helper()
			got, err := p.store.GoneBefore(p.ctx(), root, start, limit)
			p.must(err)
			p.equal(got, want)
		}
		gone(p.root, 10, first, second, third)
		gone(p.root, 2, first, second)
		gone("nobody", 10)
		p.must(p.change(func(c *directory.Change) { c.Tombstones = []directory.Edit[directory.Tombstone]{edit(&first, nil)} }))
		gone(p.root, 10, second, third)
	}},
	{"an app is found in its root, and knows the sessions in which it was given something", func(p *place) {
		own := directory.App{
			Root: p.root, ID: newID(), Name: "CRM", SecretHash: hash("x"), RedirectURIs: []string{"https://app/cb"},
			PostLogoutURIs: []string{"https://app"}, BackchannelLogoutURI: "https://app/out", FirstParty: true, Created: start, Version: 1,
		}
		whole := directory.App{ID: newID(), Name: "all", Created: start, Version: 1}
		for _, a := range []directory.App{own, whole} {
			p.must(p.store.Commit(p.ctx(), &directory.Change{
				Root: a.Root, SignInChange: directory.SignInChange{Apps: []directory.Edit[directory.App]{edit(nil, &a)}},
			}))
			got, err := p.store.App(p.ctx(), a.Root, a.ID)
			p.must(err)
			p.equal(got, a)
			list, err := p.store.Apps(p.ctx(), a.Root)
			p.must(err)
			p.equal(list, []directory.App{a})
		}
		_, err := p.store.App(p.ctx(), p.root, whole.ID)
		p.wantErr(err, directory.ErrNotFound)
		for i, session := range []string{"one", "one", "two"} {
			g := directory.Grant{
				Root: p.root, Hash: hash(newID()), Kind: directory.GrantCode, Family: session, App: string(rune('a' + i)), Session: session,
				Scope: []string{"openid"}, Nonce: "n", RedirectURI: "r", Challenge: "c", Created: start, Expires: start, Used: start, Version: 1,
			}
			p.must(p.change(func(c *directory.Change) { c.Grants = []directory.Edit[directory.Grant]{edit(nil, &g)} }))
			got, err := p.store.Grant(p.ctx(), p.root, g.Hash)
			p.must(err)
			p.equal(got, g)
		}
		p.appsOf("one", "a", "b")
		p.must(p.change(func(c *directory.Change) { c.Revoked = []string{"one"} }))
		for family, want := range map[string]bool{"one": false, "two": true} {
			has, err := p.store.HasFamily(p.ctx(), p.root, family)
			p.must(err)
			p.equal(has, want)
		}
		p.appsOf("one")
		p.appsOf("two", "c")
	}},
	{"signing keys are the installation's", func(p *place) {
		k := directory.SigningKey{ID: newID(), Algorithm: "ES256", Sealed: []byte("x"), Created: start, Signs: start, Retired: start, Version: 1}
		p.must(p.store.Commit(p.ctx(), &directory.Change{SignInChange: directory.SignInChange{
			SigningKeys: []directory.Edit[directory.SigningKey]{edit(nil, &k)},
		}}))
		list, err := p.store.SigningKeys(p.ctx())
		p.must(err)
		p.equal(list, []directory.SigningKey{k})
	}},
	{"of messages to one receiver the first alone is due", func(p *place) {
		message := func(change func(*directory.Message)) directory.Message {
			m := directory.Message{
				Root: p.root, ID: nextID(), Kind: directory.MessageLogout, To: "app", Session: "x", Subject: "s", Data: []byte("{}"),
				Created: start, Version: 1,
			}
			change(&m)
			p.must(p.change(func(c *directory.Change) { c.Messages = []directory.Edit[directory.Message]{edit(nil, &m)} }))
			return m
		}
		due := func(want ...directory.Message) {
			p.Helper()
			got, err := p.store.DueMessages(p.ctx(), directory.MessageLogout, start, 10)
			p.must(err)
			p.equal(got, want)
		}
		first := message(func(*directory.Message) {})
		second := message(func(*directory.Message) {})
		other := message(func(m *directory.Message) { m.To = "app2" })
		message(func(m *directory.Message) { m.To, m.NextAt = "app3", start.Add(1) })
		mail := message(func(m *directory.Message) { m.To, m.Kind = "app4", directory.MessageMail })
		later := message(func(m *directory.Message) { m.To, m.Kind, m.Told = "app4", directory.MessageMail, []string{"s1"} })
		due(first, other)
		mails, err := p.store.DueMessages(p.ctx(), directory.MessageMail, start, 10)
		p.must(err)
		p.equal(mails, []directory.Message{mail, later}) // they do not wait for each other
		to, err := p.store.MessagesTo(p.ctx(), p.root, directory.MessageLogout, "app", 10)
		p.must(err)
		p.equal(to, []directory.Message{first, second})
		abandoned := first
		abandoned.Abandoned, abandoned.Version = start, 2
		p.must(p.change(func(c *directory.Change) { c.Messages = []directory.Edit[directory.Message]{edit(&first, &abandoned)} }))
		due(second, other)
	}},
}

func (p *place) appsOf(session string, want ...string) {
	p.Helper()
	got, err := p.store.AppsOf(p.ctx(), p.root, session)
	p.must(err)
	p.equal(got, want)
}
