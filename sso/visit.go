package sso

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/record"
)

// visit is one request of a browser.
type visit struct {
	w   http.ResponseWriter
	r   *http.Request
	ctx context.Context

	// connection and state are those of the login that is at hand, as far as they are known: what is refused from here on
	// is told about them, and uses the attempt up.
	connection directory.Connection
	state      string
}

// page is the one funnel: what a page fails with is a refusal, which all look the same, or a failure of our own.
func (h *Handler) page(serve func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, ctx: r.Context()}
		setHeaders(w.Header())
		err := serve(v)
		if err == nil {
			return
		}
		code, cause, known := codeOf(err)
		switch {
		case !known:
			status := failure(w, err)
			h.Log.Log(v.ctx, record.Level(status), "sign-in failed", "error", err, "request_id", h.RequestID(r))
			h.show(w, status, failedPage())
			return
		case !isLogged(err):
			h.record(v.ctx, r, directory.RefusedLogin{
				State: v.state, Connection: v.connection, Code: code, Cause: cause, Verified: v.isOfToken(code),
			})
		}
		h.tell(v.ctx, r, v.connection, code, cause)
		h.show(w, http.StatusForbidden, refusedPage())
	})
}

// isOfToken tells whether only the identity provider can have caused a refusal. It fetches no response of SAML for us: who
// holds one, though it is signed, can bring it as often as they like.
func (v *visit) isOfToken(code directory.LoginCode) bool {
	rules := v.connection.Settings.SignIn
	return rules != nil && rules.Protocol == directory.ProtocolOIDC && slices.Contains(ofTokens, code)
}

// failure is the status of a failure of our own: where the store is busy it says when to come again.
func failure(w http.ResponseWriter, err error) int {
	if errors.Is(err, directory.ErrBusy) {
		w.Header().Set("Retry-After", "1")
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// codeOf is the code of a refusal, with its cause, which may be nil. known is false for a failure of our own.
func codeOf(err error) (code directory.LoginCode, cause error, known bool) {
	var refused *Refused
	var login *directory.LoginError
	var domain *directory.Refusal
	switch {
	case errors.As(err, &refused):
		return refused.Code, refused.Cause, true
	case errors.As(err, &login):
		return login.Code, login.Cause, true
	case errors.As(err, &domain):
		return directory.LoginNotOffered, domain, true
	}
	return "", nil, false
}

// logged is a refusal that the directory has written into its logs with the transaction.
type logged struct{ error }

func (l logged) Unwrap() error { return l.error }

func isLogged(err error) bool {
	var l logged
	return errors.As(err, &l)
}

// record leaves one audit entry and one record of the provisioning log, where it is known whose they are, and not for each of
// the many that anybody can send: see directory.RefuseLogin.
func (h *Handler) record(ctx context.Context, r *http.Request, refused directory.RefusedLogin) {
	if refused.Connection.ID == "" {
		return
	}
	refused.RequestID, refused.Address, refused.UserAgent = h.RequestID(r), h.Address(r), r.UserAgent()
	if err := h.Directory.RefuseLogin(context.WithoutCancel(ctx), refused); err != nil {
		h.Log.ErrorContext(ctx, "refused login not recorded", "error", err, "request_id", refused.RequestID)
	}
}

const maxCause = 300 // bytes of a cause in the log: it may hold what a stranger has sent

// shortened is the text of an error as the log takes it; nil has none.
func shortened(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return text[:min(len(text), maxCause)]
}

// tell writes the operator's log. That of the request is left by who serves this face.
func (h *Handler) tell(ctx context.Context, r *http.Request, c directory.Connection, code directory.LoginCode, cause error) {
	h.Refused(r, string(code))
	h.Log.LogAttrs(ctx, slog.LevelInfo, "sign-in refused",
		slog.String("code", string(code)), slog.String("cause", shortened(cause)), slog.String("connection", c.ID),
		slog.String("address", h.Address(r)), slog.String("request_id", h.RequestID(r)))
}

// actor is who changes something by a page: the person whose session it is.
func (h *Handler) actor(v *visit, s directory.Session) directory.Actor {
	return directory.Actor{Name: "session:" + s.ID, RequestID: h.RequestID(v.r), Address: h.Address(v.r)}
}

// sendTo sends the browser somewhere by GET, also after a POST.
func (v *visit) sendTo(place string) error {
	v.w.Header().Set("Location", place)
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}
