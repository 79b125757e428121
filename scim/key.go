package scim

import (
	"strconv"
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

// UniqueValue is a value that no other resource of the type may have (RFC 7643 §7).
type UniqueValue struct {
	// Key is the form in which values are compared.
	Key Key
	// Path and Text are for whoever is told that the value is taken.
	Path, Text string
	// Building tells that stored values may not be claimed yet ([Attribute.Building]).
	Building bool
}

// UniqueValues lists the values of the declared attributes whose uniqueness is server or global. Those of the core
// schemas are the backend's own business: they have columns.
func (r *Resource) UniqueValues() []UniqueValue {
	values := appendUnique(nil, indexOf(r.Type.Schema).uniqueInBase, "", r.Attributes)
	for _, e := range r.Type.Extensions {
		v, _ := r.Attributes.Get(e.Schema.ID)
		if o, ok := v.(*Object); ok {
			values = appendUnique(values, indexOf(e.Schema).uniqueInExtension, e.Schema.ID+":", o)
		}
	}
	return values
}

func appendUnique(values []UniqueValue, index []indexEntry, prefix string, o *Object) []UniqueValue {
	for i := range index {
		e := &index[i]
		v, _ := o.Get(e.attr.Name)
		a, path := e.attr, prefix+e.attr.Name
		if e.sub != nil {
			in, _ := v.(*Object)
			v, _ = in.Get(e.sub.Name)
			a, path = e.sub, path+"."+e.sub.Name
		}
		if key, ok := a.Fold(v); ok {
			values = append(values, UniqueValue{Key: Key{Attr: e.name, Value: key}, Path: path, Text: show(v), Building: a.Building})
		}
	}
	return values
}

// KeyNames lists every [Key.Attr] that resources of the type may have, those of unique values included: rows under
// other names belong to no attribute that there is.
func (t *ResourceType) KeyNames() []string {
	var names []string
	add := func(lists ...[]indexEntry) {
		for _, list := range lists {
			for i := range list {
				names = append(names, list[i].name)
			}
		}
	}
	add(indexOf(t.Schema).base, indexOf(t.Schema).uniqueInBase)
	for _, e := range t.Extensions {
		add(indexOf(e.Schema).extension, indexOf(e.Schema).uniqueInExtension)
	}
	return names
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

// schemaIndex is what is looked up in a schema again and again: what is indexed and what is unique in it, as a base
// schema and as an extension (the names differ), and whether answers leave out any of it.
type schemaIndex struct {
	of                              *Schema
	base, extension                 []indexEntry
	uniqueInBase, uniqueInExtension []indexEntry
	hides                           bool
}

// SchemaIndex is derived from the attributes of a schema.
type SchemaIndex struct{ *schemaIndex }

// Equal is always true: schemas are equal when their attributes are.
func (SchemaIndex) Equal(SchemaIndex) bool { return true }

// indexes remembers the schemaIndex of the schemas that are part of a program: the built-in ones and those that an
// embedder makes. It never forgets, so schemas that come and go at runtime are compiled ([ResourceTypes]) and hold
// their own.
var indexes sync.Map

func indexOf(s *Schema) *schemaIndex {
	if i := s.Index.schemaIndex; i != nil && i.of == s { // a copy of a compiled schema may have other attributes
		return i
	}
	if i, ok := indexes.Load(s); ok {
		return i.(*schemaIndex)
	}
	i, _ := indexes.LoadOrStore(s, newSchemaIndex(s))
	return i.(*schemaIndex)
}

func newSchemaIndex(s *Schema) *schemaIndex {
	return &schemaIndex{
		of:   s,
		base: newIndex(s, false, (*Attribute).isIndexed), extension: newIndex(s, true, (*Attribute).isIndexed),
		uniqueInBase: newIndex(s, false, (*Attribute).isClaimed), uniqueInExtension: newIndex(s, true, (*Attribute).isClaimed),
		hides: hides(s.Attributes),
	}
}

func newIndex(s *Schema, extension bool, has func(*Attribute) bool) []indexEntry {
	var index []indexEntry
	for _, a := range s.Attributes {
		if has(a) {
			index = append(index, indexEntry{name: keyName(s, extension, a, nil), attr: a})
		}
		for _, sub := range a.SubAttributes {
			if has(sub) && !a.secret() {
				index = append(index, indexEntry{name: keyName(s, extension, a, sub), attr: a, sub: sub})
			}
		}
	}
	return index
}

// isIndexed reports whether the attribute's own values have keys. What is never returned has none, whatever its
// schema says.
func (a *Attribute) isIndexed() bool { return a.Indexed && a.Type != TypeComplex && !a.secret() }

// isClaimed reports whether the attribute's values are [UniqueValue]s: those of declared attributes. What is unique in
// the core schemas has a column.
func (a *Attribute) isClaimed() bool {
	return a.Uniqueness != UniqueNone && a.Generation > 0 && a.Type != TypeComplex && !a.secret()
}

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

// KeyGeneration is the [Attribute.Generation] in the name of a key, 0 for a built-in attribute's.
func KeyGeneration(name string) int64 {
	_, text, _ := strings.Cut(name, "#")
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// keyName is [Key.Attr] for an attribute or, when sub is not nil, its sub-attribute. Keys of a declared attribute name
// their generation as well.
func keyName(s *Schema, extension bool, a, sub *Attribute) string {
	name := keyPrefix(s, extension) + foldASCII(a.Name)
	if sub != nil {
		name += "." + foldASCII(sub.Name)
	}
	if a.Generation > 0 {
		name += "#" + strconv.FormatInt(a.Generation, 10)
	}
	return name
}
