package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/usher-scim/usher"
)

// observers are who is told of the requests. Without a private port and without traces there is nobody, and it costs
// nothing.
type observers struct {
	private *private
	metrics *metrics // nil: nobody could ask for them
	tracing *tracing // nil: the environment asks for none
}

// observe opens the private port and starts the traces.
func (c *serveCmd) observe(a *app) (o observers, err error) {
	if o.tracing, err = newTracing(os.Getenv, a.log); err != nil {
		return o, err
	}
	if o.tracing != nil {
		a.span, a.log = o.tracing.part, slog.New(tracedLog{a.log.Handler()})
	}
	if o.private, err = c.listenPrivate(a); err != nil {
		return o, errors.Join(err, o.tracing.close())
	}
	if o.private != nil {
		o.metrics = newMetrics()
	}
	return o, nil
}

func (o observers) close() error { return errors.Join(o.private.close(), o.tracing.close()) }

// observer tells both.
func (o observers) observer() usher.Observer {
	m, t := o.metrics, o.tracing
	switch {
	case m == nil && t == nil:
		return usher.Observer{}
	case t == nil:
		return usher.Observer{Begin: m.begin, End: m.end}
	case m == nil:
		return usher.Observer{Begin: t.begin, End: t.end}
	}
	return usher.Observer{
		Begin: func(r *http.Request, trusted bool) context.Context {
			m.begin(r, trusted)
			return t.begin(r, trusted)
		},
		End: func(ctx context.Context, seen usher.Observation) {
			m.end(ctx, seen)
			t.end(ctx, seen)
		},
	}
}

// serve serves the private port.
func (o observers) serve(a *app, s *usher.Server) {
	if o.private != nil {
		o.metrics.registry.MustRegister(newCollector(s, a.now))
		o.private.serve(s, o.metrics, a.log)
	}
}
