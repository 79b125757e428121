package saml

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/sso"
)

const (
	maxNameID = 255              // as in oidc
	maxAge    = 10 * time.Minute // since the assertion was made
	// replayAge is how long its ID is kept: longer than any server of ours takes it, though the connection's skew grows to the most
	// that it may be, which is five minutes, and that server's clock is behind the one that throws the ID away.
	replayAge = maxAge + 10*time.Minute
	bearer    = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
)

// valueChecks look at what response and assertion say (SAML Profiles §4.1.4.3, Core §2.5). The response's own words may be
// unsigned: they serve as reasons to refuse, never as anything else. Each check also reads what it has checked.
var valueChecks = []check[*verification]{
	{sso.CodeIssuer, (*verification).refuseIssuer},
	{CodeResponseIssuer, (*verification).refuseResponseIssuer},
	{CodeDestination, (*verification).refuseDestination},
	{CodeUnsolicited, (*verification).refuseUnsolicited},
	{CodeInResponseTo, (*verification).refuseInResponseTo},
	{CodeAssertionVersion, (*verification).refuseAssertionVersion},
	{CodeAssertionID, (*verification).refuseAssertionID},
	{sso.CodeIssuedAt, (*verification).refuseIssuedAt},
	{sso.CodeSubject, (*verification).refuseSubject},
	{CodeQualifier, (*verification).refuseQualifier},
	{CodeConfirmation, (*verification).refuseConfirmation},
	{CodeRecipient, (*verification).refuseRecipient},
	{CodeConfirmedFor, (*verification).refuseConfirmedFor},
	{CodeConfirmationExpired, (*verification).refuseConfirmationExpired},
	{CodeConfirmationEarly, (*verification).refuseConfirmationEarly},
	{CodeConditions, (*verification).refuseConditions},
	{sso.CodeExpired, (*verification).refuseExpired},
	{CodeEarly, (*verification).refuseEarly},
	{CodeUnknownCondition, (*verification).refuseUnknownCondition},
	{sso.CodeAudience, (*verification).refuseAudience},
	{CodeAuthentication, (*verification).refuseAuthentication},
	{sso.CodeNotFresh, (*verification).refuseStale},
	{CodeSessionOver, (*verification).refuseSessionOver},
	{CodeEncryptedAttribute, (*verification).refuseEncryptedAttribute},
}

func (v *verification) checkValues() error {
	if err := run(v.off, valueChecks, v); err != nil {
		return err
	}
	v.readAuthentication()
	v.said.Attributes = attributes(v.element)
	return nil
}

func (v *verification) refuseIssuer() error {
	v.said.Issuer = text(only(v.element, nsAssertion, "Issuer"))
	if v.said.Issuer != v.Issuer {
		return fmt.Errorf("the assertion is of %q, not of %q", cut(v.said.Issuer), v.Issuer)
	}
	return nil
}

// refuseResponseIssuer lets a response be silent about it, unless it is signed (SAML Profiles §4.1.4.2).
func (v *verification) refuseResponseIssuer() error {
	found := first(v.response, nsAssertion, "Issuer")
	if found == nil && !v.said.ResponseSigned {
		return nil
	}
	if got := text(only(v.response, nsAssertion, "Issuer")); got != v.Issuer {
		return fmt.Errorf("the response is of %q, not of %q", cut(got), v.Issuer)
	}
	return nil
}

func (v *verification) refuseDestination() error {
	if got := attribute(v.response, "Destination"); got != v.Location {
		return fmt.Errorf("the response is for %q, not for %q", cut(got), v.Location)
	}
	return nil
}

func (v *verification) refuseUnsolicited() error {
	if v.Request == "" && !v.Unsolicited {
		return errors.New("nobody has asked for it, and the connection takes no unsolicited response")
	}
	return nil
}

// answers tells whether an element answers our request; if there was none, it must not name any, empty neither.
func (v *verification) answers(e *etree.Element) error {
	got, there := lookup(e, "InResponseTo")
	if got != v.Request || there && got == "" {
		return fmt.Errorf("it answers the request %q, not %q", cut(got), v.Request)
	}
	return nil
}

func (v *verification) refuseInResponseTo() error { return v.answers(v.response) }

func (v *verification) refuseAssertionVersion() error { return refuseVersion(v.element) }

// refuseAssertionID wants an ID also where the response alone is signed: replays are known by it.
func (v *verification) refuseAssertionID() error {
	v.said.ID = attribute(v.element, "ID")
	if v.said.ID == "" {
		return errors.New("the assertion has no ID")
	}
	return nil
}

// refuseIssuedAt bounds how long an assertion counts by our own rule: an identity provider may let it live for years, and
// its ID is kept so long.
func (v *verification) refuseIssuedAt() error {
	made, ok := instant(v.element, "IssueInstant")
	if !ok || !v.recent(made) {
		return fmt.Errorf("the assertion was made at %q: not yet, or more than %s ago", cut(attribute(v.element, "IssueInstant")), maxAge)
	}
	v.said.ReplayUntil = made.Add(replayAge)
	return nil
}

// recent tells whether something was made not long ago, and not in the future.
func (e *Expectation) recent(made time.Time) bool {
	return !made.After(e.Now.Add(e.Skew)) && !made.Before(e.Now.Add(-maxAge-e.Skew))
}

// instant reads a time, which SAML has in UTC alone (Core §1.3.3). ok is false when there is none, or none that is one.
func instant(e *etree.Element, name string) (t time.Time, ok bool) {
	value := attribute(e, name)
	t, err := time.Parse(time.RFC3339Nano, value)
	return t, err == nil && strings.HasSuffix(value, "Z")
}

func (v *verification) subject() *etree.Element { return only(v.element, nsAssertion, "Subject") }

func (v *verification) nameID() *etree.Element { return only(v.subject(), nsAssertion, "NameID") }

// refuseSubject takes the name as it stands, with nothing trimmed or folded: two names are two people. So it must be one
// that no reader would trim.
func (v *verification) refuseSubject() error {
	v.said.NameID, v.said.Format = text(v.nameID()), attribute(v.nameID(), "Format")
	return checkName(v.nameID())
}

func checkName(nameID *etree.Element) error {
	name := text(nameID)
	if name == "" || len(name) > maxNameID || strings.TrimSpace(name) != name {
		return fmt.Errorf("it does not say who it is about, with 1 to %d characters and no space around them", maxNameID)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return fmt.Errorf("the name %q has characters that nobody sees: it looks like somebody else's", name)
	}
	return nil
}

// refuseQualifier wants a name to be one of the identity provider's own, for us: the same name in another name space is
// somebody else's (SAML Core §8.3.7).
func (v *verification) refuseQualifier() error { return v.checkQualifiers(v.nameID()) }

func (e *Expectation) checkQualifiers(nameID *etree.Element) error {
	for name, want := range map[string]string{"NameQualifier": e.Issuer, "SPNameQualifier": e.EntityID} {
		if got, ok := lookup(nameID, name); ok && got != want {
			return fmt.Errorf("the %s of the name is %q, not %q", name, cut(got), want)
		}
	}
	return nil
}

func (v *verification) confirmation() *etree.Element {
	return first(v.subject(), nsAssertion, "SubjectConfirmation")
}

func (v *verification) confirmationData() *etree.Element {
	return only(v.confirmation(), nsAssertion, "SubjectConfirmationData")
}

// refuseConfirmation wants one confirmation, for the bearer. More would be allowed; nobody sends them, and it would have to
// be said which one has counted.
func (v *verification) refuseConfirmation() error {
	all := children(v.subject(), nsAssertion, "SubjectConfirmation")
	if len(all) != 1 || attribute(all[0], "Method") != bearer || v.confirmationData() == nil {
		return fmt.Errorf("there is not just one confirmation, for the bearer: there are %d", len(all))
	}
	return nil
}

func (v *verification) refuseRecipient() error {
	if got := attribute(v.confirmationData(), "Recipient"); got != v.Location {
		return fmt.Errorf("it is confirmed for %q, not for %q", cut(got), v.Location)
	}
	return nil
}

func (v *verification) refuseConfirmedFor() error { return v.answers(v.confirmationData()) }

func (v *verification) refuseConfirmationExpired() error {
	if ends, ok := instant(v.confirmationData(), "NotOnOrAfter"); !ok || v.over(ends) {
		return fmt.Errorf("it was confirmed until %q", cut(attribute(v.confirmationData(), "NotOnOrAfter")))
	}
	return nil
}

// over tells whether a time that is not in it any more has come.
func (e *Expectation) over(ends time.Time) bool { return !e.Now.Add(-e.Skew).Before(ends) }

func (v *verification) refuseConfirmationEarly() error {
	if from, ok := lookup(v.confirmationData(), "NotBefore"); ok {
		return fmt.Errorf("it is confirmed from %q on, which a bearer's confirmation must not say", cut(from))
	}
	return nil
}

func (v *verification) conditions() *etree.Element { return only(v.element, nsAssertion, "Conditions") }

func (v *verification) refuseConditions() error {
	if _, ok := instant(v.conditions(), "NotOnOrAfter"); !ok {
		return errors.New("there are no conditions, or they do not say until when the assertion is good")
	}
	return nil
}

func (v *verification) refuseExpired() error {
	if ends, ok := instant(v.conditions(), "NotOnOrAfter"); ok && v.over(ends) {
		return fmt.Errorf("the assertion was good until %s", ends.Format(time.RFC3339))
	}
	return nil
}

func (v *verification) refuseEarly() error {
	value, there := lookup(v.conditions(), "NotBefore")
	if from, ok := instant(v.conditions(), "NotBefore"); there && (!ok || from.After(v.Now.Add(v.Skew))) {
		return fmt.Errorf("the assertion is good from %q on", cut(value))
	}
	return nil
}

// refuseUnknownCondition knows the three of SAML Core §2.5.1, of which two are no matter of ours: every assertion is used
// once, and none is passed on.
func (v *verification) refuseUnknownCondition() error {
	if v.conditions() == nil {
		return nil
	}
	for child := range v.conditions().ChildElementsSeq() {
		if !is(child, nsAssertion, "AudienceRestriction") && !is(child, nsAssertion, "OneTimeUse") && !is(child, nsAssertion, "ProxyRestriction") {
			return fmt.Errorf("nobody here understands the condition <%s>", child.Tag)
		}
	}
	return nil
}

// refuseAudience wants us in every restriction, of which there must be one (SAML Core §2.5.1.4).
func (v *verification) refuseAudience() error {
	restrictions := children(v.conditions(), nsAssertion, "AudienceRestriction")
	if len(restrictions) == 0 {
		return errors.New("the assertion does not say for whom it is")
	}
	for _, r := range restrictions {
		if !v.named(children(r, nsAssertion, "Audience")) {
			return fmt.Errorf("the assertion is not for %q", v.EntityID)
		}
	}
	return nil
}

func (v *verification) named(audiences []*etree.Element) bool {
	for _, a := range audiences {
		if text(a) == v.EntityID {
			return true
		}
	}
	return false
}

func (v *verification) statements() []*etree.Element {
	return children(v.element, nsAssertion, "AuthnStatement")
}

// refuseAuthentication wants to be told when somebody has signed in: apps ask for logins that are not too old.
func (v *verification) refuseAuthentication() error {
	all := v.statements()
	if len(all) == 0 {
		return errors.New("the assertion does not say that anybody has signed in")
	}
	for _, s := range all {
		if at, ok := instant(s, "AuthnInstant"); !ok || at.After(v.Now.Add(v.Skew)) {
			return fmt.Errorf("somebody has signed in at %q: not yet, or at no time", cut(attribute(s, "AuthnInstant")))
		}
	}
	return nil
}

// refuseStale wants every login that is told of to be one that was asked for: whoever sits at the browser can take
// ForceAuthn out of a request.
func (v *verification) refuseStale() error {
	for _, s := range v.statements() {
		if at, ok := instant(s, "AuthnInstant"); ok && at.Before(v.Fresh.Add(-v.Skew)) {
			return fmt.Errorf("a login was asked for at %s, and that of %s came", v.Fresh.UTC().Format(time.RFC3339), at.Format(time.RFC3339))
		}
	}
	return nil
}

// refuseSessionOver takes the earliest of the ends that are there. One that cannot be read is over.
func (v *verification) refuseSessionOver() error {
	for _, s := range v.statements() {
		value, there := lookup(s, "SessionNotOnOrAfter")
		if !there {
			continue
		}
		ends, ok := instant(s, "SessionNotOnOrAfter")
		if !ok || v.over(ends) {
			return fmt.Errorf("the identity provider's session was good until %q", cut(value))
		}
		if v.said.SessionEnds.IsZero() || ends.Before(v.said.SessionEnds) {
			v.said.SessionEnds = ends
		}
	}
	return nil
}

// refuseEncryptedAttribute refuses what would be no attribute to us: somebody would have another role than the one that is
// meant. Assertions are encrypted whole.
func (v *verification) refuseEncryptedAttribute() error {
	for _, statement := range children(v.element, nsAssertion, "AttributeStatement") {
		if first(statement, nsAssertion, "EncryptedAttribute") != nil {
			return errors.New("an attribute is encrypted by itself: have the assertion encrypted")
		}
	}
	return nil
}

// readAuthentication reads the first statement, where there are several.
func (v *verification) readAuthentication() {
	s := first(v.element, nsAssertion, "AuthnStatement")
	v.said.Authenticated, _ = instant(s, "AuthnInstant")
	v.said.Session = attribute(s, "SessionIndex")
	v.said.Context = text(only(only(s, nsAssertion, "AuthnContext"), nsAssertion, "AuthnContextClassRef"))
}

// attributes reads all statements. What is there twice under one name has all its values, in order; a value that is no
// text has none.
func attributes(assertion *etree.Element) []Attribute {
	var found []Attribute
	place := map[string]int{}
	for _, statement := range children(assertion, nsAssertion, "AttributeStatement") {
		for _, a := range children(statement, nsAssertion, "Attribute") {
			name := attribute(a, "Name")
			i, known := place[name]
			if !known {
				i = len(found)
				place[name] = i
				found = append(found, Attribute{Name: name})
			}
			for _, value := range children(a, nsAssertion, "AttributeValue") {
				if s := text(value); s != "" {
					found[i].Values = append(found[i].Values, s)
				}
			}
		}
	}
	return found
}
