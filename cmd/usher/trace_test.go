package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// traceCollector takes spans as a collector does.
type traceCollector struct {
	*httptest.Server
	mu     sync.Mutex
	text   string
	spans  []otlpSpan
	header http.Header
	refuse int // so many requests are refused first
}

func newTraceCollector(t *testing.T) *traceCollector {
	c := &traceCollector{}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *traceCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	text, _ := io.ReadAll(body)
	if c.refuse > 0 {
		c.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var traces otlpTraces
	if err := json.Unmarshal(text, &traces); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	c.header, c.text = r.Header, c.text+string(text)
	for _, resource := range traces.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// named returns the spans of a name.
func (c *traceCollector) named(name string) []otlpSpan {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s otlpSpan) bool { return s.Name != name })
}

func (s otlpSpan) attribute(key string) string {
	for _, a := range s.Attributes {
		switch {
		case a.Key == key && a.Value.String != nil:
			return *a.Value.String
		case a.Key == key && a.Value.Int != nil:
			return *a.Value.Int
		}
	}
	return ""
}

// A request, its plan and its commit are one trace, below that of the proxy. Nothing of it tells of a person. It sets the
// environment, so it runs alone.
func TestServe_Traces(t *testing.T) {
	c := newTraceCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=ops%20team")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	s := serve(t, "--trusted-proxies", "127.0.0.1", "--log-format", "json", "--rate-limit", "0")
	base, token := s.token(t)
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for range 2 { // the second is a conflict, which its commit finds: it is planned once more
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/Users",
			strings.NewReader(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("X-Forwarded-Proto", "https")
		req.Header.Set("Traceparent", "00-"+trace+"-"+parent+"-01")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	s.stop()
	if status := <-s.exited; status != exitOK {
		t.Fatalf("exit status %d: %s", status, s.stderr)
	}
	requests, plans, commits := c.named("POST /Users"), c.named(directory.SpanPlan), c.named(directory.SpanCommit)
	if len(requests) != 2 || len(plans) != 3 || len(commits) != 2 {
		t.Fatalf("%d requests, %d plans, %d commits in %s", len(requests), len(plans), len(commits), c.text)
	}
	for _, r := range append(slices.Clone(requests), slices.Concat(plans, commits)...) {
		if r.TraceID != trace || r.End < r.Start || r.Flags != 1 {
			t.Errorf("span %+v", r)
		}
	}
	if requests[0].ParentID != parent || plans[0].ParentID != requests[0].SpanID || commits[0].ParentID != requests[0].SpanID {
		t.Errorf("parents: %s, %s, %s", requests[0].ParentID, plans[0].ParentID, commits[0].ParentID)
	}
	if got := requests[0].attribute("http.response.status_code"); got != "201" {
		t.Errorf("status %s", got)
	}
	for _, refused := range []otlpSpan{requests[1], plans[2]} {
		if refused.attribute("error.type") != string(scim.KindTaken) || refused.Status.Code != 0 {
			t.Errorf("a refusal is %+v", refused)
		}
	}
	if strings.Contains(c.text, "ada@") || strings.Contains(c.text, token) {
		t.Error("a trace tells of a person, or a secret")
	}
	for _, want := range []string{`"usher"`, "deployment.environment.name"} {
		if !strings.Contains(c.text, want) {
			t.Errorf("the resource has no %s: %s", want, c.text)
		}
	}
	if got := c.header.Get("X-Tenant"); got != "ops team" {
		t.Errorf("header %q", got)
	}
	if log := s.stderr.String(); strings.Count(log, `"trace_id":"`+trace) != 2 {
		t.Errorf("the log has not the trace of both requests: %s", log)
	}
}

// A traceparent of a stranger is not believed: a trace of its own begins.
func TestTracing_StrangersDoNotChooseTraces(t *testing.T) {
	t.Parallel()
	c := newTraceCollector(t)
	tr := newTraces(t, c)
	r := httptest.NewRequest(http.MethodGet, "/Users", http.NoBody)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	tr.end(tr.begin(r, false), usher.Observation{Method: "GET", Route: "/Users", Status: 503})
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
	spans := c.named("GET /Users")
	if len(spans) != 1 || strings.HasPrefix(spans[0].TraceID, "4bf9") || spans[0].ParentID != "" || spans[0].Status.Code != otlpError {
		t.Errorf("%+v", spans)
	}
}

// Work in the background makes no traces.
func TestTracing_PartsBelongToRequests(t *testing.T) {
	t.Parallel()
	c := newTraceCollector(t)
	tr := newTraces(t, c)
	_, end := tr.part(t.Context(), directory.SpanCommit)
	end(errors.New("disk full"))
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
	if len(c.spans) != 0 {
		t.Errorf("%+v", c.spans)
	}
}

// What a collector refuses for the moment is sent again.
func TestTracing_SendsAgain(t *testing.T) {
	t.Parallel()
	c := newTraceCollector(t)
	c.refuse = 1
	tr := newTraces(t, c)
	tr.end(tr.begin(httptest.NewRequest(http.MethodGet, "/", http.NoBody), true), usher.Observation{Method: "GET", Route: "/"})
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
	if len(c.named("GET /")) != 1 {
		t.Errorf("%+v", c.spans)
	}
}

func newTraces(t *testing.T, c *traceCollector) *tracing {
	t.Helper()
	tr, err := newTracing(environ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+c.URL+"/v1/traces"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// environ is an environment of name=value, separated by blanks.
func environ(text string) func(string) string {
	values := map[string]string{}
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func TestTracing_Environment(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "ca.pem")
	for _, row := range []struct{ env, url, refused string }{
		{"", "", ""},
		{"OTEL_SERVICE_NAME=usher", "", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "http://c:4318/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/otlp/", "http://c:4318/otlp/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://t/in", "https://t/in", ""},
		{"OTEL_TRACES_EXPORTER=otlp", "http://localhost:4318/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_TRACES_EXPORTER=none", "", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=true", "", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "http://c:4318/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "", "grpc"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318", "", "is no URL"},
		{"OTEL_TRACES_EXPORTER=zipkin", "", "zipkin"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_TIMEOUT=10s", "", "TIMEOUT"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_COMPRESSION=zip", "", "COMPRESSION"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_COMPRESSION=none", "http://localhost:4318/v1/traces", ""},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_HEADERS=secret", "", "HEADERS"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_CERTIFICATE=" + missing, "", "CERTIFICATE"},
	} {
		e, err := newExporter(environ(row.env))
		url := ""
		if e != nil && err == nil {
			url = e.url
		}
		if url != row.url {
			t.Errorf("%s: traces go to %q, want %q", row.env, url, row.url)
		}
		if row.refused == "" && err != nil || row.refused != "" && (err == nil || !strings.Contains(err.Error(), row.refused)) {
			t.Errorf("%s: %v", row.env, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats a header: %v", row.env, err)
		}
	}
}

func TestTracing_ErrorsHaveTypesAndNoTexts(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"value taken": scim.NewError(scim.KindTaken, "userName", "ada@example.com", ""),
		"conflict":    fmt.Errorf("commit: %w", directory.ErrConflict),
		"busy":        directory.ErrBusy,
		"stale":       directory.ErrStale,
		"canceled":    context.Canceled,
		fault:         errors.New("ada@example.com: disk full"),
	} {
		if got := errorType(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}

// The log of a request outside of any trace says nothing of one.
func TestTracedLog_WithoutTrace(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	log := slog.New(tracedLog{slog.NewTextHandler(&b, nil)}).With("a", 1).WithGroup("g")
	log.InfoContext(t.Context(), "hello", "at", time.Duration(1))
	if got := b.String(); strings.Contains(got, "trace_id") || !strings.Contains(got, "a=1 g.at=1ns") {
		t.Error(got)
	}
}
