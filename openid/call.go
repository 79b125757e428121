package openid

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/page"
	"github.com/usher-scim/usher/internal/record"
)

// call is one request, with what is found out about it on the way.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	ctx     context.Context
	path    string // of the endpoint
	app     string // client id of an app that there is
	subject string
	kind    string // why it was refused; empty: it was not
	status  int
}

// endpoint serves a call, or returns an error on which nothing was written.
type endpoint func(*call) error

// Kinds of refusals that the protocol has no code for.
const (
	kindUnknownClient = "unknown_client"
	kindRedirectURI   = "redirect_uri"
	kindHandle        = "unknown_handle"
	kindReplayed      = "replayed"
	kindCrossOrigin   = "cross_origin"
)

// pageError is a refusal that the browser gets as the plain page, and of which only the log knows the kind.
type pageError struct{ kind string }

// Error implements error.
func (e *pageError) Error() string { return "openid: refused by a page: " + e.kind }

// forBrowsers is an endpoint that a browser talks to: its errors are pages without detail.
func (p *Provider) forBrowsers(path string, serve endpoint) Endpoint {
	plain := p.wrap(path, serve, []string{http.MethodGet, http.MethodPost}, p.refuseByPage)
	return Endpoint{path, true, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		plain.ServeHTTP(w, r)
	})}
}

// refuseByPage is the funnel of what browsers are shown.
func (p *Provider) refuseByPage(c *call, err error) {
	refused, known := errors.AsType[*pageError](err)
	if told, ok := errors.AsType[*protocolError](err); ok {
		refused, known = &pageError{told.Code}, true
	}
	if !known {
		status, shown := http.StatusInternalServerError, failed
		if errors.Is(err, directory.ErrBusy) {
			c.kind, status, shown = codeBusy, http.StatusServiceUnavailable, busy
			c.w.Header().Set("Retry-After", strconv.Itoa(busyPause))
		}
		shown.RequestID = p.RequestID(c.r)
		c.page(status, noticePage(shown))
		return
	}
	c.kind = refused.kind
	c.page(http.StatusBadRequest, noticePage(notPossible))
}

// setHeaders writes what every page carries: nothing here is kept, framed, or told to the next place.
func setHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", page.Policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// forApps is an endpoint that an app talks to. It looks at no cookie, so that pages of other origins may use it too: that is
// how a public client in a browser redeems its code.
func (p *Provider) forApps(path string, serve endpoint, methods ...string) Endpoint {
	plain := p.wrap(path, serve, methods, func(c *call, err error) { c.refuse(asProtocolError(err)) })
	return Endpoint{path, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			w.Header().Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
			p.record(&call{r: r, ctx: r.Context(), path: path, status: http.StatusNoContent}, p.Now(), 0, nil)
			return
		}
		plain.ServeHTTP(w, r)
	})}
}

// wrap checks the method, serves, hands an error to its funnel, and leaves one log record.
func (p *Provider) wrap(path string, serve endpoint, methods []string, funnel func(*call, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, answer := p.Now(), &record.Answer{ResponseWriter: w}
		c := &call{w: answer, r: r, ctx: r.Context(), path: path}
		var err error = &protocolError{status: http.StatusMethodNotAllowed, Code: codeInvalidRequest, Description: "the method is not possible here"}
		if slices.Contains(methods, r.Method) {
			err = serve(c)
		} else {
			w.Header().Set("Allow", strings.Join(methods, ", "))
		}
		if err != nil {
			funnel(c, err)
		}
		p.record(c, began, answer.Bytes, err)
	})
}

// record writes the request's log record. Nothing of what was sent is in it but what is known not to be secret.
func (p *Provider) record(c *call, began time.Time, bytes int64, err error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", record.Method(c.r.Method)), slog.String("path", c.path), slog.Int("status", c.status),
		record.Duration(p.Now().Sub(began)), slog.Int64("bytes", bytes), slog.String("request_id", p.RequestID(c.r)),
		slog.String("address", p.Address(c.r)),
	}
	if c.app != "" {
		attrs = append(attrs, slog.String("app", c.app))
	}
	if c.subject != "" {
		attrs = append(attrs, slog.String("subject", c.subject))
	}
	if c.kind != "" {
		attrs = append(attrs, slog.String("kind", c.kind))
		p.Refused(c.r, c.kind)
	}
	if c.status >= http.StatusInternalServerError && err != nil {
		level = record.Level(c.status)
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	p.Log.LogAttrs(c.ctx, level, "openid request", attrs...)
}

// json answers with a JSON object.
func (c *call) json(status int, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	c.status = status
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(append(text, '\n')) // fails only when the client is gone
	return nil
}

// refuse answers an app that has asked by itself (RFC 6749 §5.2).
func (c *call) refuse(err *protocolError) {
	if c.kind == "" {
		c.kind = err.Code
	}
	if err.status == http.StatusUnauthorized && c.w.Header().Get("WWW-Authenticate") == "" {
		c.w.Header().Set("WWW-Authenticate", `Basic realm="usher", charset="UTF-8"`)
	}
	if err.retryAfter > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(err.retryAfter))
	}
	_ = c.json(err.status, err)
}

// page answers with a page of pages.templ.
func (c *call) page(status int, shown templ.Component) {
	c.status = status
	if err := page.Write(c.w, status, shown); err != nil {
		c.status = http.StatusInternalServerError
	}
}

// sendTo sends the browser somewhere by GET, also after a POST (RFC 9700 §4.12). The place is taken literally:
// [http.Redirect] would clean it.
func (c *call) sendTo(place string) {
	c.status = http.StatusSeeOther
	c.w.Header().Set("Location", place)
	c.w.WriteHeader(http.StatusSeeOther)
}

// asProtocolError is the funnel of what apps are told. What is no protocolError is our own failure, of which they learn
// nothing.
func asProtocolError(err error) *protocolError {
	if told, ok := errors.AsType[*protocolError](err); ok {
		return told
	}
	if errors.Is(err, directory.ErrBusy) {
		return tooBusy()
	}
	return &protocolError{status: http.StatusInternalServerError, Code: codeServerError, Description: "the service failed: try again"}
}

// isLoginError reports whether the directory lets somebody in not, for a reason that only the logs know.
func isLoginError(err error) bool {
	_, ok := errors.AsType[*directory.LoginError](err)
	return ok
}
