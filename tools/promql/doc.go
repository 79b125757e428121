// Command promql reads the PromQL of alerts and dashboards with Prometheus's own parser, and says what it cannot read.
//
//	promql FILE…
//
// It owns: where in rules of Prometheus and in dashboards of Grafana an expression stands.
//
// It refuses: to run an expression, and to know which metrics there are; the tests of cmd/usher hold the names to the table.
//
// Its neighbours: make lint runs it over examples/observability. It is in the module of the tools, so that Prometheus is
// no dependency of the server.
package main
