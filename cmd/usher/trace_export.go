package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// traceExporter sends spans by OTLP over HTTP in its JSON form. The exporter of the OpenTelemetry project would link gRPC and
// weigh twice as much as the SDK.
type traceExporter struct {
	url     string
	header  http.Header
	gzip    bool
	timeout time.Duration
	client  *http.Client
}

// otlpEnv reads a variable of the exporter: that for traces wins over that for all signals.
func otlpEnv(getenv func(string) string, name string) string {
	if own := getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); own != "" {
		return own
	}
	return getenv("OTEL_EXPORTER_OTLP_" + name)
}

// newExporter makes the exporter that the environment asks for, by the variables of the OpenTelemetry specification; nil:
// it asks for none.
func newExporter(getenv func(string) string) (*traceExporter, error) {
	target, err := otlpURL(getenv)
	if target == "" || err != nil {
		return nil, err
	}
	e := &traceExporter{url: target, timeout: 10 * time.Second}
	switch compression := otlpEnv(getenv, "COMPRESSION"); compression {
	case "", "none":
	case "gzip":
		e.gzip = true
	default:
		return nil, hint(fmt.Errorf("OTEL_EXPORTER_OTLP_COMPRESSION is %q", compression), "set it to gzip or none")
	}
	if protocol := otlpEnv(getenv, "PROTOCOL"); protocol == "grpc" {
		return nil, hint(errors.New("OTEL_EXPORTER_OTLP_PROTOCOL is grpc"),
			"traces are sent by HTTP: set it to http/json, and the endpoint to that of OTLP over HTTP, usually port 4318")
	}
	if text := otlpEnv(getenv, "TIMEOUT"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms <= 0 {
			return nil, hint(fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT is %q", text), "set it to a number of milliseconds, such as 10000")
		}
		e.timeout = time.Duration(ms) * time.Millisecond
	}
	if e.header, err = otlpHeader(otlpEnv(getenv, "HEADERS")); err != nil {
		return nil, err
	}
	e.client, err = otlpClient(otlpEnv(getenv, "CERTIFICATE"))
	return e, err
}

// otlpURL is where traces go; empty: nowhere.
func otlpURL(getenv func(string) string) (string, error) {
	wanted := getenv("OTEL_TRACES_EXPORTER")
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || wanted == "none" {
		return "", nil
	}
	if wanted != "" && wanted != "otlp" {
		return "", hint(fmt.Errorf("OTEL_TRACES_EXPORTER is %q", wanted), "set it to otlp or none")
	}
	target, base := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	switch {
	case target != "":
	case base != "":
		target = strings.TrimRight(base, "/") + "/v1/traces"
	case wanted == "otlp":
		target = "http://localhost:4318/v1/traces"
	default:
		return "", nil
	}
	if u, err := url.Parse(target); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", hint(errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is no URL"), "set it to that of a collector, such as http://localhost:4318")
	}
	return target, nil
}

// otlpHeader reads name=value pairs, separated by commas, with %-escapes.
func otlpHeader(text string) (http.Header, error) {
	h := http.Header{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		plain, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil { // the value may be a secret: it is not repeated
			return nil, hint(errors.New("OTEL_EXPORTER_OTLP_HEADERS cannot be read"), "write name=value, separated by commas")
		}
		h.Set(strings.TrimSpace(name), plain)
	}
	return h, nil
}

// otlpClient trusts the authorities in the file besides none, or those of the system when there is no file.
func otlpClient(authorities string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, hint(fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err), "name a file of certificates in PEM")
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, hint(fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: there is no certificate in %s", authorities), "name a file of certificates in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport}, nil
}

// ExportSpans implements sdktrace.SpanExporter.
func (e *traceExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := marshalSpans(spans)
	if err != nil {
		return err
	}
	if e.gzip {
		body = gzipped(body)
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	for pause := time.Second; ; pause *= 2 {
		again, err := e.post(ctx, body)
		if err == nil || !again {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// post sends a batch. It says whether a failure may pass: the specification names the statuses.
func (e *traceExporter) post(ctx context.Context, body []byte) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header = e.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	if e.gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	res, err := e.client.Do(r)
	if err != nil {
		return true, err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is used again
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	if res.StatusCode/100 != 2 {
		return again, fmt.Errorf("the collector answered %s", res.Status)
	}
	return false, nil
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// Shutdown implements sdktrace.SpanExporter.
func (e *traceExporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
