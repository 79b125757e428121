package main

import (
	"encoding/json"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The JSON form of OTLP: 64-bit numbers are texts, ids hexadecimal, enumerations numbers.
type (
	otlpTraces struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
	otlpResourceSpans struct {
		Resource   otlpResource     `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeSpans struct {
		Scope otlpScope  `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpScope struct {
		Name string `json:"name"`
	}
	otlpSpan struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		ParentID   string          `json:"parentSpanId,omitempty"`
		Flags      int             `json:"flags"`
		Name       string          `json:"name"`
		Kind       int             `json:"kind"`
		Start      string          `json:"startTimeUnixNano"`
		End        string          `json:"endTimeUnixNano"`
		Attributes []otlpAttribute `json:"attributes,omitempty"`
		Status     otlpStatus      `json:"status"`
	}
	otlpStatus struct {
		Code int `json:"code,omitempty"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		String *string `json:"stringValue,omitempty"`
		Int    *string `json:"intValue,omitempty"`
	}
)

// otlpError is STATUS_CODE_ERROR; that of the API has another number.
const otlpError = 2

// marshalSpans encodes a batch. All spans of a process have its resource and one scope.
func marshalSpans(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	scope := otlpScopeSpans{Scope: otlpScope{Name: spans[0].InstrumentationScope().Name}}
	for _, s := range spans {
		scope.Spans = append(scope.Spans, newOTLPSpan(s))
	}
	return json.Marshal(otlpTraces{[]otlpResourceSpans{{
		Resource: otlpResource{otlpAttributes(spans[0].Resource().Attributes())}, ScopeSpans: []otlpScopeSpans{scope},
	}}})
}

func newOTLPSpan(s sdktrace.ReadOnlySpan) otlpSpan {
	c := s.SpanContext()
	span := otlpSpan{
		TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), Flags: int(c.TraceFlags()),
		Name: s.Name(), Kind: int(s.SpanKind()), Start: unixNano(s.StartTime()), End: unixNano(s.EndTime()),
		Attributes: otlpAttributes(s.Attributes()),
	}
	if parent := s.Parent(); parent.HasSpanID() {
		span.ParentID = parent.SpanID().String()
	}
	if s.Status().Code == codes.Error {
		span.Status.Code = otlpError
	}
	return span
}

func unixNano(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// otlpAttributes encodes texts and numbers; what else the environment brings becomes text.
func otlpAttributes(all []attribute.KeyValue) []otlpAttribute {
	list := make([]otlpAttribute, len(all))
	for i, a := range all {
		list[i].Key = string(a.Key)
		text := a.Value.String()
		if a.Value.Type() == attribute.INT64 {
			list[i].Value.Int = &text
		} else {
			list[i].Value.String = &text
		}
	}
	return list
}
