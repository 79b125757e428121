package sso

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/record"
)

// backchannelLogout ends sessions because the identity provider says so (OpenID Connect Back-Channel Logout §2.5 to §2.8).
// Whatever is wrong, the answer is the same, but for who is wrong too often. Right tokens are never held up: a provider
// sends those of many people from one address.
func (h *Handler) backchannelLogout(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, ctx: context.WithoutCancel(r.Context())} // the identity provider may not wait
	w.Header().Set("Cache-Control", "no-store")
	err := h.endSessions(v)
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	code, cause, known := codeOf(err)
	if !known {
		status := failure(w, err)
		h.Log.Log(v.ctx, record.Level(status), "back-channel logout failed", "error", err, "request_id", h.RequestID(r))
		w.WriteHeader(status)
		return
	}
	if wait := h.Guessed(r); wait > 0 {
		h.tell(v.ctx, r, v.connection, code, cause)
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	h.record(v.ctx, r, directory.RefusedLogin{Connection: v.connection, Code: code, Cause: cause})
	h.tell(v.ctx, r, v.connection, code, cause)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"error":"invalid_request"}` + "\n"))
}

func (h *Handler) endSessions(v *visit) error {
	party, provider, err := h.logoutParty(v)
	if err != nil {
		return err
	}
	if party.SignIn().SAML != nil {
		return Refuse(CodeUnconfigured, "a logout of SAML comes by a browser")
	}
	if err := v.r.ParseForm(); err != nil || len(v.r.PostForm["logout_token"]) != 1 {
		return errors.Join(Refuse(CodeMalformed, "there is no logout token, or more than one"), err)
	}
	_, err = h.endSaid(v, party, provider)
	return err
}

// endSaid ends the sessions that the identity provider's message names. It returns where the browser goes then, if one has
// brought it. Where nothing ends and the person is signed in here all the same, by a session that the identity provider has
// called otherwise, it is not told that the one it means is over.
func (h *Handler) endSaid(v *visit, party Party, provider Provider) (place string, err error) {
	said, err := provider.Logout(v.ctx, party, v.r)
	if err != nil {
		return "", err
	}
	ended, left, err := h.Directory.EndIDPSessions(v.ctx, directory.IDPLogout{
		Connection: party.Connection, Session: said.Session, Issuer: said.Issuer, Subject: said.Subject,
		Replay: said.Replay, ReplayUntil: said.ReplayUntil, RequestID: h.RequestID(v.r), Address: h.Address(v.r),
	})
	if err != nil || said.Answer == nil {
		return "", err
	}
	return said.Answer(ended > 0 || left == 0), nil
}
