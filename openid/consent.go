package openid

import (
	"net/http"
	"slices"
)

// What the buttons of the page of consent say.
const (
	decisionAllow = "allow"
	decisionDeny  = "deny"
)

// consentView is what the page of consent shows.
type consentView struct {
	Name, Handle, Action string
	Wants                []string
}

// askForConsent asks the user, who has signed in, whether an app of somebody else may know who it is.
func (p *Provider) askForConsent(c *call, a *authorization) error {
	if a.silent() {
		return refuse(codeConsentRequired, "the user has to be asked")
	}
	if err := p.keep(c, a); err != nil {
		return err
	}
	c.page(http.StatusOK, consentPage(consentView{a.app.Name, a.handle, p.Issuer + PathContinue, a.wants()}))
	return nil
}

// wants are the scopes in words.
func (a *authorization) wants() []string {
	wants := []string{"who you are in your workspace: your role, teams and permissions"}
	if slices.Contains(a.scopes, scopeProfile) {
		wants = append(wants, "your name")
	}
	if slices.Contains(a.scopes, scopeEmail) {
		wants = append(wants, "your e-mail address")
	}
	if slices.Contains(a.scopes, scopeOffline) {
		wants = append(wants, "the same again, as long as you are signed in")
	}
	return wants
}

// answerConsent takes the answer of the page of consent. Only that page can have sent it: the handle is a secret of this
// browser, whose cookie another site's form does not bring (SameSite).
func (p *Provider) answerConsent(c *call, a *authorization, given parameters) error {
	if err := http.NewCrossOriginProtection().Check(c.r); err != nil {
		return &pageError{kindCrossOrigin}
	}
	switch given.get("decision") {
	case decisionAllow:
		a.allowed = true
		return p.answer(c, a)
	case decisionDeny:
		p.tell(c, a, refuse(codeAccessDenied, "the user has not allowed it"))
		return nil
	}
	return &pageError{codeInvalidRequest}
}
