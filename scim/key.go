package scim

import "strings"

// Key is one row of the attribute side table: one value of a resource, in the form by which it is found.
type Key struct {
	// Attr names the attribute in lower case: "username", "emails.value", "enterprise:2.0:user:manager.value".
	Attr string
	// Value is the value as [Attribute.Fold] writes it.
	Value string
	// Element is the index of the element in a multi-valued attribute, else 0: rows with the same Element belong to
	// one value.
	Element int
}

// Keys lists every value of the declared attributes that can be filtered by. externalId and what the server assigns
// are columns of a store, groups and members are rows of their own.
func (r *Resource) Keys() []Key {
	w := keyWriter{keys: make([]Key, 0, 32)}
	attrs := r.complete()
	w.object(r.Type.Schema, false, attrs)
	for _, e := range r.Type.Extensions {
		v, _ := attrs.Get(e.Schema.ID)
		if o, ok := v.(*Object); ok {
			w.object(e.Schema, true, o)
		}
	}
	return w.keys
}

type keyWriter struct{ keys []Key }

func (w *keyWriter) object(s *Schema, extension bool, o *Object) {
	if o == nil {
		return
	}
	prefix := keyPrefix(s, extension)
	for _, m := range o.Members {
		a := s.Attribute(m.Name)
		if a == nil {
			continue
		}
		w.attribute(prefix+foldASCII(a.Name), a, m.Value)
	}
}

func (w *keyWriter) attribute(name string, a *Attribute, v Value) {
	list, ok := v.(Array)
	if !ok {
		w.value(name, a, v, 0)
		return
	}
	for i, e := range list {
		w.value(name, a, e, i)
	}
}

func (w *keyWriter) value(name string, a *Attribute, v Value, element int) {
	o, ok := v.(*Object)
	if !ok {
		w.leaf(name, a, v, element)
		return
	}
	for _, m := range o.Members {
		sub := a.Sub(m.Name)
		if sub == nil {
			continue
		}
		subName := name + "." + foldASCII(sub.Name)
		if list, ok := m.Value.(Array); ok {
			for _, v := range list {
				w.leaf(subName, sub, v, element)
			}
			continue
		}
		w.leaf(subName, sub, m.Value, element)
	}
}

func (w *keyWriter) leaf(name string, a *Attribute, v Value, element int) {
	if a.secret() {
		return
	}
	if key, ok := a.Fold(v); ok {
		w.keys = append(w.keys, Key{Attr: name, Value: key, Element: element})
	}
}

// extensionPrefix is what the URNs of registered extensions begin with (RFC 7643 §10.2.1); keys leave it out.
const extensionPrefix = "urn:ietf:params:scim:schemas:extension:"

func keyPrefix(s *Schema, extension bool) string {
	if !extension {
		return ""
	}
	return strings.TrimPrefix(foldASCII(s.ID), extensionPrefix) + ":"
}

// keyName is [Key.Attr] for an attribute or, when sub is not nil, its sub-attribute.
func keyName(s *Schema, extension bool, a, sub *Attribute) string {
	name := keyPrefix(s, extension) + foldASCII(a.Name)
	if sub != nil {
		name += "." + foldASCII(sub.Name)
	}
	return name
}
