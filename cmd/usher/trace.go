package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	spans "go.opentelemetry.io/otel/trace"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// tracing makes spans of requests. A nil one makes none.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   spans.Tracer
	context  propagation.TraceContext // W3C traceparent
}

// newTracing starts the traces that the environment asks for; nil: it asks for none. Sampler, batches and resource
// attributes are read from the environment by the SDK itself.
func newTracing(getenv func(string) string, log *slog.Logger) (*tracing, error) {
	exporter, err := newExporter(getenv)
	if exporter == nil || err != nil {
		return nil, err
	}
	about, err := resource.New(context.Background(),
		resource.WithAttributes(attribute.String("service.name", "usher"), attribute.String("service.version", version().Version)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, hint(err, "look at OTEL_RESOURCE_ATTRIBUTES: it is a list of name=value, separated by commas")
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "error", err) }))
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return &tracing{provider: p, tracer: p.Tracer("github.com/usher-scim/usher")}, nil
}

// lastTraces is how long the end of the process waits for spans to be sent.
const lastTraces = 5 * time.Second

func (t *tracing) close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastTraces)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// begin is usher.Observer's Begin: the span of the request, below that of a trusted proxy.
func (t *tracing) begin(r *http.Request, trusted bool) context.Context {
	ctx := r.Context()
	if trusted {
		ctx = t.context.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, _ = t.tracer.Start(ctx, "request", spans.WithSpanKind(spans.SpanKindServer))
	return ctx
}

// end is usher.Observer's End. Nothing of it tells of a person: neither path nor query, neither body nor address.
func (t *tracing) end(ctx context.Context, o usher.Observation) {
	span := spans.SpanFromContext(ctx)
	defer span.End()
	if !span.IsRecording() {
		return
	}
	span.SetName(o.Method + " " + o.Route)
	span.SetAttributes(
		attribute.String("http.request.method", o.Method), attribute.String("http.route", o.Route),
		attribute.Int("http.response.status_code", o.Status), attribute.Int64("http.response.body.size", o.Bytes),
		attribute.String("usher.face", o.Face), attribute.String("usher.connection", o.Connection),
		attribute.String("usher.request_id", o.RequestID),
	)
	if o.Kind != "" {
		span.SetAttributes(attribute.String("error.type", o.Kind))
	}
	if o.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// part is directory.Span. Work that no request asks for makes no trace.
func (t *tracing) part(ctx context.Context, name string) (context.Context, func(error)) {
	if !spans.SpanFromContext(ctx).IsRecording() {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			kind := errorType(err)
			span.SetAttributes(attribute.String("error.type", kind))
			if kind == fault {
				span.SetStatus(codes.Error, "")
			}
		}
		span.End()
	}
}

// fault is the type of an error that is nobody's decision.
const fault = "fault"

// errorType names an error without its text, which may repeat what was sent.
func errorType(err error) string {
	var told *scim.Error
	var refused *directory.Refusal
	switch {
	case errors.As(err, &told):
		return string(told.Kind)
	case errors.As(err, &refused):
		return string(refused.Kind)
	case errors.Is(err, directory.ErrConflict):
		return "conflict"
	case errors.Is(err, directory.ErrBusy):
		return "busy"
	case errors.Is(err, directory.ErrStale):
		return "stale"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return fault
}

// tracedLog adds to each record the trace that it belongs to.
type tracedLog struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h tracedLog) Handle(ctx context.Context, r slog.Record) error {
	if span := spans.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h tracedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracedLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h tracedLog) WithGroup(name string) slog.Handler { return tracedLog{h.Handler.WithGroup(name)} }
