package scim

import (
	"strings"
	"sync"
)

// Key is one row of the attribute side table: one value of a resource, in the form by which it is found.
type Key struct {
	// Attr names the attribute in lower case: "displayname", "emails.value", "enterprise:2.0:user:manager.value".
	Attr string
	// Value is the value as [Attribute.Fold] writes it.
	Value string
	// Element is the index of the element in a multi-valued attribute, else 0: rows with the same Element belong to
	// one value.
	Element int
}

// Keys lists the values of the indexed attributes ([Attribute.Indexed]), by which a store finds the resource.
func (r *Resource) Keys() []Key {
	attrs := r.complete()
	keys := appendKeys(make([]Key, 0, 8), indexOf(r.Type.Schema).base, attrs)
	for _, e := range r.Type.Extensions {
		v, _ := attrs.Get(e.Schema.ID)
		if o, ok := v.(*Object); ok {
			keys = appendKeys(keys, indexOf(e.Schema).extension, o)
		}
	}
	return keys
}

func appendKeys(keys []Key, index []indexEntry, o *Object) []Key {
	for i := range index {
		e := &index[i]
		v, ok := o.Get(e.attr.Name)
		if !ok {
			continue
		}
		list, ok := v.(Array)
		if !ok {
			keys = e.append(keys, v, 0)
			continue
		}
		for element, v := range list {
			keys = e.append(keys, v, element)
		}
	}
	return keys
}

// indexEntry is one indexed attribute or sub-attribute.
type indexEntry struct {
	name      string     // Key.Attr
	attr, sub *Attribute // sub is nil when attr is not complex
}

// append adds the keys of one value, or one element, of the attribute.
func (e *indexEntry) append(keys []Key, v Value, element int) []Key {
	if e.sub == nil {
		return e.leaf(keys, e.attr, v, element)
	}
	o, _ := v.(*Object)
	v, _ = o.Get(e.sub.Name)
	list, ok := v.(Array)
	if !ok {
		return e.leaf(keys, e.sub, v, element)
	}
	for _, v := range list {
		keys = e.leaf(keys, e.sub, v, element)
	}
	return keys
}

func (e *indexEntry) leaf(keys []Key, a *Attribute, v Value, element int) []Key {
	if key, ok := a.Fold(v); ok {
		keys = append(keys, Key{Attr: e.name, Value: key, Element: element})
	}
	return keys
}

// schemaIndex lists what is indexed in a schema, as a base schema and as an extension: the names differ.
type schemaIndex struct{ base, extension []indexEntry }

// indexes remembers the schemaIndex of each *Schema that was used. It stands beside the schema and not in it, so
// that schemas remain plain values.
var indexes sync.Map

func indexOf(s *Schema) *schemaIndex {
	if i, ok := indexes.Load(s); ok {
		return i.(*schemaIndex)
	}
	i, _ := indexes.LoadOrStore(s, &schemaIndex{base: newIndex(s, false), extension: newIndex(s, true)})
	return i.(*schemaIndex)
}

func newIndex(s *Schema, extension bool) []indexEntry {
	var index []indexEntry
	for _, a := range s.Attributes {
		if a.isIndexed() {
			index = append(index, indexEntry{name: keyName(s, extension, a, nil), attr: a})
		}
		for _, sub := range a.SubAttributes {
			if sub.isIndexed() && !a.secret() {
				index = append(index, indexEntry{name: keyName(s, extension, a, sub), attr: a, sub: sub})
			}
		}
	}
	return index
}

// isIndexed reports whether the attribute's own values have keys. What is never returned has none, whatever its
// schema says.
func (a *Attribute) isIndexed() bool { return a.Indexed && a.Type != TypeComplex && !a.secret() }

// indexed marks an attribute of the core schemas.
func indexed(a *Attribute) *Attribute {
	a.Indexed = true
	return a
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
