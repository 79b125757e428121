package delivery

import "sync"

// crew are those who are at work at the same time: one for each name, and so many in all.
type crew struct {
	most  int
	again chan struct{} // something has come for a name whose work has just ended

	mu     sync.Mutex
	atWork map[string]bool
}

func newCrew(most int) *crew {
	return &crew{most: most, again: make(chan struct{}, 1), atWork: map[string]bool{}}
}

// begin reports whether the work for a name may begin.
func (c *crew) begin(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.atWork[name] || len(c.atWork) >= c.most {
		return false
	}
	c.atWork[name] = true
	return true
}

func (c *crew) end(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.atWork, name)
}

// lookAgain asks for another look at what is due. It never waits.
func (c *crew) lookAgain() {
	select {
	case c.again <- struct{}{}:
	default: // somebody else has asked for the same
	}
}
