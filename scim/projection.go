package scim

import (
	"slices"
	"strings"
)

// Projection says which attributes an answer has (RFC 7644 §3.9). The zero value shows what is returned by default.
type Projection struct {
	t      *ResourceType
	only   bool // listed are the attributes to show, else those to leave out
	listed []selection
	sent   []selection // returned on request only, and asked for by being sent
}

// selection is one name of a projection, resolved. A nil attr selects a whole schema.
type selection struct {
	schema    *Schema // nil for a common attribute
	attr, sub *Attribute
}

// ParseProjection parses the query parameters "attributes" and "excludedAttributes": lists with commas, of which only
// one may be given (R-090, D-32). Names without meaning are ignored.
func ParseProjection(t *ResourceType, attributes, excluded string) (Projection, error) {
	attributes, excluded = strings.TrimSpace(attributes), strings.TrimSpace(excluded)
	if attributes != "" && excluded != "" {
		return Projection{}, NewError(KindBothProjections, "excludedAttributes", excluded, "one of the two")
	}
	p := Projection{t: t, only: attributes != ""}
	for name := range strings.SplitSeq(attributes+excluded, ",") {
		if s, a, sub, ok := t.lookup(strings.TrimSpace(name)); ok {
			p.listed = append(p.listed, selection{s, a, sub})
		}
	}
	return p, nil
}

// Shows reports whether any part of the named attribute is shown, so that a backend need not load what is not.
func (p Projection) Shows(name string) bool {
	if p.t == nil {
		return true
	}
	s, a, sub, ok := p.t.lookup(name)
	return ok && a != nil && p.shows(s, a, sub)
}

// shows decides about an attribute (sub nil: any part of it) or a sub-attribute.
func (p Projection) shows(s *Schema, a, sub *Attribute) bool {
	returned := a.Returned
	if sub != nil && returned != ReturnedNever {
		returned = sub.Returned
	}
	switch {
	case returned == ReturnedNever:
		return false
	case returned == ReturnedAlways && sub == nil:
		return true
	case p.only:
		return p.lists(s, a, sub, returned == ReturnedAlways)
	case returned == ReturnedAlways:
		return !p.excludes(s, a, nil)
	default:
		asked := returned != ReturnedRequest || slices.Contains(p.sent, selection{s, a, sub})
		return asked && !p.excludes(s, a, sub)
	}
}

// lists reports whether "attributes" names the attribute, a part of it, or what it is a part of. A sub-attribute that
// is always returned comes with any of its siblings.
func (p Projection) lists(s *Schema, a, sub *Attribute, always bool) bool {
	for _, l := range p.listed {
		switch {
		case l.schema != s || l.attr != nil && l.attr != a:
		case l.attr == nil, l.sub == nil, sub == nil, always, l.sub == sub:
			return true
		}
	}
	return false
}

// excludes reports whether "excludedAttributes" names the attribute or sub-attribute, or what it is a part of.
func (p Projection) excludes(s *Schema, a, sub *Attribute) bool {
	for _, l := range p.listed {
		switch {
		case l.schema != s || l.attr != nil && l.attr != a:
		case l.attr == nil, l.sub == nil, l.sub == sub:
			return true
		}
	}
	return false
}

// keepsBody reports whether a stored body of the type can be served as it is: nothing in it is left out.
func (p Projection) keepsBody(t *ResourceType) bool {
	if p.only {
		return false
	}
	for _, l := range p.listed {
		if l.schema != nil && (l.attr == nil || l.attr != t.rows()) {
			return false
		}
	}
	for s := range t.schemas() {
		if indexOf(s).hides {
			return false
		}
	}
	return true
}

// hides reports whether some attribute is returned never or on request only. The password of a User is never stored;
// what else is never returned may be.
func hides(attrs []*Attribute) bool {
	for _, a := range attrs {
		never := a.Returned == ReturnedNever && a != userType.Schema.Attribute("password")
		if never || a.Returned == ReturnedRequest || hides(a.SubAttributes) {
			return true
		}
	}
	return false
}

// rows is the attribute that is kept as rows, not in the document: a User's groups, a Group's members.
func (t *ResourceType) rows() *Attribute {
	switch t.Schema.ID {
	case URNUser:
		return t.Schema.Attribute("groups")
	case URNGroup:
		return t.Schema.Attribute("members")
	}
	return nil
}

// apply returns what is shown of the attributes of a stored document.
func (p Projection) apply(t *ResourceType, attrs *Object) *Object {
	out := &Object{}
	for _, m := range attrs.Members {
		if s := t.schema(m.Name); s != nil {
			ext, _ := m.Value.(*Object)
			if shown := p.schema(s, ext); shown.Len() > 0 {
				out.Members = append(out.Members, Member{m.Name, shown})
			}
			continue
		}
		p.member(t.Schema, m, out)
	}
	return out
}

func (p Projection) schema(s *Schema, attrs *Object) *Object {
	out := &Object{}
	if attrs != nil {
		for _, m := range attrs.Members {
			p.member(s, m, out)
		}
	}
	return out
}

func (p Projection) member(s *Schema, m Member, out *Object) {
	a := s.Attribute(m.Name)
	if a == nil || !p.shows(s, a, nil) {
		return
	}
	if v := p.value(s, a, m.Value); v != nil {
		out.Members = append(out.Members, Member{m.Name, v})
	}
}

func (p Projection) value(s *Schema, a *Attribute, v Value) Value {
	switch v := v.(type) {
	case Array:
		out := make(Array, 0, len(v))
		for _, e := range v {
			if e := p.value(s, a, e); e != nil {
				out = append(out, e)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case *Object:
		out := &Object{}
		for _, m := range v.Members {
			if sub := a.Sub(m.Name); sub != nil && p.shows(s, a, sub) {
				out.Members = append(out.Members, m)
			}
		}
		if out.Len() == 0 {
			return nil
		}
		return out
	default:
		return v
	}
}
