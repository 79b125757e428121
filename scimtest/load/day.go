package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Day is a day of Microsoft Entra ID's provisioning service, made short: every tenant's initial cycle (look for each user,
// create it, look for each group, create it, bring the members in one at a time) and then one incremental cycle after
// the other: people change, leave, come back, change groups, join.
//
// It is an open loop. A tenant's request is due at its time whether the server has answered the last ones or not, and
// its latency counts from there: when the server stalls, all that had to wait for it waited.
type Day struct {
	// Tenants are the connections, each with a token of its own. Users that a Seed has made are there already when the
	// day begins, and take part in the incremental cycles.
	Tenants []*Server
	// Users are created by the initial cycle, on all tenants together, with a group for each 100 of them.
	Users int
	// Rate is how many requests a second each tenant sends. 0: each as fast as its Lanes are answered, a closed loop.
	Rate float64
	// Lanes bound the requests of one tenant that are under way. Defaults to 4.
	Lanes int
	// Time bounds the day. 0: the initial cycle alone.
	Time time.Duration
	// Progress, unless nil, is told twice a second how far the day is.
	Progress func(done, total int, text string)
}

// lateAfter is how much later than due a request may start; a busy machine wakes its sleepers no sharper.
const lateAfter = 10 * time.Millisecond

// tenant is one connection in the course of a day.
type tenant struct {
	server *Server
	day    *course
	lanes  []*lane
	began  time.Time
	turns  atomic.Int64
	groups []atomic.Pointer[team] // nil until the group is there
	first  chan struct{}          // closed when the first group is there, or will not be
}

// course is what the tenants of a day have in common.
type course struct {
	Day
	began    time.Time
	faults   faults
	sent     atomic.Int64
	settled  atomic.Int64 // lanes that are through the initial cycle
	initial  atomic.Int64 // when the last of them was
	perShare int          // users of one tenant
}

// Run lives through the day. A wrong answer does not end it, but is in the report, and a thousand do.
func (d Day) Run(ctx context.Context) (*DayReport, error) {
	if d.Lanes == 0 {
		d.Lanes = 4
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &course{Day: d, began: time.Now(), perShare: max(d.Users/max(len(d.Tenants), 1), 1)}
	c.faults.stop = cancel
	var tenants []*tenant
	for i, s := range d.Tenants {
		tenants = append(tenants, c.newTenant(s, i))
	}
	var wg sync.WaitGroup
	for _, t := range tenants {
		wg.Go(func() { t.live(ctx) })
	}
	done := make(chan struct{})
	go c.watch(done)
	wg.Wait()
	took := time.Since(c.began)
	close(done)
	err := context.Cause(ctx)
	for _, t := range tenants {
		if err == nil {
			err = t.lookBack(ctx)
		}
	}
	return c.report(tenants, took), err
}

func (c *course) newTenant(s *Server, i int) *tenant {
	t := &tenant{server: s, day: c, began: c.began, groups: make([]atomic.Pointer[team], max(c.perShare/100, 1)), first: make(chan struct{})}
	if c.Rate > 0 { // tenants do not all tick at once
		t.began = t.began.Add(time.Duration(float64(i) / float64(len(c.Tenants)) * float64(time.Second) / c.Rate))
	}
	for n := range c.Lanes {
		t.lanes = append(t.lanes, &lane{tenant: t, number: n})
	}
	for n, u := range s.users {
		l := t.lanes[n%c.Lanes]
		l.people = append(l.people, &person{user: u})
	}
	return t
}

// live keeps the lanes busy until the day is over.
func (t *tenant) live(ctx context.Context) {
	var wg sync.WaitGroup
	for _, l := range t.lanes {
		wg.Go(func() { l.live(ctx) })
	}
	wg.Wait()
}

// settle counts a lane that is through the initial cycle.
func (c *course) settle() {
	c.initial.Store(int64(time.Since(c.began)))
	c.settled.Add(1)
}

func (c *course) isSettled() bool { return int(c.settled.Load()) == len(c.Tenants)*c.Lanes }

// left tells whether a request that is due then belongs to the day.
func (c *course) left(due time.Time) bool { return c.Time == 0 || due.Before(c.began.Add(c.Time)) }

// turn waits until the tenant's next request is due. It is not ok when the day is over.
func (t *tenant) turn(ctx context.Context) (due time.Time, ok bool) {
	due = time.Now()
	if t.day.Rate > 0 {
		due = t.began.Add(time.Duration(float64(t.turns.Add(1)-1) / t.day.Rate * float64(time.Second)))
	}
	if !t.day.left(due) || ctx.Err() != nil {
		return due, false
	}
	if wait := time.Until(due); wait > 0 && sleep(ctx, wait) != nil {
		return due, false
	}
	return due, true
}

// watch tells how far the day is.
func (c *course) watch(done <-chan struct{}) {
	ticks := time.NewTicker(500 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticks.C:
		}
		if c.Time > 0 {
			tell(c.Progress, int(time.Since(c.began).Seconds()), int(c.Time.Seconds()), c.state())
		} else {
			tell(c.Progress, int(c.sent.Load()), c.initialRequests(), c.state())
		}
	}
}

func (c *course) state() string {
	if c.isSettled() {
		return "incremental cycles"
	}
	return "initial cycle"
}

// initialRequests is how many requests the initial cycle has: three for each user, two for each group, and the test of
// the connection.
func (c *course) initialRequests() int {
	return len(c.Tenants) * (3*c.perShare + 2*max(c.perShare/100, 1) + 1)
}
