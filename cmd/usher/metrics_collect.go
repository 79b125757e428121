package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

const (
	// backlogEvery and connectionsEvery are how often the store is asked, however often it is scraped.
	backlogEvery     = 10 * time.Second
	connectionsEvery = time.Minute
	// collectTimeout bounds the questions of one scrape, which gives up after 10 s by default.
	collectTimeout = 5 * time.Second
)

// collector makes metrics of what the directory has counted, when they are asked for.
type collector struct {
	server *usher.Server
	now    func() time.Time
	descs  map[string]*prometheus.Desc

	mu          sync.Mutex
	failures    int
	backlog     *directory.Backlog // nil: the store could not be asked
	backlogAt   time.Time
	connections []watchedConnection
	connectedAt time.Time
}

func newCollector(s *usher.Server, now func() time.Time) *collector {
	c := &collector{server: s, now: now, descs: map[string]*prometheus.Desc{}}
	for _, m := range metricTable {
		c.descs[m.name] = prometheus.NewDesc(m.name, m.help, m.labels, nil)
	}
	return c
}

// Describe implements prometheus.Collector. It names nothing beforehand: the table is checked by a test.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock() // two scrapes at once ask once
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	out := scraped{ch: ch, descs: c.descs}
	ready := 1.0
	if c.server.Ready(ctx) != nil {
		ready = 0
	}
	out.put(metricReady, ready)
	s := c.server.Directory().Stats()
	out.directory(&s)
	out.store(&s.Store)
	c.ask(ctx)
	out.backlog(c.backlog, c.now())
	for i := range c.connections {
		out.connection(&c.connections[i])
	}
	out.put(metricCollect, float64(c.failures))
}

// ask asks the store again for what is too old.
func (c *collector) ask(ctx context.Context) {
	now := c.now()
	if now.Sub(c.backlogAt) >= backlogEvery {
		c.backlogAt, c.backlog = now, nil
		if b, err := c.server.Directory().Backlog(ctx); err != nil {
			c.failures++
		} else {
			c.backlog = &b
		}
	}
	if now.Sub(c.connectedAt) >= connectionsEvery {
		found, err := watchConnections(ctx, c.server.Directory(), now)
		if err != nil {
			c.failures++
		}
		c.connectedAt, c.connections = now, found
	}
}

// watchedConnection is a connection with the time when its last live credential expires.
type watchedConnection struct {
	directory.Connection
	workspace string // key
	expires   time.Time
}

// watchConnections reads the connections, at most as many as have series of their own.
func watchConnections(ctx context.Context, d *directory.Directory, now time.Time) ([]watchedConnection, error) {
	workspaces, err := d.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	var all []watchedConnection
	for _, w := range workspaces {
		connections, err := d.Connections(ctx, w)
		if err != nil {
			return nil, err
		}
		for _, conn := range connections {
			if len(all) == maxLabelled {
				return all, nil
			}
			tokens, err := d.Tokens(ctx, conn)
			if err != nil {
				return nil, err
			}
			all = append(all, watchedConnection{conn, w.Key, lastExpiry(tokens, now)})
		}
	}
	return all, nil
}

// lastExpiry is when the last of the live tokens expires; zero: there is none.
func lastExpiry(tokens []directory.Token, now time.Time) time.Time {
	var last time.Time
	for _, t := range tokens {
		if t.Revoked.IsZero() && t.User == "" && t.Expires.After(now) && t.Expires.After(last) {
			last = t.Expires
		}
	}
	return last
}
