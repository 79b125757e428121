package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/usher-scim/usher"
)

// private is the port for who operates the server: metrics, profiles, probes. Whoever reaches it is believed.
type private struct {
	net.Listener
	server *http.Server
	served chan error
}

// listenPrivate opens the private port; nil when there shall be none. A port without a host is one of loopback.
func (c *serveCmd) listenPrivate(a *app) (*private, error) {
	if c.PrivateAddress == "" {
		return nil, nil
	}
	host, port, err := splitAddress("--private-address", c.PrivateAddress)
	if err != nil {
		return nil, err
	}
	host = cmp.Or(host, "127.0.0.1")
	if c.isPublic(host, port) {
		return nil, misuse(fmt.Errorf("--private-address %s is that of --addr", c.PrivateAddress), "give it a port of its own, such as 127.0.0.1:9090")
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, hint(fmt.Errorf("--private-address: %w", err), "another server may be there already; choose another port, or port 0 for a free one")
	}
	if !isLoopbackHost(host) {
		a.log.Warn("the private port asks for no credential: let a firewall keep all but the monitoring from it", "address", l.Addr().String())
	}
	return &private{Listener: l, served: make(chan error, 1)}, nil
}

// isPublic reports whether an address is the one where everybody is served.
func (c *serveCmd) isPublic(host string, port int) bool {
	public, its, err := splitAddress("--addr", c.Addr)
	return err == nil && port != 0 && port == its && overlap(host, public)
}

// overlap reports that one port of both hosts can be opened once only: localhost is any of the loopback addresses.
func overlap(a, b string) bool {
	named := a == "localhost" || b == "localhost"
	return a == b || named && isLoopbackHost(a) && isLoopbackHost(b) || isEveryHost(a) || isEveryHost(b)
}

// isEveryHost reports whether a listener there has all addresses of the machine.
func isEveryHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

// serve serves until close is called: also while the public port drains, so that probes and the last scrape get an answer.
func (p *private) serve(s *usher.Server, m *metrics, log *slog.Logger) {
	p.server = &http.Server{
		Handler: privateHandler(s, m), ReadHeaderTimeout: defaultBounds.header, IdleTimeout: defaultBounds.idle,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() { p.served <- p.server.Serve(p.Listener) }()
}

// privateGrace is how long a scrape under way may take when the process ends.
const privateGrace = time.Second

func (p *private) close() error {
	if p == nil {
		return nil
	}
	if p.server == nil {
		return p.Listener.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), privateGrace)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		_ = p.server.Close() // a profile that somebody waits for
	}
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// url is the address as a URL; empty when there is no private port.
func (p *private) url() string {
	if p == nil {
		return ""
	}
	return "http://" + p.Addr().String()
}

// privateHandler serves what is on the private port. The probes are those of the public one.
func privateHandler(s *usher.Server, m *metrics) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.Handle("/healthz", s)
	mux.Handle("/readyz", s)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "/metrics\n/healthz\n/readyz\n/debug/pprof/\n")
	})
	return mux
}
