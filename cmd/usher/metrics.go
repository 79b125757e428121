package main

import (
	"context"
	"net/http"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/usher-scim/usher"
)

// durationBuckets are few: a read takes a millisecond, a write some, and what is above a second is a fault or a large
// directory.
var durationBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5, 30}

// maxLabelled bounds the connections that have series of their own; those that come later share one.
const maxLabelled = 1000

// sharedLabel is the connection of those that have no series of their own.
const sharedLabel = "(other)"

// metrics counts the requests of a server.
type metrics struct {
	registry *prometheus.Registry

	requests, errors       *prometheus.CounterVec
	connections, endpoints *prometheus.HistogramVec
	inFlight               prometheus.Gauge

	mu     sync.RWMutex
	series map[seriesKey]*series
	labels map[string]bool // connections with series of their own
}

// seriesKey is what the series of a request depend on.
type seriesKey struct {
	face, connection, method, route string
	status                          int
	scimType, kind                  string
}

// series are the metrics that one kind of request moves: found once, so that a request pays for no look-up of labels.
type series struct {
	requests, errors     prometheus.Counter // errors may be nil
	connection, endpoint prometheus.Observer
}

func newMetrics() *metrics {
	m := &metrics{
		registry:    prometheus.NewRegistry(),
		requests:    prometheus.NewCounterVec(prometheus.CounterOpts(opts(metricRequests)), metricRequests.labels),
		errors:      prometheus.NewCounterVec(prometheus.CounterOpts(opts(metricErrors)), metricErrors.labels),
		connections: prometheus.NewHistogramVec(histogramOpts(metricDuration), metricDuration.labels),
		endpoints:   prometheus.NewHistogramVec(histogramOpts(metricRouteDuration), metricRouteDuration.labels),
		inFlight:    prometheus.NewGauge(prometheus.GaugeOpts(opts(metricInFlight))),
		series:      map[seriesKey]*series{},
		labels:      map[string]bool{},
	}
	v := version()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(metricBuild)), metricBuild.labels)
	build.WithLabelValues(v.Version, v.Revision, v.Go).Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build, m.requests, m.errors, m.connections, m.endpoints, m.inFlight,
	)
	return m
}

func opts(m metric) prometheus.Opts { return prometheus.Opts{Name: m.name, Help: m.help} }

func histogramOpts(m metric) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Name: m.name, Help: m.help, Buckets: durationBuckets}
}

// begin is usher.Observer's Begin.
func (m *metrics) begin(r *http.Request, _ bool) context.Context {
	m.inFlight.Inc()
	return r.Context()
}

// end is usher.Observer's End.
func (m *metrics) end(_ context.Context, o usher.Observation) {
	m.inFlight.Dec()
	s := m.seriesOf(&o)
	s.requests.Inc()
	if s.errors != nil {
		s.errors.Inc()
	}
	seconds := o.Duration.Seconds()
	s.connection.Observe(seconds)
	s.endpoint.Observe(seconds)
}

func (m *metrics) seriesOf(o *usher.Observation) *series {
	key := seriesKey{o.Face, o.Connection, o.Method, o.Route, o.Status, o.ScimType, o.Kind}
	m.mu.RLock()
	s := m.series[key]
	m.mu.RUnlock()
	if s != nil {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if key.connection = m.label(key.connection); key.connection != o.Connection && m.series[key] != nil {
		return m.series[key]
	}
	s = m.newSeries(key)
	m.series[key] = s
	return s
}

// label is the connection's id, as long as there is room for series of its own.
func (m *metrics) label(connection string) string {
	if connection != "" && !m.labels[connection] {
		if len(m.labels) >= maxLabelled {
			return sharedLabel
		}
		m.labels[connection] = true
	}
	return connection
}

func (m *metrics) newSeries(k seriesKey) *series {
	status := strconv.Itoa(k.status)
	s := &series{
		requests:   m.requests.WithLabelValues(k.face, k.connection, k.method, k.route, status),
		connection: m.connections.WithLabelValues(k.face, k.connection),
		endpoint:   m.endpoints.WithLabelValues(k.face, k.method, k.route),
	}
	if k.status >= http.StatusBadRequest {
		s.errors = m.errors.WithLabelValues(k.face, k.connection, status, k.scimType, k.kind)
	}
	return s
}
