package sso

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/page"
)

// The ways of SAML, whose messages a browser brings from another site.

// samlParty is the party of the path, at a connection of SAML.
func (h *Handler) samlParty(v *visit) (Party, Provider, error) { return ofSAML(h.party(v)) }

func ofSAML(party Party, provider Provider, err error) (Party, Provider, error) {
	if err == nil && party.SignIn().SAML == nil {
		err = Refuse(CodeUnconfigured, "the connection has no rules for SAML")
	}
	return party, provider, err
}

// acs ends a login: the identity provider's page has had the browser post its response (SAML Profiles §4.1.4.5).
//
// The browser comes from another site, so it brings no cookie along, and without its cookie nobody knows whose login it is.
// So it gets a page that posts the same once more, from here. Nothing of the response is kept, or looked at but for its
// alphabet, before the browser has shown that the login was begun in it.
//
// The form is read before the rules of the connection: whoever sends it slowly would keep those that an admin has taken away.
func (h *Handler) acs(v *visit) error {
	unread := v.r.ParseForm()
	party, provider, err := h.samlParty(v)
	if err != nil {
		return err
	}
	if unread != nil {
		return errors.Join(Refuse(CodeMalformed, "the form cannot be read"), unread)
	}
	form := v.r.PostForm
	if len(form["SAMLResponse"]) != 1 || len(form["RelayState"]) > 1 {
		return Refuse(CodeMalformed, "there is not just one response, with one state at most")
	}
	if party.SignIn().SAML.Unsolicited && !h.isBegun(v, form.Get("RelayState")) {
		return v.sendTo(h.loginLink(party.Connection.ID, SignIn{}))
	}
	if _, ok := h.bound(v); !ok && !form.Has(againField) {
		return h.postAgain(v)
	}
	return h.finish(v, party, provider, []string{form.Get("RelayState")})
}

// isBegun tells whether a state is that of a login that was begun here. One that was not is begun now where people may
// start at the identity provider: what they bring is a hint where they want to go, and no more. So every response that
// counts has its request, and nobody can be signed in as somebody else by a page that posts. It is begun by a link, with
// which the browser brings the cookie along that it has: another login that is under way goes on.
func (h *Handler) isBegun(v *visit, state string) bool {
	_, _, _, err := h.Directory.Attempt(v.ctx, state)
	var refused *directory.LoginError
	return !errors.As(err, &refused) || refused.Code != directory.LoginUnknownState
}

// againField says that a form comes from our own page.
const againField = "again"

// again is what the page that posts once more shows.
type again struct{ Action, Response, State string }

// MaxRelayState is the most that a RelayState has (SAML Bindings §3.4.3), in bytes.
const MaxRelayState = 80

// postAgain shows only what could be a response: what is no base64 would grow in the page. So a page has no more than the
// post had, beside its own, but for the few bytes of the state.
func (h *Handler) postAgain(v *visit) error {
	response, state := v.r.PostForm.Get("SAMLResponse"), v.r.PostForm.Get("RelayState")
	if text, err := DecodeBase64(response); err != nil || len(text) == 0 {
		return Refuse(CodeMalformed, "the response is no base64")
	}
	if len(state) > MaxRelayState {
		return Refuse(CodeMalformed, "the relay state has %d bytes, more than %d", len(state), MaxRelayState)
	}
	v.w.Header().Set("Content-Security-Policy", page.SubmitPolicy)
	h.show(v.w, http.StatusOK, postPage(again{Action: h.root + Path + v.r.URL.EscapedPath(), Response: response, State: state}))
	return nil
}

const whitespace = " \t\r\n" // in XML

// DecodeBase64 reads base64 that may have lines, and be indented. Bits that mean nothing must be zero: other readers say so.
func DecodeBase64(text string) ([]byte, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(whitespace, r) })
	return base64.StdEncoding.Strict().DecodeString(strings.Join(parts, ""))
}

// slo ends sessions because the identity provider says so, by a browser (SAML Profiles §4.4), which goes back with our
// answer.
func (h *Handler) slo(v *visit) error {
	party, provider, err := ofSAML(h.logoutParty(v))
	if err != nil {
		return err
	}
	if v.r.FormValue("SAMLResponse") != "" {
		return h.answered(v, party, provider)
	}
	place, err := h.endSaid(v, party, provider)
	if err != nil {
		return err
	}
	if place != "" {
		return v.sendTo(place)
	}
	h.show(v.w, http.StatusOK, signedOutPage())
	return nil
}

// answered goes on where a logout was asked for here, and the identity provider is through with it. An answer that is none, or
// says no, keeps nobody: the session here was over before it was asked, and where the browser goes is sealed. But the operator is
// told that the one there may live on.
func (h *Handler) answered(v *visit, party Party, provider Provider) error {
	id, _ := h.leaving(v)
	if id == "" && v.r.Method == http.MethodPost && !v.r.PostForm.Has(againField) {
		return h.postAgain(v)
	}
	if err := provider.SignedOut(v.ctx, party, id, v.r); err != nil {
		h.Log.InfoContext(v.ctx, "logout at the identity provider not confirmed",
			"cause", shortened(err), "connection", party.Connection.ID, "request_id", h.RequestID(v.r))
	}
	place := h.at("/signed-out")
	if state := v.r.FormValue("RelayState"); state != "" && len(state) <= MaxRelayState { // a longer one we have not sent
		place += "?" + url.Values{"state": {state}}.Encode()
	}
	return v.sendTo(place)
}

// metadata is what an identity provider imports to get to know us. It is nobody's secret.
func (h *Handler) metadata(v *visit) error {
	party, provider, err := h.samlParty(v)
	if err != nil {
		return err
	}
	text, err := provider.Metadata(party)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, err = v.w.Write(text)
	return err
}
