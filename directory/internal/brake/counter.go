package brake

import (
	"sync"
	"time"
)

// Window is for how long somebody who left counts.
const Window = time.Hour

// activeAge is how old the number of active members may be. Who joined within the last hour is no leaver, so that the
// hourly count of the licence view is as good as one of now, for which a request would have to wait.
const activeAge = 2 * time.Hour

// Counter counts by connection. The zero value knows of none.
type Counter struct {
	mu      sync.Mutex
	leavers map[string]*leavers // by the connection's id
	active  map[string]active   // the last count of each root
}

// leavers are those of one connection within the window.
type leavers struct {
	left []time.Time // in order
	told time.Time   // when it was last said that leavers are held
}

// active is how many active members each connection granted at a time.
type active struct {
	by map[string]int
	at time.Time
}

// Begin counts a connection from those who left lately, in order, unless it is counted already.
func (c *Counter) Begin(connection string, left []time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leavers == nil {
		c.leavers = make(map[string]*leavers)
	}
	if c.leavers[connection] == nil {
		c.leavers[connection] = &leavers{left: left}
	}
}

// Left is how many have left by the connection within the window; not ok: the count has not begun.
func (c *Counter) Left(connection string, now time.Time) (n int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.leavers[connection]
	if l == nil {
		return 0, false
	}
	i := 0
	for i < len(l.left) && now.Sub(l.left[i]) >= Window {
		i++
	}
	l.left = l.left[i:]
	return len(l.left), true
}

// Add notes that so many have left, where the count has begun.
func (c *Counter) Add(connection string, n int, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.leavers[connection]; l != nil {
		for range n {
			l.left = append(l.left, now)
		}
	}
}

// Forget ends the count of a connection.
func (c *Counter) Forget(connection string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.leavers, connection)
}

// Tell reports whether it is time to say that leavers of the connection are held, once in a window, and takes the turn.
func (c *Counter) Tell(connection string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.leavers[connection]
	if l == nil || now.Sub(l.told) < Window {
		return false
	}
	l.told = now
	return true
}

// Told is when that was last said; zero: never.
func (c *Counter) Told(connection string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.leavers[connection]; l != nil {
		return l.told
	}
	return time.Time{}
}

// Active is how many active members the connection grants, or lately granted; not ok: that is not known.
func (c *Counter) Active(root, connection string, now time.Time) (n int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.active[root]
	age := now.Sub(last.at)
	return last.by[connection], age >= 0 && age < activeAge
}

// Counted takes a count of a root's active members by connection.
func (c *Counter) Counted(root string, by map[string]int, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active == nil {
		c.active = make(map[string]active)
	}
	c.active[root] = active{by: by, at: now}
}
