package scimserver

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/internal/record"
	"github.com/usher-scim/usher/scim"
)

// note gathers what the request's log record says beside method, status and times.
type note struct {
	path     string // with {id} for what names a resource
	resource string // a resource's id, once the backend has confirmed it
	filter   *scim.Filter
	warnings []string
	refused  *scim.Error
	err      error
	gone     bool // the caller went away before there was an answer
	bulk     *bulkNote
}

// log writes the one record of the request. It has no token, no body, and no value out of a filter: those are
// personal data.
func (x *exchange) log(a answer) {
	ctx := x.r.Context()
	level, status := record.Level(a.status), a.status
	if x.note.bulk.broken() {
		level = slog.LevelError
	}
	if x.note.gone {
		level, status = slog.LevelInfo, statusGone
	}
	if !x.opt.Log.Enabled(ctx, level) {
		return
	}
	attrs := append(x.attrs[:0],
		slog.String("method", methodName(x.r.Method)),
		slog.String("path", x.note.path),
		slog.Int("status", status),
		record.Duration(x.opt.Now().Sub(x.start)),
		slog.Int("bytes", x.sent(a)),
		slog.String("request_id", x.id),
	)
	attrs = append(attrs, x.caller.Log...)
	x.attrs = x.note.append(attrs)
	x.opt.Log.LogAttrs(ctx, level, "scim request", x.attrs...) // which keeps none of them
}

func (x *exchange) sent(a answer) int {
	if a.empty || x.r.Method == http.MethodHead {
		return 0
	}
	return len(x.out)
}

func (n *note) append(attrs []slog.Attr) []slog.Attr {
	if n.resource != "" {
		attrs = append(attrs, slog.String("resource", n.resource))
	}
	if n.filter != nil {
		attrs = append(attrs, slog.String("filter", redacted(n.filter.Root)))
	}
	if len(n.warnings) > 0 {
		attrs = append(attrs, slog.Any("warnings", n.warnings))
	}
	attrs = n.bulk.append(attrs)
	if n.refused == nil {
		return attrs
	}
	attrs = append(attrs,
		slog.String("kind", string(n.refused.Kind)),
		slog.String("scim_type", n.refused.ScimType()),
		slog.String("where", n.refused.Where))
	return n.appendCause(attrs)
}

// appendCause adds what the caller was not told. A refusal that was told as it is has its detail left out here: it
// repeats the offending value.
func (n *note) appendCause(attrs []slog.Attr) []slog.Attr {
	var told *scim.Error
	switch {
	case !errors.As(n.err, &told) || told != n.refused:
		attrs = append(attrs, slog.String("error", n.err.Error()))
	case told.Cause != nil:
		attrs = append(attrs, slog.String("error", told.Cause.Error()))
	}
	return appendStack(attrs, n.err)
}

func appendStack(attrs []slog.Attr, err error) []slog.Attr {
	var p *panicError
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	return attrs
}

// bulkNote is what the log record of a bulk request says of its operations.
type bulkNote struct {
	operations, failed int
	faults             []string // what was told to nobody
	fault              error    // the first one, for its stack
}

// The log record of a bulk request has at most so many remarks about its operations.
const (
	maxBulkWarnings = 20
	maxBulkFaults   = 5
)

// operation takes note of an operation that was run.
func (n *note) operation(op *operation) {
	b := n.bulk
	b.operations++
	for _, w := range op.warnings[:min(len(op.warnings), maxBulkWarnings-len(n.warnings))] {
		n.warnings = append(n.warnings, op.where()+": "+w)
	}
	if op.refused == nil {
		return
	}
	b.failed++
	if op.status != http.StatusInternalServerError {
		return
	}
	if b.fault == nil {
		b.fault = op.err
	}
	if len(b.faults) < maxBulkFaults {
		b.faults = append(b.faults, op.where()+": "+op.err.Error())
	}
}

func (b *bulkNote) broken() bool { return b != nil && b.fault != nil }

func (b *bulkNote) append(attrs []slog.Attr) []slog.Attr {
	if b == nil {
		return attrs
	}
	attrs = append(attrs, slog.Int("operations", b.operations), slog.Int("failed", b.failed))
	if b.fault == nil {
		return attrs
	}
	return appendStack(append(attrs, slog.Any("errors", b.faults)), b.fault)
}

// redacted shows a filter's attributes and operators without its values: userName eq ?
func redacted(n scim.Node) string {
	switch n := n.(type) {
	case *scim.And:
		return joined(n.Terms, " and ")
	case *scim.Or:
		return "(" + joined(n.Terms, " or ") + ")"
	case *scim.Not:
		return "not (" + redacted(n.Term) + ")"
	case *scim.ValuePath:
		return attrName(n.Path) + "[" + redacted(n.Filter) + "]"
	case *scim.Compare:
		return attrName(n.Path) + " " + operators[n.Op]
	}
	return "?"
}

func joined(terms []scim.Node, sep string) string {
	shown := make([]string, len(terms))
	for i, t := range terms {
		shown[i] = redacted(t)
	}
	return strings.Join(shown, sep)
}

var operators = [...]string{
	scim.Equal: "eq ?", scim.NotEqual: "ne ?", scim.Contains: "co ?", scim.StartsWith: "sw ?", scim.EndsWith: "ew ?",
	scim.GreaterThan: "gt ?", scim.GreaterOrEqual: "ge ?", scim.LessThan: "lt ?", scim.LessOrEqual: "le ?",
	scim.Present: "pr",
}

// attrName is the declared name, not the one that was sent, which could hold anything.
func attrName(p scim.AttrPath) string {
	if p.Attr == nil {
		return "?"
	}
	if p.Sub == nil {
		return p.Attr.Name
	}
	return p.Attr.Name + "." + p.Sub.Name
}

// methodName does not repeat a method that no endpoint has: it may be anything.
func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return other
}

// other stands in a log record for what is not repeated.
const other = "(other)"

// template is the path with {id} in place of what names a resource. A first segment that no endpoint would have is
// not repeated: it may be anything.
func template(segs []string) string {
	if len(segs) == 0 {
		return "/"
	}
	if !isEndpointName(segs[0]) {
		return other
	}
	switch {
	case len(segs) == 1:
		return "/" + segs[0]
	case len(segs) == 2 && "/"+segs[1] == pathSearch:
		return "/" + segs[0] + pathSearch
	case len(segs) == 2:
		return "/" + segs[0] + "/{id}"
	}
	return "/" + segs[0] + "/{id}/…"
}

const longestEndpoint = 32

func isEndpointName(s string) bool {
	if len(s) > longestEndpoint {
		return false
	}
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '.') {
			return false
		}
	}
	return true
}
