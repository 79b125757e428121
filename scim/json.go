package scim

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// declaredNames are the names of the built-in schemas in schema case.
var declaredNames = func() map[string]string {
	all := map[string]string{URNEnterpriseUser: URNEnterpriseUser}
	for _, attrs := range [][]*Attribute{commonAttributes, userType.Schema.Attributes, groupType.Schema.Attributes, enterpriseUser.Attributes} {
		for _, a := range attrs {
			all[a.Name] = a.Name
			for _, sub := range a.SubAttributes {
				all[sub.Name] = sub.Name
			}
		}
	}
	return all
}()

// Limits bound what [ParseJSON] takes.
type Limits struct {
	Depth   int // nesting of objects and arrays; defaults to 32
	Members int // members and elements in all; defaults to 1,000,000
}

const (
	defaultDepth   = 32
	defaultMembers = 1_000_000
)

// ParseJSON reads one JSON object (RFC 8259, I-JSON's RFC 7493 §2 for text and names). It refuses invalid UTF-8, lone
// surrogates, anything after the object, and names that are equal but for ASCII case (D-32): two parsers in front
// of one document must not disagree about it. Errors are *[Error] with the byte position in Where.
//
// What an object has inside shares memory with it: who keeps a small part of a large one for long keeps a [Clone].
func ParseJSON(data []byte, lim Limits) (*Object, error) {
	if !utf8.Valid(data) {
		return nil, NewError(KindNotUTF8, position(firstInvalid(data)), "", "UTF-8 text")
	}
	if lim.Depth <= 0 {
		lim.Depth = defaultDepth
	}
	if lim.Members <= 0 {
		lim.Members = defaultMembers
	}
	p := jsonReaders.Get().(*jsonReader)
	defer p.release()
	p.begin(data, lim)
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, NewError(KindNotAnObject, position(0), show(v), "one JSON object")
	}
	return o, nil
}

type jsonReader struct {
	in      bytes.Buffer
	dec     *jsontext.Decoder
	lim     Limits
	members int
	data    []byte
	text    string // a piece of data, of which the strings are parts
	begins  int    // where the piece begins
	size    int    // of data, as far as it says how much room to make at once
	// open are the members, and list the elements, of what is being read: an outer one's before an inner one's.
	open []Member
	list Array
	// What was read is cut from these.
	objects  slab[Object]
	named    slab[Member]
	elements slab[Value]
}

var jsonReaders = sync.Pool{New: func() any {
	p := &jsonReader{}
	// Exact duplicates are found by the check that ignores case.
	p.dec = jsontext.NewDecoder(&p.in, jsontext.AllowDuplicateNames(true))
	return p
}}

func (p *jsonReader) begin(data []byte, lim Limits) {
	p.in, p.data, p.lim, p.size = *bytes.NewBuffer(data), data, lim, min(len(data), 4<<10)
}

// maxOpen bounds what a reader in the pool holds on to.
const maxOpen = 1 << 10

// release keeps the reader for another document, and nothing of this one.
func (p *jsonReader) release() {
	if cap(p.open) > maxOpen || cap(p.list) > maxOpen {
		return
	}
	clear(p.open[:cap(p.open)])
	clear(p.list[:cap(p.list)])
	*p = jsonReader{dec: p.dec, open: p.open[:0], list: p.list[:0]}
	p.dec.Reset(&p.in, jsontext.AllowDuplicateNames(true))
	jsonReaders.Put(p)
}

// slab is room for many small slices, which are kept together.
type slab[T any] []T

// cut returns n, with no room behind. When there are no more it makes so many more.
func (s *slab[T]) cut(n, more int) []T {
	if len(*s) < n {
		*s = make([]T, max(n, more))
	}
	out := (*s)[:n:n]
	*s = (*s)[n:]
	return out
}

func (p *jsonReader) value(depth int) (Value, error) {
	switch p.dec.PeekKind() {
	case '"':
		return p.quoted()
	case '0':
		raw, err := p.dec.ReadValue()
		if err != nil {
			return nil, p.syntax(err)
		}
		return Number(raw), nil
	}
	tok, err := p.dec.ReadToken()
	if err != nil {
		return nil, p.syntax(err)
	}
	switch tok.Kind() {
	case 'n':
		return nil, nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	}
	if depth == p.lim.Depth {
		return nil, NewError(KindTooDeep, p.position(), "", strconv.Itoa(p.lim.Depth)+" levels")
	}
	if tok.Kind() == '[' {
		return p.array(depth + 1)
	}
	return p.object(depth + 1)
}

func (p *jsonReader) array(depth int) (Value, error) {
	begin := len(p.list)
	for p.dec.PeekKind() != ']' {
		if err := p.count(); err != nil {
			return nil, err
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.list = append(p.list, v)
	}
	list := Array{}
	if n := len(p.list) - begin; n > 0 {
		list = p.elements.cut(n, p.size/128)
		copy(list, p.list[begin:])
	}
	p.list = p.list[:begin]
	return list, p.close()
}

func (p *jsonReader) object(depth int) (Value, error) {
	begin := len(p.open)
	var seen nameSet
	for p.dec.PeekKind() != '}' {
		if err := p.count(); err != nil {
			return nil, err
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if !seen.add(p.open[begin:], name) {
			return nil, NewError(KindDuplicateName, p.position(), name, "each name once, whatever its case")
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.open = append(p.open, Member{Name: name, Value: v})
	}
	o := &p.objects.cut(1, p.size/128)[0]
	if n := len(p.open) - begin; n > 0 {
		o.Members = p.named.cut(n, p.size/24)
		copy(o.Members, p.open[begin:])
	}
	p.open = p.open[:begin]
	return o, p.close()
}

// name reads a member's name. Declared names are not copied: most of a body's names are among them.
func (p *jsonReader) name() (string, error) {
	raw, err := p.dec.ReadValue()
	if err != nil {
		return "", p.syntax(err)
	}
	if n := len(raw); n >= 2 {
		if known, ok := declaredNames[string(raw[1:n-1])]; ok {
			return known, nil
		}
	}
	return p.unquote(raw)
}

func (p *jsonReader) quoted() (Value, error) {
	raw, err := p.dec.ReadValue()
	if err != nil {
		return nil, p.syntax(err)
	}
	return p.unquote(raw)
}

// unquote is the text of what was read last.
func (p *jsonReader) unquote(raw jsontext.Value) (string, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		end := int(p.dec.InputOffset())
		return p.part(end-len(raw)+1, end-1), nil
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return "", p.syntax(err)
	}
	return string(text), nil
}

// maxText bounds how much of a document is kept with a string, in bytes.
const maxText = 8 << 10

// part is the text between two places. Most are cut from one copy of what is around them.
func (p *jsonReader) part(from, to int) string {
	if to-from > maxText/2 {
		return string(p.data[from:to])
	}
	if from < p.begins || to > p.begins+len(p.text) {
		p.begins, p.text = from, string(p.data[from:min(from+maxText, len(p.data))])
	}
	return p.text[from-p.begins : to-p.begins]
}

func (p *jsonReader) close() error {
	if _, err := p.dec.ReadToken(); err != nil {
		return p.syntax(err)
	}
	return nil
}

// end refuses trailing data.
func (p *jsonReader) end() error {
	_, err := p.dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return NewError(KindMalformedJSON, p.position(), "", "nothing after the object")
}

func (p *jsonReader) count() error {
	if p.members++; p.members > p.lim.Members {
		return NewError(KindTooLarge, p.position(), "", strconv.Itoa(p.lim.Members)+" members and elements")
	}
	return nil
}

func (p *jsonReader) syntax(err error) error {
	at := p.dec.InputOffset()
	var syn *jsontext.SyntacticError
	if errors.As(err, &syn) {
		at = syn.ByteOffset
	}
	e := NewError(KindMalformedJSON, position(at), "", "one complete JSON object")
	e.Cause = err
	return e
}

func (p *jsonReader) position() string { return position(p.dec.InputOffset()) }

func position(offset int64) string { return "byte " + strconv.FormatInt(offset, 10) }

func firstInvalid(data []byte) int64 {
	for i := 0; ; {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return int64(i)
		}
		i += n
	}
}

// manyNames is the size from which a nameSet keeps a map: below, a scan of the object is faster.
const manyNames = 24

// nameSet finds names that are equal but for ASCII case.
type nameSet struct{ names map[string]struct{} }

// add reports whether there is no member of that name yet.
func (s *nameSet) add(members []Member, name string) bool {
	if len(members) < manyNames {
		return indexOfName(members, name) < 0
	}
	if s.names == nil {
		s.names = make(map[string]struct{}, 2*manyNames)
		for _, m := range members {
			s.names[foldASCII(m.Name)] = struct{}{}
		}
	}
	key := foldASCII(name)
	if _, there := s.names[key]; there {
		return false
	}
	s.names[key] = struct{}{}
	return true
}

// foldASCII lowers ASCII letters and nothing else.
func foldASCII(s string) string {
	for i := range len(s) {
		if lowerASCII(s[i]) != s[i] {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lowerASCII(b[i])
			}
			return string(b)
		}
	}
	return s
}
