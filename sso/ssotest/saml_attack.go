package ssotest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Evil is the name that attackers give themselves.
const Evil = "admin@example.com"

// Attack is one way of deceiving a service provider: a response that must be refused.
type Attack struct {
	Row  string // of the list of attacks, as the name of a test
	Name string
	Make func(r Response) []byte // of an honest response
}

// drafted is an attack by what is said and how it is signed.
func drafted(row, name string, change func(r *Response)) Attack {
	return Attack{row, name, func(r Response) []byte {
		signing := *r.SignAssertion
		r.SignAssertion = &signing
		change(&r)
		return r.XML()
	}}
}

// edited is an attack by what is said: it is signed.
func edited(row, name string, edit func(response *etree.Element)) Attack {
	return drafted(row, name, func(r *Response) { r.Edit = edit })
}

// forged is an attack on a signed tree.
func forged(row, name string, forge func(response *etree.Element)) Attack {
	return drafted(row, name, func(r *Response) { r.Forge = forge })
}

// rewritten is an attack on a signed text.
func rewritten(row, name string, pairs ...string) Attack {
	return drafted(row, name, func(r *Response) {
		r.Rewrite = func(text string) string {
			changed := strings.NewReplacer(pairs...).Replace(text)
			if changed == text {
				panic("nothing was rewritten: " + name)
			}
			return changed
		}
	})
}

// honest is an attack by an honest response, in the wrong place.
func honest(row, name string) Attack { return Attack{row, name, Response.XML} }

// part is an element in the assertion of a response, which must be there.
func part(response *etree.Element, tag string) *etree.Element {
	found := SAMLElement(SAMLElement(response, "Assertion"), tag)
	if found == nil {
		panic("there is no " + tag) // the attack does not fit the response
	}
	return found
}

func set(tag, attribute, value string) func(*etree.Element) {
	return func(response *etree.Element) { part(response, tag).CreateAttr(attribute, value) }
}

func unset(tag, attribute string) func(*etree.Element) {
	return func(response *etree.Element) {
		if part(response, tag).RemoveAttr(attribute) == nil {
			panic("there is no " + attribute)
		}
	}
}

// without takes an element out of the assertion.
func without(tag string) func(*etree.Element) {
	return func(response *etree.Element) {
		e := part(response, tag)
		e.Parent().RemoveChild(e)
	}
}

// doubled puts a copy of an element behind it, changed.
func doubled(tag string, change func(*etree.Element)) func(*etree.Element) {
	return func(response *etree.Element) {
		e := part(response, tag)
		double := e.Copy()
		change(double)
		e.Parent().InsertChildAt(e.Index()+1, double)
	}
}

// add puts an element into another one, at its end.
func add(tag, text string) func(*etree.Element) {
	return func(response *etree.Element) { part(response, tag).AddChild(fragment(text)) }
}

// respond puts an element into the response itself, before its Status.
func respond(text string) func(*etree.Element) {
	return func(response *etree.Element) {
		response.InsertChildAt(SAMLElement(response, "Status").Index(), fragment(text))
	}
}

// fragment is an element without the declarations that it needs: they are where it is put.
func fragment(text string) *etree.Element {
	e := readXML(`<x xmlns:samlp="p" xmlns:saml="s" xmlns:ds="d">` + text + `</x>`).ChildElements()[0]
	return e.Copy()
}

// turned makes a copy of an element evil: another name, without signature.
func turned(e *etree.Element) *etree.Element {
	evil := e.Copy()
	unsign(evil)
	SAMLElement(evil, "NameID").SetText(Evil)
	return evil
}

func unsign(e *etree.Element) {
	for _, child := range e.ChildElements() {
		if child.Tag == "Signature" {
			e.RemoveChild(child)
		}
	}
}

// rename gives an element and the assertion in it new IDs.
func rename(e *etree.Element) {
	e.CreateAttr("ID", "_x"+rand.Text())
	if inner := SAMLElement(e, "Assertion"); inner != nil && inner != e {
		inner.CreateAttr("ID", "_x"+rand.Text())
	}
}

// The eight wrappings of a signature, each with what was signed put where only a verifier finds it.

// wrapResponse makes the response evil and puts what was signed where the function says (1, 2).
func wrapResponse(put func(response, signature, original *etree.Element)) func(*Response) {
	return func(r *Response) {
		r.SignAssertion, r.SignResponse = nil, r.SignAssertion
		r.Forge = func(response *etree.Element) {
			original := response.Copy()
			unsign(original)
			SAMLElement(response, "NameID").SetText(Evil)
			rename(response)
			put(response, SAMLElement(response, "Signature"), original)
		}
	}
}

// wrap hands on the assertion and a copy that is evil.
func wrap(put func(response, assertion, evil *etree.Element)) func(*etree.Element) {
	return func(response *etree.Element) {
		assertion := SAMLElement(response, "Assertion")
		put(response, assertion, turned(assertion))
	}
}

func evilFirst(_, assertion, evil *etree.Element) {
	rename(evil)
	assertion.Parent().InsertChildAt(assertion.Index(), evil)
}

func evilAround(response, assertion, evil *etree.Element) {
	rename(evil)
	response.RemoveChild(assertion)
	response.AddChild(evil)
	evil.AddChild(assertion)
}

// evilKeepsSignature makes the assertion itself evil, and returns what was signed.
func evilKeepsSignature(assertion *etree.Element) (original *etree.Element) {
	original = assertion.Copy()
	unsign(original)
	SAMLElement(assertion, "NameID").SetText(Evil)
	return original
}

func evilWithCopyBeside(response, assertion, _ *etree.Element) {
	original := evilKeepsSignature(assertion)
	rename(assertion)
	response.AddChild(original)
}

func evilWithCopyInSignature(_, assertion, _ *etree.Element) {
	original := evilKeepsSignature(assertion)
	rename(assertion)
	SAMLElement(assertion, "Signature").AddChild(original)
}

func evilInExtensions(response, assertion, evil *etree.Element) {
	extensions := fragment(`<samlp:Extensions/>`)
	extensions.AddChild(evil)
	response.InsertChildAt(assertion.Index(), extensions)
}

func evilWithObject(_, assertion, _ *etree.Element) {
	original := evilKeepsSignature(assertion)
	object := fragment(`<ds:Object/>`)
	object.AddChild(original)
	SAMLElement(assertion, "Signature").AddChild(object)
}

// behindDecoy signs the response in a weak way, and hides that signature in the assertion. In its own place stands one that
// is beyond reproach, but for its value.
func behindDecoy(weak Signing) func(*Response) {
	return func(r *Response) {
		weak := weak
		weak.Key, r.SignAssertion, r.SignResponse = r.SignAssertion.Key, nil, &weak
		r.Edit = func(response *etree.Element) { putDecoy(response, weak.Key) }
		r.Forge = hideSignature
	}
}

// putDecoy puts a signature without worth at the end of a message.
func putDecoy(message *etree.Element, key *SAMLKey) {
	Signing{Key: key, KeyInfo: "-", Value: func(string) []byte { return []byte("xxx") }}.sign(message)
	message.AddChild(SAMLElement(message, "Signature"))
}

// hideSignature moves the first signature of a message into its assertion.
func hideSignature(message *etree.Element) {
	SAMLElement(message, "Assertion").AddChild(SAMLElement(message, "Signature"))
}

// shifted moves all times of the response.
func shifted(by time.Duration) func(*Response) {
	return func(r *Response) {
		r.Issued, r.NotBefore, r.NotOnOrAfter = r.Issued.Add(by), r.NotBefore.Add(by), r.NotOnOrAfter.Add(by)
	}
}

// many repeats a text, with a number in the place of its %d.
func many(n int, text string) string {
	var b strings.Builder
	for i := range n {
		if strings.Contains(text, "%d") {
			fmt.Fprintf(&b, text, i)
		} else {
			b.WriteString(text)
		}
	}
	return b.String()
}

// declaring are elements with prefixes of their own.
func declaring(elements, each int) string {
	var b strings.Builder
	for i := range elements {
		b.WriteString("<y")
		for j := range each {
			fmt.Fprintf(&b, ` xmlns:p%d-%d="urn:x"`, i, j)
		}
		b.WriteString("/>")
	}
	return b.String()
}

// flipped changes one byte of what is encrypted.
func flipped(at int) func([]byte) []byte {
	return func(sealed []byte) []byte {
		sealed[(at+len(sealed))%len(sealed)] ^= 1
		return sealed
	}
}

// shorter cuts off what is encrypted.
func shorter(to int) func([]byte) []byte {
	return func(sealed []byte) []byte { return sealed[:min(to, len(sealed))] }
}
