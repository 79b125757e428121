package load

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// lane sends a tenant's requests, one after the other. It has people of its own, so that lanes never contradict each
// other.
type lane struct {
	tenant *tenant
	number int
	people []*person
	buffer bytes.Buffer
	book   [len(deeds)]latencies // from when it was due to the answer
	late   int
	lag    time.Duration // the latest start
	over   bool          // the day is
	spared map[int]int   // answers by which the server asked to wait, by status
}

// person is what Entra knows of a user.
type person struct {
	user
	title string
	team  *team
	lost  bool // a request about it had no right answer: what the server has is unknown
}

// team is what Entra knows of a group.
type team struct {
	id      string
	members atomic.Int64
	lost    atomic.Bool
}

// deed is a kind of request in a day.
type deed int

const (
	matchUser deed = iota
	createOne
	matchGroup
	createGroup
	addToGroup
	removeFromGroup
	change
	disable
	enable
)

var deeds = [...]string{"match user", "create user", "match group", "create group", "add member", "remove member", "change user", "disable user", "enable user"}

// do makes a request when it is due. It is false when the day is over or the answer was wrong, which is noted.
func (l *lane) do(ctx context.Context, what deed, c call) (ok, wrong bool) {
	due, ok := l.tenant.turn(ctx)
	if !ok {
		l.over = true
		return false, false
	}
	if lag := time.Since(due); lag > 0 {
		l.lag = max(l.lag, lag)
		if lag > lateAfter {
			l.late++
		}
	}
	l.tenant.day.sent.Add(1)
	if err := l.exchange(ctx, what, c); err != nil {
		if ctx.Err() != nil {
			return false, true
		}
		l.tenant.day.faults.note(err)
		return false, true
	}
	l.book[what].add(time.Since(due))
	return true, false
}

// exchange is an identity provider's patience: 429, and 503 with Retry-After, are waited for and asked again.
func (l *lane) exchange(ctx context.Context, what deed, c call) *Error {
	const patience = 10
	s := l.tenant.server
	for tries := 0; ; tries++ {
		a, err := s.send(ctx, c, &l.buffer)
		if err != nil {
			return s.failed(deeds[what], c, answer{}, err)
		}
		if asksToWait(a.status, a.retryAfter) && tries < patience {
			if l.spared == nil {
				l.spared = map[int]int{}
			}
			l.spared[a.status]++
			if sleep(ctx, retryAfter(a.retryAfter)) == nil {
				continue
			}
		}
		if err := c.check(a); err != nil {
			return s.failed(deeds[what], c, a, err)
		}
		s.answered.Add(1)
		return nil
	}
}

// about makes a request about a person. Who had a wrong answer is left alone from then on.
func (l *lane) about(ctx context.Context, p *person, what deed, c call) bool {
	ok, wrong := l.do(ctx, what, c)
	p.lost = p.lost || wrong
	return ok
}

// live is a lane's day. Lanes do not wait for each other, or the load would pause; therefore the first group is made at
// once, where Entra begins with the users.
func (l *lane) live(ctx context.Context) {
	if l.number == 0 {
		l.begin(ctx)
	}
	l.createUsers(ctx)
	l.createGroups(ctx)
	<-l.tenant.first
	l.addMembers(ctx)
	if !l.over {
		l.tenant.day.settle()
	}
	if l.tenant.day.Time > 0 {
		l.incremental(ctx)
	}
}

// begin tests the connection, which is the one request by which an administrator begins, and makes the first group.
func (l *lane) begin(ctx context.Context) {
	defer close(l.tenant.first)
	l.do(ctx, matchUser, l.tenant.server.findNobody(0))
	l.createGroup(ctx, 0)
}

func (l *lane) createUsers(ctx context.Context) {
	for range l.share(l.tenant.day.perShare) {
		if l.join(ctx); l.over {
			return
		}
	}
}

// share is the lane's part of n things: their numbers.
func (l *lane) share(n int) []int {
	var own []int
	for i := l.number; i < n; i += len(l.tenant.lanes) {
		own = append(own, i)
	}
	return own
}

// join looks for somebody new and creates the user.
func (l *lane) join(ctx context.Context) *person {
	s := l.tenant.server
	p := &person{user: user{number: int(s.next.Add(1)), active: true}}
	if ok, _ := l.do(ctx, matchUser, s.findNobody(p.number)); !ok {
		return nil
	}
	c := call{"POST", "/Users", s.userBody(p.number), func(a answer) error {
		id, err := idOf(a)
		if err != nil {
			return err
		}
		p.id = id
		s.add(p.user)
		return s.sameUser(a.body, p.user)
	}}
	if !l.about(ctx, p, createOne, c) {
		return nil
	}
	l.people = append(l.people, p)
	return p
}

func (l *lane) createGroups(ctx context.Context) {
	for _, i := range l.share(len(l.tenant.groups)) {
		if i > 0 {
			l.createGroup(ctx, i)
		}
	}
}

func (l *lane) createGroup(ctx context.Context, i int) {
	s, g := l.tenant.server, &team{}
	name := fmt.Sprintf("%sTeam %d", s.prefix, i)
	if ok, _ := l.do(ctx, matchGroup, s.findNoGroup(name)); !ok {
		return
	}
	ok, _ := l.do(ctx, createGroup, call{"POST", "/Groups", emptyGroupBody(name), func(a answer) (err error) {
		g.id, err = idOf(a)
		return err
	}})
	if ok {
		s.noteGroup(g.id)
		l.tenant.groups[i].Store(g)
	}
}

func (l *lane) addMembers(ctx context.Context) {
	for _, p := range l.people[max(len(l.people)-len(l.share(l.tenant.day.perShare)), 0):] {
		l.enter(ctx, p)
	}
}

// enter makes a person a member of some group.
func (l *lane) enter(ctx context.Context, p *person) {
	g := l.tenant.someGroup()
	if g == nil || p.team != nil || p.lost {
		return
	}
	if l.patchMember(ctx, g, p, addToGroup, "Add") {
		g.members.Add(1)
		p.team = g
	}
}

// someGroup is one of those that are there, nil if there is none.
func (t *tenant) someGroup() *team {
	from := rand.IntN(len(t.groups))
	for i := range t.groups {
		if g := t.groups[(from+i)%len(t.groups)].Load(); g != nil {
			return g
		}
	}
	return nil
}

func (l *lane) leave(ctx context.Context, p *person) {
	if g := p.team; g != nil && l.patchMember(ctx, g, p, removeFromGroup, "Remove") {
		g.members.Add(-1)
		p.team = nil
	}
}

func (l *lane) patchMember(ctx context.Context, g *team, p *person, what deed, op string) bool {
	ok, wrong := l.do(ctx, what, call{"PATCH", groupPath(g.id), entraMemberBody(op, p.id), memberPatched})
	if wrong {
		p.lost = true
		g.lost.Store(true)
	}
	return ok
}

// incremental goes on until the day is over: of 100 events 60 change somebody, 20 disable or enable, 15 move somebody
// to another group, 5 bring somebody new.
func (l *lane) incremental(ctx context.Context) {
	for !l.over {
		event := rand.IntN(100)
		p := l.anybody()
		if event >= 95 || p == nil {
			if p := l.join(ctx); p != nil {
				l.enter(ctx, p)
			}
			continue
		}
		if !l.about(ctx, p, matchUser, l.tenant.server.findUser(p.user)) {
			continue
		}
		switch {
		case event < 60:
			l.change(ctx, p)
		case event < 80:
			l.toggle(ctx, p)
		default:
			l.leave(ctx, p)
			l.enter(ctx, p)
		}
	}
}

// anybody is one of the lane's people, nil if it finds none.
func (l *lane) anybody() *person {
	for range min(len(l.people), 10) {
		if p := l.people[rand.IntN(len(l.people))]; !p.lost {
			return p
		}
	}
	return nil
}

func (l *lane) change(ctx context.Context, p *person) {
	title := fmt.Sprintf("Engineer %d", rand.IntN(1_000_000))
	s := l.tenant.server
	if l.about(ctx, p, change, call{"PATCH", userPath(p.id), entraChangeBody(title), func(a answer) error {
		return s.titled(a, p.user, title)
	}}) {
		p.title = title
	}
}

func (l *lane) toggle(ctx context.Context, p *person) {
	what, next := enable, p.user
	if next.active = !p.active; !next.active {
		what = disable
	}
	s := l.tenant.server
	if l.about(ctx, p, what, call{"PATCH", userPath(p.id), entraActiveBody(next.active), func(a answer) error {
		return s.patched(a, next)
	}}) {
		p.active = next.active
	}
}

// lookBack reads some people and groups after the day: what was answered must have been kept.
func (t *tenant) lookBack(ctx context.Context) error {
	var buffer bytes.Buffer
	for _, l := range t.lanes {
		for range min(len(l.people), 5) {
			if p := l.anybody(); p != nil && !t.note(ctx, t.server.readPerson(p), &buffer) {
				return context.Cause(ctx)
			}
		}
	}
	for i := range min(len(t.groups), 5) {
		if g := t.groups[i].Load(); g != nil && !g.lost.Load() && !t.note(ctx, t.server.readMembers(g.id, int(g.members.Load())), &buffer) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// note makes a request that is not measured, and notes what is wrong with its answer. It is false when there is no
// point in going on.
func (t *tenant) note(ctx context.Context, c call, buffer *bytes.Buffer) bool {
	err := t.server.doPatiently(ctx, "read again", c, buffer)
	t.day.faults.note(err)
	return ctx.Err() == nil
}
