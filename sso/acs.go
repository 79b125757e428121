package sso

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/page"
)

// The ways of SAML, whose messages a browser brings from another site.

// samlParty is the party of the path, at a connection of SAML.
func (h *Handler) samlParty(v *visit) (Party, Provider, error) {
	party, provider, err := h.party(v)
	if err == nil && party.SignIn().SAML == nil {
		err = Refuse(CodeUnconfigured, "the connection has no rules for SAML")
	}
	return party, provider, err
}

// acs ends a login: the identity provider's page has had the browser post its response (SAML Profiles §4.1.4.5).
//
// The browser comes from another site, so it brings no cookie along, and without its cookie nobody knows whose login it is.
// So it gets a page that posts the same once more, from here. Nothing of the response is looked at, or kept, before the
// browser has shown that the login was begun in it.
func (h *Handler) acs(v *visit) error {
	party, provider, err := h.samlParty(v)
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return errors.Join(Refuse(CodeMalformed, "the form cannot be read"), err)
	}
	form := v.r.PostForm
	if len(form["SAMLResponse"]) != 1 || len(form["RelayState"]) > 1 {
		return Refuse(CodeMalformed, "there is not just one response, with one state at most")
	}
	if party.SignIn().SAML.Unsolicited && !h.isBegun(v, form.Get("RelayState")) {
		return v.sendTo(h.loginLink(party.Connection.ID, SignIn{}))
	}
	if _, ok := h.bound(v); !ok && !form.Has(againField) {
		h.postAgain(v)
		return nil
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

func (h *Handler) postAgain(v *visit) {
	v.w.Header().Set("Content-Security-Policy", page.SubmitPolicy)
	h.show(v.w, http.StatusOK, postPage(again{
		Action: h.root + Path + v.r.URL.EscapedPath(), Response: v.r.PostForm.Get("SAMLResponse"), State: v.r.PostForm.Get("RelayState"),
	}))
}

// slo ends sessions because the identity provider says so, by a browser (SAML Profiles §4.4), which goes back with our
// answer.
func (h *Handler) slo(v *visit) error {
	party, provider, err := h.samlParty(v)
	if err != nil {
		return err
	}
	if v.r.FormValue("SAMLResponse") != "" {
		return h.answered(v)
	}
	over, err := h.endSaid(v, party, provider)
	if err != nil {
		return err
	}
	if over.Answer != "" {
		return v.sendTo(over.Answer)
	}
	h.show(v.w, http.StatusOK, signedOutPage())
	return nil
}

// answered goes on where a logout was asked for here, and the identity provider is through with it. What it says is not
// looked at: the session here was over before it was asked, and where the browser goes is sealed.
func (h *Handler) answered(v *visit) error {
	place := h.at("/signed-out")
	if state := v.r.FormValue("RelayState"); state != "" {
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
