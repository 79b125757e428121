package saml

import (
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// The namespaces that are read.
const (
	nsXML       = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS     = "http://www.w3.org/2000/xmlns/"
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSignature = dsig.Namespace
	nsEnc       = "http://www.w3.org/2001/04/xmlenc#"
	nsEnc11     = "http://www.w3.org/2009/xmlenc11#"
	nsExcC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// is tells whether an element has that name in that namespace. No element has none.
func is(e *etree.Element, namespace, tag string) bool {
	return e != nil && e.Tag == tag && e.NamespaceURI() == namespace
}

// children are the elements of that name right below an element.
func children(e *etree.Element, namespace, tag string) []*etree.Element {
	if e == nil {
		return nil
	}
	var found []*etree.Element
	for child := range e.ChildElementsSeq() {
		if is(child, namespace, tag) {
			found = append(found, child)
		}
	}
	return found
}

// only is the child of that name, if there is exactly one: of two, nobody can say which one counts.
func only(e *etree.Element, namespace, tag string) *etree.Element {
	if found := children(e, namespace, tag); len(found) == 1 {
		return found[0]
	}
	return nil
}

// first is the first child of that name.
func first(e *etree.Element, namespace, tag string) *etree.Element {
	if found := children(e, namespace, tag); len(found) > 0 {
		return found[0]
	}
	return nil
}

// below are the elements of that name in a tree, its root among them.
func below(root *etree.Element, namespace, tag string) []*etree.Element {
	var found []*etree.Element
	if is(root, namespace, tag) {
		found = append(found, root)
	}
	for child := range root.ChildElementsSeq() {
		found = append(found, below(child, namespace, tag)...)
	}
	return found
}

// sequence tells whether an element has exactly these children, in that order, all of one namespace.
func sequence(e *etree.Element, namespace string, tags ...string) bool {
	if e == nil {
		return false
	}
	n := 0
	for child := range e.ChildElementsSeq() {
		if n == len(tags) || !is(child, namespace, tags[n]) {
			return false
		}
		n++
	}
	return n == len(tags)
}

// attribute is the value of an attribute without prefix. The library's own look-up takes one with any prefix as well.
func attribute(e *etree.Element, name string) string {
	value, _ := lookup(e, name)
	return value
}

func lookup(e *etree.Element, name string) (value string, ok bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value, true
		}
	}
	return "", false
}

// text is the whole text of an element that has nothing else in it; else it has none. The library's own stops reading at
// the first element.
func text(e *etree.Element) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	for _, token := range e.Child {
		data, ok := token.(*etree.CharData)
		if !ok {
			return ""
		}
		b.WriteString(data.Data)
	}
	return b.String()
}
