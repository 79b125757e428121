package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/record"
)

// call is one request on its way through the handler, and the answer that becomes of it.
type call struct {
	*handler
	ctx       context.Context
	w         http.ResponseWriter
	r         *http.Request
	route     route
	key       directory.APIKey
	by        directory.Actor
	workspace directory.Workspace // of the path's {workspace}
	query     url.Values
	body      []byte
	out       reply
	about     string // the id of the person of whom the answer tells
	id        string // of the request
}

// reply is an answer before it is written. It is what an idempotency key keeps.
type reply struct {
	status   int
	media    string
	location string
	tag      string // ETag
	next     string // cursor of the next page
	body     []byte
}

// serve runs one request to its end: whatever happens, there is one answer and one log record.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, row route, run func(*call) error) {
	c := &call{handler: h, ctx: r.Context(), w: w, r: r, route: row, id: w.Header().Get("X-Request-Id")}
	if h.RequestID != nil {
		c.id = h.RequestID(r)
	}
	started := h.Now()
	err := c.caught(run)
	if err != nil {
		c.refuse(err)
	}
	c.write()
	c.log(started, err)
}

func (c *call) caught(run func(*call) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(c)
}

// noRoute is for a path that the table does not have.
func (c *call) noRoute() error {
	return newProblem(notFound, "the paths are listed in "+c.URL+"/openapi.json", "there is nothing at this path")
}

// run serves a row of the table.
func (c *call) run() error {
	if err := c.admit(); err != nil {
		return err
	}
	if err := c.readQuery(); err != nil {
		return err
	}
	if err := c.readBody(); err != nil {
		return err
	}
	if c.route.creates {
		return c.once(c.perform)
	}
	return c.perform()
}

// perform calls the row's handler and keeps what it returns as the reply.
func (c *call) perform() error {
	v, err := c.route.handle(c)
	if err != nil {
		return err
	}
	if c.out.status == 0 {
		c.out.status = c.route.status
	}
	if c.out.body != nil || c.route.response == nil {
		return nil // written by the handler, or nothing to write
	}
	if p, ok := v.(interface{ nextPage() string }); ok {
		c.out.next = p.nextPage()
	}
	if t, ok := v.(interface{ version() int64 }); ok {
		c.out.tag = entityTag(t.version())
		if c.unchanged() {
			c.out.status = http.StatusNotModified
			return nil
		}
	}
	return c.encode(v)
}

func (c *call) encode(v any) error {
	if t, ok := v.(interface{ table() [][]string }); ok && c.wantsCSV() {
		c.out.media, c.out.body = mediaCSV, appendCSV(nil, t.table())
		return nil
	}
	body, err := marshal(v)
	c.out.media, c.out.body = mediaJSON, body
	return err
}

const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
	mediaCSV     = "text/csv; charset=utf-8"
)

func (c *call) write() {
	h := c.w.Header()
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set("Content-Type", c.out.media)
	set("Location", c.out.location)
	set("ETag", c.out.tag)
	if c.out.next != "" {
		h.Set("Link", "<"+c.nextURL()+`>; rel="next"`) // RFC 8288
	}
	c.w.WriteHeader(c.out.status)
	_, _ = c.w.Write(c.out.body) // the caller is gone: nobody to tell
}

func (c *call) nextURL() string {
	q := c.r.URL.Query()
	q.Set("cursor", c.out.next)
	return c.URL + c.r.URL.EscapedPath() + "?" + q.Encode()
}

// method does not repeat one that no row has: it may be anything.
func (c *call) method() string {
	if c.route.method != "" {
		return c.r.Method
	}
	switch c.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return c.r.Method
	}
	return "(other)"
}

func (c *call) log(started time.Time, err error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request_id", c.id), slog.String("method", c.method()), slog.String("path", cmp.Or(c.route.pattern, "(other)")),
		slog.String("operation", c.route.name), slog.Int("status", c.out.status), record.Duration(c.Now().Sub(started)),
		slog.Int("bytes", len(c.out.body)), slog.String("address", c.Address(c.r)),
	}
	if c.key.ID != "" {
		attrs = append(attrs, slog.String("key", c.key.ID))
	}
	if c.workspace.Key != "" {
		attrs = append(attrs, slog.String("workspace", c.workspace.Key))
	}
	if err != nil && c.out.status >= http.StatusInternalServerError {
		level = record.Level(c.out.status)
		attrs = append(attrs, slog.Any("error", err))
	}
	c.Log.LogAttrs(c.ctx, level, "admin request", attrs...)
}

// refuse makes the reply of an error. It is the one funnel: what is no problem, refusal or SCIM error is told to
// nobody but the log.
func (c *call) refuse(err error) {
	p := problemOf(err)
	if c.r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		p = newProblem(gone, "", "the request was given up")
	}
	p.RequestID = c.id
	switch p.Status {
	case http.StatusUnauthorized:
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="usher"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		c.w.Header().Set("Retry-After", "1")
	}
	body, _ := marshal(p) // a struct of strings
	c.out = reply{status: p.Status, media: mediaProblem, body: body}
}

// location says where what was made can be read.
func (c *call) location(segments ...string) { c.out.location = c.URL + "/" + joinPath(segments) }

func (c *call) path(name string) string { return c.r.PathValue(name) }

// readQuery refuses parameters that the row does not have: a filter with a typo would otherwise match everything.
func (c *call) readQuery() error {
	q, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return newProblem(invalid, "escape & and % in values", "the query cannot be read")
	}
	for name, values := range q {
		known := slices.ContainsFunc(c.route.query, func(p parameter) bool { return p.name == name })
		if !known {
			return newProblem(invalid, "the parameters are "+c.route.parameterNames(), "there is no parameter %q", printable(name))
		}
		if len(values) > 1 {
			return newProblem(invalid, "send it once", "the parameter %q is there %d times", name, len(values))
		}
	}
	c.query = q
	return nil
}
