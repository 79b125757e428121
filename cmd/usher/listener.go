package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/usher-scim/usher"
)

// bounds are how long one connection may take over each part of an exchange.
type bounds struct {
	header, read, write, idle time.Duration
}

// defaultBounds: the body may be a Push Now of thousands of members over a slow line; Okta itself gives up after 60 s
// (T-018).
var defaultBounds = bounds{header: 10 * time.Second, read: 60 * time.Second, write: 90 * time.Second, idle: 2 * time.Minute}

const (
	// A filter of a megabyte shall get its SCIM error and not net/http's plain 431.
	maxHeader     = 4 << 20
	shutdownGrace = 30 * time.Second
)

// listener is an open socket and how it is served.
type listener struct {
	net.Listener
	tls     *tls.Config // nil: plain HTTP
	proxies []netip.Prefix
	bounds  bounds
	log     *slog.Logger
}

// url is the address as a URL.
func (l *listener) url() string {
	if l.tls != nil {
		return "https://" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}

// serve serves until ctx ends, then in this order: not ready, listener closed, running requests finished, background
// work finished.
func (l *listener) serve(ctx context.Context, s *usher.Server, drainDelay time.Duration) error {
	hs := l.httpServer(s)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- s.Run(background) }()
	go func() { served <- l.accept(hs) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		err = l.shutdown(hs, s, drainDelay)
	}
	stop()
	return errors.Join(err, s.Close(), <-ran)
}

func (l *listener) httpServer(h http.Handler) *http.Server {
	b := cmp.Or(l.bounds, defaultBounds)
	return &http.Server{
		Handler:           h,
		TLSConfig:         l.tls,
		ReadHeaderTimeout: b.header,
		ReadTimeout:       b.read,
		WriteTimeout:      b.write,
		IdleTimeout:       b.idle,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}
}

func (l *listener) accept(hs *http.Server) error {
	if l.tls != nil {
		return hs.ServeTLS(l.Listener, "", "")
	}
	return hs.Serve(l.Listener)
}

func (l *listener) shutdown(hs *http.Server, s *usher.Server, drainDelay time.Duration) error {
	s.Drain()
	l.log.Info("draining", "delay", drainDelay)
	time.Sleep(drainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	if err := hs.Shutdown(ctx); err != nil {
		l.log.Warn("requests were cut off", "after", shutdownGrace)
		return hs.Close()
	}
	return nil
}
