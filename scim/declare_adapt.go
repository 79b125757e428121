package scim

import "strings"

// Adapt reads attributes that were stored under other declarations as what they say under those of t, and counts the
// values that are lost: what is not declared any more is left out, what has another type is converted where the text
// allows it ("42" and 42, "true" and true, a value and a list of it) and left out where it does not. Built-in
// attributes are as they were. attrs is not changed.
func (t *ResourceType) Adapt(attrs *Object) (adapted *Object, lost int) {
	a := adapter{}
	out := &Object{Members: make([]Member, 0, attrs.Len())}
	for _, m := range attrs.Members {
		s := t.schema(m.Name)
		ext, isObject := m.Value.(*Object)
		switch {
		case s == nil || s == t.Schema:
			a.member(t.Schema, m, out)
		case isObject:
			if kept := a.schema(s, ext); kept.Len() > 0 {
				out.Members = append(out.Members, Member{s.ID, kept})
			}
		}
	}
	return out, a.lost
}

// adapter is one walk over a document.
type adapter struct{ lost int }

func (w *adapter) schema(s *Schema, attrs *Object) *Object {
	out := &Object{}
	for _, m := range attrs.Members {
		w.member(s, m, out)
	}
	return out
}

func (w *adapter) member(s *Schema, m Member, out *Object) {
	a := s.Attribute(m.Name)
	switch {
	case a == nil:
		w.lost += leaves(m.Value)
	case a.Generation == 0:
		out.Members = append(out.Members, m)
	default:
		if v := w.attribute(a, m.Value); v != nil {
			out.Members = append(out.Members, Member{a.Name, v})
		}
	}
}

// leaves counts the values in a value.
func leaves(v Value) int {
	n := 0
	switch v := v.(type) {
	case Array:
		for _, e := range v {
			n += leaves(e)
		}
	case *Object:
		for _, m := range v.Members {
			n += leaves(m.Value)
		}
	case nil:
	default:
		n = 1
	}
	return n
}

// attribute is the value as one of the attribute, or nil.
func (w *adapter) attribute(a *Attribute, v Value) Value {
	list, isList := v.(Array)
	if !a.MultiValued {
		if isList {
			first := preferred(list)
			w.lost += leaves(list) - leaves(first)
			v = first
		}
		return w.single(a, v)
	}
	if !isList {
		list = Array{v}
	}
	out := make(Array, 0, len(list))
	for _, e := range list {
		if e := w.single(a, e); e != nil {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (w *adapter) single(a *Attribute, v Value) Value {
	if a.Type == TypeComplex {
		return w.complex(a, v)
	}
	if o, ok := v.(*Object); ok { // it was complex: its value says what it is
		value, _ := o.Get("value")
		w.lost += leaves(o) - leaves(value)
		v = value
	}
	if out := a.convert(v); out != nil {
		return out
	}
	w.lost += leaves(v)
	return nil
}

func (w *adapter) complex(a *Attribute, v Value) Value {
	o, ok := v.(*Object)
	if !ok {
		o = &Object{Members: []Member{{"value", v}}}
	}
	out := &Object{Members: make([]Member, 0, o.Len())}
	for _, m := range o.Members {
		sub := a.Sub(m.Name)
		if sub == nil {
			w.lost += leaves(m.Value)
			continue
		}
		if v := w.attribute(sub, m.Value); v != nil {
			out.Members = append(out.Members, Member{sub.Name, v})
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return out
}

// convert makes a simple value one of the attribute's type; nil when it cannot be.
func (a *Attribute) convert(v Value) Value {
	switch {
	case v == nil:
		return nil
	case a.Type == TypeInteger || a.Type == TypeDecimal:
		v = a.asNumber(v)
	case a.Type == TypeBoolean:
		if s, ok := v.(string); ok {
			if b, ok := parseBoolean(s); ok {
				v = b
			}
		}
	default:
		v = show(v)
	}
	out, err := Profile{}.coerceSimple(a, v, "")
	if err != nil {
		return nil // and what v says is lost
	}
	return out
}

// asNumber reads a number from its text; an integer may have been written with a fraction of zeros.
func (a *Attribute) asNumber(v Value) Value {
	if s, ok := v.(string); ok {
		v = parseNumber(s)
	}
	n, _ := v.(Number)
	whole, fraction, dotted := strings.Cut(string(n), ".")
	if a.Type == TypeInteger && dotted && strings.Trim(fraction, "0") == "" {
		return Number(whole)
	}
	return v
}

// parseNumber reads a number as JSON writes it (RFC 8259 §6); nil when the text is none.
func parseNumber(s string) Value {
	o, err := ParseJSON([]byte(`{"n":`+s+`}`), Limits{Depth: 1, Members: 1})
	if err != nil {
		return nil
	}
	v, _ := o.Get("n")
	if n, ok := v.(Number); ok {
		return n
	}
	return nil
}
