package saml

import (
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/sso"
)

const (
	version       = "2.0"
	statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"
	maxWord       = 128 // bytes of what an identity provider says, in our logs
)

// responseChecks look at the response as it came, signed or not: what they read may only be a reason to refuse.
var responseChecks = []check[*etree.Element]{
	{CodeRoot, refuseRoot},
	{CodeVersion, refuseVersion},
	{sso.CodeProviderRefused, refuseStatus},
}

// treeChecks look at all of a tree: the response, or an assertion that was encrypted. Most attacks on signatures hide what
// was signed in a place where only the verifier finds it; here is no such place.
var treeChecks = []check[*etree.Element]{
	{CodeNested, refuseNested},
	{CodeAssertions, refuseAssertions},
	{CodeSignaturePlace, refuseSignaturePlace},
}

func refuseRoot(root *etree.Element) error {
	if !is(root, nsProtocol, "Response") {
		return fmt.Errorf("it is a <%s> of %q", root.Tag, cut(root.NamespaceURI()))
	}
	return nil
}

func refuseVersion(e *etree.Element) error {
	if got := attribute(e, "Version"); got != version {
		return fmt.Errorf("<%s> is of version %q", e.Tag, cut(got))
	}
	return nil
}

// refuseStatus comes before the look for assertions: there is none when the identity provider itself has refused.
func refuseStatus(response *etree.Element) error {
	code := only(only(response, nsProtocol, "Status"), nsProtocol, "StatusCode")
	got := attribute(code, "Value")
	if got == statusSuccess {
		return nil
	}
	return fmt.Errorf("the identity provider says %q %q", cut(got), cut(attribute(first(code, nsProtocol, "StatusCode"), "Value")))
}

func refuseNested(root *etree.Element) error {
	for child := range root.ChildElementsSeq() {
		if len(below(child, nsProtocol, "Response")) > 0 {
			return errors.New("there is a response in the response")
		}
	}
	return nil
}

// refuseAssertions wants exactly one, encrypted or not, right below the response; or the root itself, after decryption.
func refuseAssertions(root *etree.Element) error {
	found := append(below(root, nsAssertion, "Assertion"), below(root, nsAssertion, "EncryptedAssertion")...)
	switch {
	case len(found) != 1:
		return fmt.Errorf("there are %d assertions, not one", len(found))
	case found[0] != root && found[0].Parent() != root:
		return errors.New("the assertion is not where it has to be")
	}
	return nil
}

// refuseSignaturePlace wants signatures right below the message and the assertion, at most one of each.
func refuseSignaturePlace(root *etree.Element) error {
	signed := map[*etree.Element]bool{}
	for _, s := range below(root, nsSignature, "Signature") {
		parent := s.Parent()
		switch {
		case s == root || parent != root && !is(parent, nsAssertion, "Assertion"):
			return fmt.Errorf("there is a signature in a <%s>", parent.Tag)
		case signed[parent]:
			return fmt.Errorf("the <%s> has two signatures", parent.Tag)
		}
		signed[parent] = true
	}
	return nil
}

// cut keeps what others say short in our logs.
func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxWord)], "") }
