package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// wire is a replica's way to a server of the database, on which things go wrong.
type wire struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

func newWire(t *testing.T, upstream string) *wire {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &wire{t, toxiproxy.NewProxy(server, "postgres", "127.0.0.1:0", upstream)}
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Stop)
	return w
}

// add makes something go wrong, in the words of toxiproxy.
func (w *wire) add(kind, stream, attributes string) {
	w.t.Helper()
	text := fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":%s}`, kind, stream, attributes)
	if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
		w.t.Fatal(err)
	}
}

// heal makes everything go well again.
func (w *wire) heal() { w.proxy.Toxics.ResetToxics(context.Background()) }

// drops cuts a connection in the place of each piece of data, with a probability.
type drops struct {
	Percent int `json:"percent"`
}

func init() {
	toxics.Register("drops", &drops{})
	toxics.Register("silence", &silence{})
}

// Pipe implements toxics.Toxic.
func (d *drops) Pipe(s *toxics.ToxicStub) {
	for {
		select {
		case <-s.Interrupt:
			return
		case piece := <-s.Input:
			if piece == nil || rand.IntN(100) < d.Percent {
				s.Close()
				return
			}
			s.Output <- piece
		}
	}
}

// silence swallows what passes through connections that were opened before a time, as a firewall does that has lost
// their state. Those that are opened later are well.
type silence struct {
	Before int64 `json:"before"` // in Unix milliseconds
}

// NewState implements toxics.StatefulToxic: when the connection was opened, or the silence began.
func (*silence) NewState() any { return time.Now() }

// Pipe implements toxics.Toxic.
func (d *silence) Pipe(s *toxics.ToxicStub) {
	silent := s.State.(time.Time).Before(time.UnixMilli(d.Before))
	for {
		select {
		case <-s.Interrupt:
			return
		case piece := <-s.Input:
			switch {
			case piece == nil:
				s.Close()
				return
			case !silent:
				s.Output <- piece
			}
		}
	}
}
