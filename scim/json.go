package scim

import (
	"bytes"
	"errors"
	"io"
	"strconv"
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
	// Exact duplicates are found by the check that ignores case.
	p := jsonReader{dec: jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true)), lim: lim}
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
	dec     *jsontext.Decoder
	lim     Limits
	members int
	// objects are the members, and arrays the elements, of what is being read: an outer one's before an inner one's.
	objects []Member
	arrays  Array
}

func (p *jsonReader) value(depth int) (Value, error) {
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
	case '"':
		return tok.String(), nil
	case '0':
		return Number(tok.String()), nil
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
	begin := len(p.arrays)
	for p.dec.PeekKind() != ']' {
		if err := p.count(); err != nil {
			return nil, err
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.arrays = append(p.arrays, v)
	}
	list := make(Array, len(p.arrays)-begin)
	copy(list, p.arrays[begin:])
	p.arrays = p.arrays[:begin]
	return list, p.close()
}

func (p *jsonReader) object(depth int) (Value, error) {
	begin := len(p.objects)
	var seen nameSet
	for p.dec.PeekKind() != '}' {
		if err := p.count(); err != nil {
			return nil, err
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if !seen.add(p.objects[begin:], name) {
			return nil, NewError(KindDuplicateName, p.position(), name, "each name once, whatever its case")
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.objects = append(p.objects, Member{Name: name, Value: v})
	}
	o := &Object{}
	if n := len(p.objects) - begin; n > 0 {
		o.Members = make([]Member, n)
		copy(o.Members, p.objects[begin:])
	}
	p.objects = p.objects[:begin]
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
	name, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return "", p.syntax(err)
	}
	return string(name), nil
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
