package announce

import (
	"sync"

	"github.com/usher-scim/usher/scim"
)

// Memory keeps the types of connections. The zero value is empty.
type Memory struct {
	mu sync.Mutex
	by map[string]*compiled // by the connection's id
}

// compiled is what was made of one connection's rows.
type compiled struct {
	rows  Rows
	types []*scim.ResourceType
}

// maxConnections bounds the memory; a full one starts again.
const maxConnections = 1000

// Types returns the connection's types and what they rest on, which is nothing for those that are built in. Of the
// caller's rows, which are asked for when they are needed, and those that were compiled last the newer count, each for
// itself. Beside an error there are the built-in types.
func (m *Memory) Types(connection string, at Epochs, rows func() Rows) ([]*scim.ResourceType, *Epochs, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.by[connection]
	switch {
	case known == nil && at.Epoch == 0:
		return builtIn, nil, nil
	case known != nil && !known.isOlder(at):
		return known.types, &known.rows.Epochs, nil
	}
	made := &compiled{rows: known.renewed(rows())}
	var err error
	if made.types, err = made.rows.Types(); err != nil {
		return builtIn, nil, err
	}
	if m.by == nil || len(m.by) >= maxConnections {
		m.by = make(map[string]*compiled)
	}
	m.by[connection] = made
	return made.types, &made.rows.Epochs, nil
}

func (c *compiled) isOlder(at Epochs) bool {
	return c.rows.Epoch < at.Epoch || c.rows.Announced < at.Announced || c.rows.Settled < at.Settled
}

// renewed takes what is new in the rows; c may be nil.
func (c *compiled) renewed(r Rows) Rows {
	if c == nil {
		return r
	}
	n := c.rows
	if r.Epoch > n.Epoch {
		n.Epoch, n.Declarations = r.Epoch, r.Declarations
	}
	if r.Announced > n.Announced {
		n.Announced, n.Schemas = r.Announced, r.Schemas
	}
	n.Settled = max(n.Settled, r.Settled)
	return n
}
