package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/beevik/etree"
	validator "github.com/mattermost/xml-roundtrip-validator"

	"github.com/usher-scim/usher/sso"
)

// The bounds of a text. An honest response has some 5 KiB, 60 elements and 10 prefixes.
const (
	maxText       = 192 << 10 // bytes: what a form of 256 KiB holds in base64
	maxDepth      = 24
	maxAttributes = 24 // of one element
	maxPrefixes   = 32
	maxID         = 255

	// maxParsedDepth is the parser's own bound, far from ours, which has refused before.
	maxParsedDepth = 128
)

// limits are those in which kinds of texts differ.
type limits struct {
	text     int // bytes
	elements int
	comments bool // are read over
}

var (
	// messageLimits: the library that verifies signatures walks no further than so many elements.
	messageLimits  = limits{text: maxText, elements: 1000}
	metadataLimits = limits{text: 1 << 20, elements: 10_000, comments: true}
)

// scan looks at a text token by token, before anything is built of it. It refuses all that readers of XML read in
// different ways, and all that would keep us busy.
type scan struct {
	limits limits
	text   []byte

	token    xml.Token
	offset   int64 // of the token
	end      int64 // and of what follows it
	depth    int   // of elements around the token
	roots    int
	elements int
	start    *xml.StartElement // token, if it is one

	scopes   []map[string]bool // prefixes declared by the elements around the token, and by itself
	prefixes map[string]bool   // all of the text
	ids      map[string]bool
}

// textChecks look at the text as a whole.
var textChecks = []check[*scan]{
	{CodeTooLarge, (*scan).refuseTooLarge},
}

// tokenChecks look at each token.
var tokenChecks = []check[*scan]{
	{CodeEncoding, (*scan).refuseEncoding},
	{CodeDoctype, (*scan).refuseDoctype},
	{CodeInstruction, (*scan).refuseInstruction},
	{CodeComment, (*scan).refuseComment},
	{CodeCDATA, (*scan).refuseCDATA},
	{CodeOutside, (*scan).refuseOutside},
}

// elementChecks look at each start of an element.
var elementChecks = []check[*scan]{
	{CodeDepth, (*scan).refuseDepth},
	{CodeElements, (*scan).refuseElements},
	{CodeAttributes, (*scan).refuseAttributes},
	{CodeTag, (*scan).refuseTag},
	{CodePrefixes, (*scan).refusePrefixes},
	{CodeName, (*scan).refuseName},
	{CodeNamespace, (*scan).refuseNamespace},
	{CodePollution, (*scan).refusePollution},
	{CodeID, (*scan).refuseID},
}

// parse makes a tree of a text that all checks have passed. The reader that the tree is made by and the writer that makes
// canonical XML of it must agree about every token, which the validator sees to: they did not always. It is the one check
// here without an attack of its own: none is known that comes so far, with today's reader.
func parse(off switches, text []byte, l limits) (*etree.Element, error) {
	s := &scan{limits: l, text: text, prefixes: map[string]bool{}, ids: map[string]bool{}}
	if err := run(off, textChecks, s); err != nil {
		return nil, err
	}
	if err := s.tokens(off); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	doc.ReadSettings.MaxDepth = maxParsedDepth
	if err := doc.ReadFromBytes(text); err != nil {
		return nil, malformed(err)
	}
	if doc.Root() == nil {
		return nil, malformed(errors.New("there is no element"))
	}
	return doc.Root(), nil
}

func malformed(cause error) error { return &sso.Refused{Code: sso.CodeMalformed, Cause: cause} }

func (s *scan) tokens(off switches) error {
	decoder := xml.NewDecoder(bytes.NewReader(s.text))
	decoder.CharsetReader = func(_ string, text io.Reader) (io.Reader, error) { return text, nil } // see refuseEncoding
	for {
		s.offset = decoder.InputOffset()
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		s.end = decoder.InputOffset()
		if err := s.take(off, token); err != nil {
			return err
		}
	}
}

func (s *scan) take(off switches, token xml.Token) error {
	s.token = token
	if err := run(off, tokenChecks, s); err != nil {
		return err
	}
	switch token := token.(type) {
	case xml.StartElement:
		s.enter(token)
		if err := run(off, elementChecks, s); err != nil {
			return err
		}
	case xml.EndElement:
		if s.depth == 0 {
			return malformed(fmt.Errorf("</%s> ends nothing", token.Name.Local))
		}
		s.depth--
		s.scopes = s.scopes[:s.depth]
		return nil // the tree's reader holds its name to that of the start
	}
	if err := validator.CheckToken(token); err != nil {
		return malformed(err)
	}
	return nil
}

// enter counts an element and the prefixes that it declares.
func (s *scan) enter(start xml.StartElement) {
	s.start = &start
	s.elements++
	s.depth++
	if s.depth == 1 {
		s.roots++
	}
	scope := map[string]bool(nil)
	for _, a := range start.Attr {
		if prefix, ok := declares(a); ok {
			if scope == nil {
				scope = map[string]bool{}
			}
			scope[prefix], s.prefixes[prefix] = true, true
		}
	}
	s.scopes = append(s.scopes, scope)
}

// declares returns the prefix that an attribute declares; empty: the default namespace.
func declares(a xml.Attr) (prefix string, ok bool) {
	switch {
	case a.Name.Space == "xmlns":
		return a.Name.Local, true
	case a.Name.Space == "" && a.Name.Local == "xmlns":
		return "", true
	}
	return "", false
}

func (s *scan) refuseTooLarge() error {
	if len(s.text) > s.limits.text {
		return fmt.Errorf("it has %d bytes, more than %d", len(s.text), s.limits.text)
	}
	return nil
}

// declaration is what may stand in an XML declaration (XML 1.0 §2.8), with the encoding.
var declaration = regexp.MustCompile(`^version\s*=\s*["']1\.0["'](?:\s+encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*$`)

func (s *scan) refuseEncoding() error {
	instruction, ok := s.token.(xml.ProcInst)
	if !ok || instruction.Target != "xml" {
		return nil
	}
	if found := declaration.FindSubmatch(instruction.Inst); found != nil && len(found[1]) > 0 && !strings.EqualFold(string(found[1]), "utf-8") {
		return fmt.Errorf("the encoding is %q, not UTF-8", found[1])
	}
	return nil
}

func (s *scan) refuseDoctype() error {
	if _, ok := s.token.(xml.Directive); ok {
		return errors.New("there is a document type declaration, or something like one")
	}
	return nil
}

// refuseInstruction takes an XML declaration at the very beginning for none. Go's reader looks for the end of one further
// than others do.
func (s *scan) refuseInstruction() error {
	if instruction, ok := s.token.(xml.ProcInst); ok && (instruction.Target != "xml" || s.offset > 0 || !declaration.Match(instruction.Inst)) {
		return fmt.Errorf("there is a processing instruction %q", instruction.Target)
	}
	return nil
}

func (s *scan) refuseComment() error {
	if _, ok := s.token.(xml.Comment); ok && !s.limits.comments {
		return errors.New("there is a comment")
	}
	return nil
}

// refuseCDATA looks at how the text of the token begins: the reader does not tell.
func (s *scan) refuseCDATA() error {
	if _, ok := s.token.(xml.CharData); ok && bytes.HasPrefix(s.text[s.offset:], []byte("<![CDATA[")) {
		return errors.New("there is a CDATA section")
	}
	return nil
}

func (s *scan) refuseOutside() error {
	if s.depth > 0 {
		return nil
	}
	switch token := s.token.(type) {
	case xml.CharData:
		if len(bytes.Trim(token, whitespace)) > 0 { // other space is none in XML
			return errors.New("there is text outside of the root element")
		}
	case xml.StartElement:
		if s.roots > 0 {
			return fmt.Errorf("there is a second root element %q", token.Name.Local)
		}
	}
	return nil
}

const whitespace = " \t\r\n"

func (s *scan) refuseDepth() error {
	if s.depth > maxDepth {
		return fmt.Errorf("elements are nested deeper than %d", maxDepth)
	}
	return nil
}

func (s *scan) refuseElements() error {
	if s.elements > s.limits.elements {
		return fmt.Errorf("there are more than %d elements", s.limits.elements)
	}
	return nil
}

func (s *scan) refuseAttributes() error {
	if n := len(s.start.Attr); n > maxAttributes {
		return fmt.Errorf("<%s> has %d attributes, more than %d", s.start.Name.Local, n, maxAttributes)
	}
	return nil
}

// refuseTag wants space between attributes, which Go's reader does not.
func (s *scan) refuseTag() error {
	tag, quote := s.text[s.offset:s.end], byte(0)
	for i, c := range tag[:len(tag)-1] {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
			if !strings.ContainsRune(whitespace+"/>", rune(tag[i+1])) {
				return fmt.Errorf("<%s> has no space between two attributes", s.start.Name.Local)
			}
		}
	}
	return nil
}

func (s *scan) refusePrefixes() error {
	if n := len(s.prefixes); n > maxPrefixes {
		return fmt.Errorf("there are more than %d namespace prefixes", maxPrefixes)
	}
	return nil
}

// plainName are the names of SAML, of XML Signature and of whatever else was seen in responses.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

func (s *scan) refuseName() error {
	names := []xml.Name{s.start.Name}
	for _, a := range s.start.Attr {
		names = append(names, a.Name)
	}
	for _, name := range names {
		if !plainName.MatchString(name.Local) || name.Space != "" && !plainName.MatchString(name.Space) {
			return fmt.Errorf("%q:%q is no name", name.Space, name.Local)
		}
	}
	return nil
}

// absolute is a namespace that every reader takes for the same. Canonical XML is undefined for a relative one, and some
// make none at all where a character is in it that no URI has.
var absolute = regexp.MustCompile(`^(?:urn:[A-Za-z0-9._:-]+|https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?#?)$`)

func (s *scan) refuseNamespace() error {
	for _, a := range s.start.Attr {
		prefix, ok := declares(a)
		switch {
		case ok && (prefix == "xml" || prefix == "xmlns" || a.Value == nsXML || a.Value == nsXMLNS):
			return fmt.Errorf("xmlns:%s=%q declares what is declared for good", prefix, a.Value)
		case ok && !absolute.MatchString(a.Value):
			return fmt.Errorf("xmlns:%s=%q is no namespace that everybody reads alike", prefix, a.Value)
		case !ok && !s.declared(a.Name.Space):
			return fmt.Errorf("the prefix %q is not declared", a.Name.Space)
		}
	}
	if !s.declared(s.start.Name.Space) {
		return fmt.Errorf("the prefix %q is not declared", s.start.Name.Space)
	}
	return nil
}

func (s *scan) declared(prefix string) bool {
	if prefix == "" || prefix == "xml" {
		return true
	}
	for _, scope := range s.scopes {
		if scope[prefix] {
			return true
		}
	}
	return false
}

// refusePollution compares without prefix and case: whoever looks for an ID or a URI looks with and without them.
func (s *scan) refusePollution() error {
	seen := make(map[string]bool, len(s.start.Attr))
	for _, a := range s.start.Attr {
		name := strings.ToLower(a.Name.Local)
		if prefix, ok := declares(a); ok {
			name = "xmlns:" + prefix
		}
		if seen[name] {
			return fmt.Errorf("<%s> has the attribute %q twice", s.start.Name.Local, a.Name.Local)
		}
		seen[name] = true
	}
	return nil
}

// plainID keeps a reference to an ID from being read as anything else: #xpointer(/) is one in XML Signature §4.4.3.2.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

func (s *scan) refuseID() error {
	for _, a := range s.start.Attr {
		if _, ok := declares(a); ok || !strings.EqualFold(a.Name.Local, "id") {
			continue
		}
		switch {
		case a.Name.Space != "":
			return fmt.Errorf("an ID has the prefix %q", a.Name.Space)
		case !plainID.MatchString(a.Value) || len(a.Value) > maxID:
			return fmt.Errorf("an ID is empty, has more than %d characters, or others than letters, digits, _, . and -", maxID)
		case s.ids[a.Value]:
			return fmt.Errorf("the ID %q is there twice", a.Value)
		}
		s.ids[a.Value] = true
	}
	return nil
}
