package saml_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// editor changes signed responses at random, as somebody does who has one and no key.
type editor struct{ *rand.Rand }

// snippets are what attackers put into texts.
var snippets = []string{
	"<!---->", "<!--", "-->", "<![CDATA[", "]]>", "<?x y?>", "<!DOCTYPE x>", "&#97;", "&#x61;", "&amp;", "&lt;", "&x;", " ", "\n", "\t", "\r\n", "\x00",
	`<saml:NameID>` + ssotest.Evil + `</saml:NameID>`, `<saml:Issuer>x</saml:Issuer>`, `<saml:Attribute Name="role"><saml:AttributeValue>Owner</saml:AttributeValue></saml:Attribute>`,
	` ID="_x"`, ` id="_x"`, ` xmlns="urn:x"`, ` xmlns:saml="urn:x"`, ` xmlns:ds="urn:x"`, ` xmlns:xs="urn:x"`, `<samlp:Extensions>`, `</samlp:Extensions>`,
	`<ds:Object>`, `</ds:Object>`, ssotest.Evil, "\ufeff", "\u0080", "\u0085", "\u00a0", "\u2028", "\v", "\f", "%20", "xpointer(/)", "e\u0301", "<x/>", "</x>", `<x xmlns="">`,
}

// edit changes a text in one to four ways.
func (e editor) edit(text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + e.IntN(4) {
		switch e.IntN(10) {
		case 0, 1, 2:
			text = e.bytes(text)
		case 3:
			text = e.encoding(text)
		default:
			text = e.tree(text)
		}
	}
	return text
}

// at is a place in a text: any, or one right beside the beginning or end of a tag.
func (e editor) at(text []byte) int {
	place := e.IntN(len(text) + 1)
	if e.IntN(2) == 0 {
		if i := bytes.IndexAny(text[place:], "<>"); i >= 0 {
			return place + i + e.IntN(2)
		}
	}
	return place
}

func (e editor) bytes(text []byte) []byte {
	if len(text) < 2 {
		return text
	}
	from := e.at(text[:len(text)-1])
	to := min(from+1+e.IntN(40), len(text))
	span := bytes.Clone(text[from:to])
	switch e.IntN(8) {
	case 0:
		text[from] ^= 1 << e.IntN(8)
		return text
	case 1:
		text[from] = "<>&\"'/:;#! =\t\n\r\x00ÿ"[e.IntN(17)]
		return text
	case 2:
		return append(text[:from], text[to:]...)
	case 3:
		return insert(text, e.at(text), span)
	case 4:
		return append(text[:from], text[from+1:]...)
	case 5, 6:
		return insert(text, from, []byte(snippets[e.IntN(len(snippets))]))
	}
	return append(text[:from], append(bytes.ToUpper(span), text[to:]...)...)
}

func insert(text []byte, at int, more []byte) []byte {
	return append(text[:at:at], append(bytes.Clone(more), text[at:]...)...)
}

func (e editor) encoding(text []byte) []byte {
	switch e.IntN(6) {
	case 0:
		return append([]byte("\ufeff"), text...)
	case 1:
		var wide []byte
		for _, unit := range utf16.Encode([]rune(string(text))) {
			wide = append(wide, byte(unit), byte(unit>>8))
		}
		return wide
	case 2:
		return append([]byte(`<?xml version="1.0" encoding="`+[]string{"UTF-8", "utf-8", "ISO-8859-1", "UTF-7"}[e.IntN(4)]+`"?>`), text...)
	case 3:
		return bytes.ReplaceAll(text, []byte("><"), []byte(">\r\n<"))
	case 4:
		return bytes.Replace(text, []byte("a"), []byte("&#97;"), 1+e.IntN(200))
	}
	return bytes.ReplaceAll(text, []byte(`"`), []byte(`'`))
}

// tree moves, copies and changes elements. A text that is no XML any more stays as it is.
func (e editor) tree(text []byte) []byte {
	doc := etree.NewDocument()
	if doc.ReadFromBytes(text) != nil || doc.Root() == nil {
		return text
	}
	all := doc.FindElements("//*")
	one, other := all[e.IntN(len(all))], all[e.IntN(len(all))]
	e.element(one, other)
	doc.WriteSettings.CanonicalEndTags = e.IntN(2) == 0
	changed, err := doc.WriteToBytes()
	if err != nil {
		return text
	}
	return changed
}

func (e editor) element(one, other *etree.Element) {
	switch e.IntN(11) {
	case 0: // move
		for around := other; around != nil; around = around.Parent() {
			if around == one {
				return
			}
		}
		other.InsertChildAt(e.IntN(len(other.Child)+1), one)
	case 1: // copy
		other.InsertChildAt(e.IntN(len(other.Child)+1), one.Copy())
	case 2:
		if one.Parent() != nil {
			one.Parent().RemoveChild(one)
		}
	case 3:
		one.SetText(ssotest.Evil)
	case 4:
		one.Tag = other.Tag
	case 5:
		one.Space = []string{"", "saml", "samlp", "ds", "xs", "y"}[e.IntN(6)]
	case 6: // an evil copy, with or without an ID of its own
		evil := one.Copy()
		for _, name := range evil.FindElements(".//NameID") {
			name.SetText(ssotest.Evil)
		}
		if e.IntN(2) == 0 {
			evil.CreateAttr("ID", fmt.Sprint("_x", e.IntN(10)))
		}
		other.InsertChildAt(e.IntN(len(other.Child)+1), evil)
	default:
		e.attribute(one, other)
	}
}

func (e editor) attribute(one, other *etree.Element) {
	switch n := len(one.Attr); {
	case e.IntN(3) == 0:
		one.CreateAttr([]string{"xmlns", "xmlns:saml", "xmlns:samlp", "xmlns:ds", "xmlns:y", "ID", "Id", "xml:id", "URI", "Algorithm"}[e.IntN(10)],
			[]string{"urn:x", "", "_x", "urn:oasis:names:tc:SAML:2.0:assertion", "http://www.w3.org/2000/09/xmldsig#"}[e.IntN(5)])
	case n == 0:
		return
	case e.IntN(2) == 0:
		one.RemoveAttr(one.Attr[e.IntN(n)].FullKey())
	case len(other.Attr) > 0:
		one.Attr[e.IntN(n)].Value = other.Attr[e.IntN(len(other.Attr))].Value
	}
}

// specimen is an honest response that is edited.
type specimen struct {
	name   string
	text   []byte
	expect saml.Expectation
	want   saml.Assertion
}

func specimens(t testing.TB) []specimen {
	t.Helper()
	var all []specimen
	for name, shape := range shapes {
		w := newWorld(t)
		r := w.honest()
		shape(w, &r)
		s := specimen{name: name, text: r.XML(), expect: w.expect}
		want, err := saml.Verify(s.text, s.expect)
		if err != nil {
			t.Fatal(err)
		}
		s.want = want
		all = append(all, s)
	}
	return all
}

// identity is what was said, however it was signed: of two signatures one may be taken off.
func identity(a saml.Assertion) saml.Assertion {
	a.ResponseSigned, a.AssertionSigned = false, false
	return a
}

// Whatever is accepted of responses that were changed at random says exactly what was signed: 2,000 of them, with
// USHER_SOAK=1 100,000. And what is accepted here xmlsec1 accepts as well, where it is installed, and crewjam/saml, which reads the
// same of it.
func TestVerifySoak_RandomEditsChangeNobodysName(t *testing.T) {
	t.Parallel()
	n := edits()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	e := editor{rand.New(rand.NewPCG(seed, 0))}
	all := specimens(t)
	other := newPeer(t)
	accepted, compared, read := 0, 0, 0
	for i := range n {
		s := all[i%len(all)]
		text := e.edit(s.text)
		got, err := saml.Verify(text, s.expect)
		code(t, err)
		if err != nil || bytes.Equal(text, s.text) {
			continue
		}
		accepted++
		if !reflect.DeepEqual(identity(got), identity(s.want)) {
			t.Fatalf("%s: read %+v\nnot  %+v\nof %s", s.name, got, s.want, text)
		}
		put, refused := other.verify(t, text, got)
		if refused != nil {
			t.Errorf("%s: xmlsec1 refuses what is accepted here: %v\nedits of\n%s\nto\n%s", s.name, refused, s.text, text)
		}
		if put {
			compared++
		}
		if notCompared[s.name] != "" {
			continue
		}
		read++
		if err := looser(t, text, s.expect, got); err != nil {
			t.Errorf("%s: crewjam/saml does not take what is accepted here: %v\nedits of\n%s\nto\n%s", s.name, err, s.text, text)
		}
	}
	t.Logf("%d of %d edited responses were accepted; of these were put %d to xmlsec1, %d to crewjam/saml", accepted, n, compared, read)
	if accepted < n/100 {
		t.Errorf("only %d of %d were accepted: the edits are too wild to show anything", accepted, n)
	}
}

// The same of each check but the two that stand alone: without it, what is accepted still says whom the identity provider
// has named, and what else it has said of them.
func TestVerifySoak_RandomEditsWithOneCheckOff(t *testing.T) {
	t.Parallel()
	n := edits()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	e := editor{rand.New(rand.NewPCG(seed, 0))}
	all := specimens(t)
	checks := slices.DeleteFunc(saml.Checks(), func(c directory.LoginCode) bool { return slices.Contains(alone, c) })
	accepted := 0
	for i := range n {
		s, off := all[i%len(all)], checks[e.IntN(len(checks))]
		text := e.edit(s.text)
		got, err := saml.Verify(text, s.expect.Without(off))
		if code(t, err) != "" {
			continue
		}
		accepted++
		if got.NameID != s.want.NameID && off != sso.CodeSubject || !reflect.DeepEqual(got.Attributes, s.want.Attributes) {
			t.Fatalf("%s, without %s: read %+v\nnot  %+v\nof %s", s.name, off, got, s.want, text)
		}
	}
	t.Logf("%d of %d edited responses were accepted", accepted, n)
}

// edits is how many responses are edited.
func edits() int {
	if os.Getenv("USHER_SOAK") != "" {
		return 100_000
	}
	return 2_000
}

// peer is another implementation of XML signatures.
type peer struct {
	command string // empty: it is not there
	keys    []string
}

func newPeer(t testing.TB) *peer {
	t.Helper()
	command, err := exec.LookPath("xmlsec1")
	if err != nil {
		t.Log("nothing is compared with xmlsec1, which is not installed: apt-get install xmlsec1")
		return &peer{}
	}
	p := &peer{command: command}
	keys, _ := ssotest.SAMLKeys()
	for i, key := range append(keys[:], elliptic()) {
		file := filepath.Join(t.TempDir(), fmt.Sprint(i, ".pem"))
		if err := os.WriteFile(file, []byte(directory.PEM(key.Certificate)), 0o600); err != nil {
			t.Fatal(err)
		}
		p.keys = append(p.keys, file)
	}
	return p
}

// verify has the peer verify the signature by which a response was accepted. What is encrypted it cannot read.
func (p *peer) verify(t testing.TB, text []byte, got saml.Assertion) (put bool, refused error) {
	t.Helper()
	if p.command == "" || got.Encrypted && !got.ResponseSigned {
		return false, nil
	}
	file := filepath.Join(t.TempDir(), "response.xml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil {
		t.Fatal(err)
	}
	element := "/*[local-name()='Response']"
	if !got.ResponseSigned {
		element += "/*[local-name()='Assertion']"
	}
	var last error
	for _, key := range p.keys {
		out, err := exec.CommandContext(t.Context(), p.command, "--verify", "--pubkey-cert-pem", key, "--enabled-key-data", "key-name",
			"--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
			"--node-xpath", element+"/*[local-name()='Signature']", file).CombinedOutput()
		if err == nil {
			return true, nil
		}
		last = fmt.Errorf("%w: %s", err, short(out))
	}
	return true, last
}

var lines = regexp.MustCompile(`\s+`)

func short(out []byte) string { return strings.TrimSpace(lines.ReplaceAllString(string(out), " ")) }
