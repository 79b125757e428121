package scim

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Match reports whether a stored resource matches. A filter on groups or members needs them loaded in rec.
//
// How values compare:
//   - A comparison holds when it holds for any value of the attribute, but for `ne`.
//   - `ne` is the negation of `eq`, everywhere. So it holds for a missing value (D-32), and on a multi-valued
//     attribute when no value is equal. The RFC defines `ne` for single values only; this reading keeps
//     `a ne x` and `not (a eq x)` the same set.
//   - Strings compare by [Attribute.Fold], so by caseExact; dateTimes as instants; numbers as exact numbers.
//   - `pr` holds for false, but not for "", [] or an object without values.
//   - All conditions of `a[f]` must hold for one element.
func (f *Filter) Match(rec *Record) (bool, error) {
	if f.Uses("groups") && !rec.HasGroups || f.Uses("members") && !rec.HasMembers {
		return false, errRowsNotLoaded
	}
	doc, err := rec.Object()
	if err != nil {
		return false, err
	}
	return f.MatchObject(doc), nil
}

var errRowsNotLoaded = errors.New("scim: the filter needs groups or members, and the record was read without them")

// MatchObject reports whether a whole resource, as it is sent, matches.
func (f *Filter) MatchObject(doc *Object) bool { return match(f.Root, doc) }

// Uses reports whether the filter refers to the named attribute of the base schema, so that a backend knows which
// rows to load.
func (f *Filter) Uses(name string) bool { return uses(f.Root, name) }

func uses(n Node, name string) bool {
	switch n := n.(type) {
	case *And:
		return anyUses(n.Terms, name)
	case *Or:
		return anyUses(n.Terms, name)
	case *Not:
		return uses(n.Term, name)
	case *ValuePath:
		return n.Path.is(name)
	case *Compare:
		return n.Path.is(name)
	}
	return false
}

func anyUses(terms []Node, name string) bool {
	for _, n := range terms {
		if uses(n, name) {
			return true
		}
	}
	return false
}

func (p *AttrPath) is(name string) bool { return !p.extension && equalName(p.Attr.Name, name) }

// MatchMember reports whether a group's member matches the value filter of a `members[…]` selector.
func MatchMember(n Node, m MemberRef) bool {
	o := &Object{Members: []Member{{"value", m.Value}, {"type", m.Type}, {"display", m.Display}}}
	return match(n, o)
}

// match evaluates a tree on a resource or, inside of brackets, on one element.
func match(n Node, o *Object) bool {
	switch n := n.(type) {
	case *And:
		for _, t := range n.Terms {
			if !match(t, o) {
				return false
			}
		}
		return true
	case *Or:
		for _, t := range n.Terms {
			if match(t, o) {
				return true
			}
		}
		return false
	case *Not:
		return !match(n.Term, o)
	case *ValuePath:
		return anyElement(n.Path.value(o), func(e Value) bool {
			element, ok := e.(*Object)
			return ok && match(n.Filter, element)
		})
	case *Compare:
		return n.match(o)
	}
	return false
}

// value is the attribute's value in a resource or element; nil when there is none.
func (p *AttrPath) value(o *Object) Value {
	if p.extension {
		v, _ := o.Get(p.Schema.ID)
		o, _ = v.(*Object)
	}
	v, _ := o.Get(p.Attr.Name)
	return v
}

// anyElement reports whether ok holds for v or, if v is a list, for one of its elements.
func anyElement(v Value, ok func(Value) bool) bool {
	list, isList := v.(Array)
	if !isList {
		return ok(v)
	}
	for _, e := range list {
		if ok(e) {
			return true
		}
	}
	return false
}

func (c *Compare) match(o *Object) bool {
	test := c.test
	switch c.Op {
	case Present:
		test = present
	case NotEqual:
		return !c.any(o, c.equal)
	}
	return c.any(o, test)
}

// any reports whether the test holds for one of the values that the path leads to.
func (c *Compare) any(o *Object, test func(Value) bool) bool {
	v := c.Path.value(o)
	if c.Path.Sub == nil {
		return anyElement(v, test)
	}
	return anyElement(v, func(e Value) bool {
		element, _ := e.(*Object)
		sub, _ := element.Get(c.Path.Sub.Name)
		return anyElement(sub, test)
	})
}

// present reports whether v is a value at all.
func present(v Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case Array:
		return anyElement(v, present)
	case *Object:
		for i := range v.Len() {
			if present(v.Members[i].Value) {
				return true
			}
		}
		return false
	}
	return true
}

// target is the attribute whose values are compared.
func (c *Compare) target() *Attribute {
	if c.Path.Sub != nil {
		return c.Path.Sub
	}
	return c.Path.Attr
}

func (c *Compare) equal(v Value) bool {
	a := c.target()
	value, ok := a.Fold(v)
	literal, _ := a.Fold(c.Literal)
	return ok && value == literal
}

// test holds one value against the literal, by the operator.
func (c *Compare) test(v Value) bool {
	switch c.Op {
	case Equal:
		return c.equal(v)
	case Contains:
		return c.substring(v, strings.Contains)
	case StartsWith:
		return c.substring(v, strings.HasPrefix)
	case EndsWith:
		return c.substring(v, strings.HasSuffix)
	}
	a := c.target()
	value, ok := a.Fold(v)
	literal, _ := a.Fold(c.Literal)
	return ok && c.Op.holds(strings.Compare(value, literal))
}

// substring compares texts, folded but not cut to the length of a key.
func (c *Compare) substring(v Value, test func(s, sub string) bool) bool {
	s, ok := v.(string)
	literal, _ := c.Literal.(string)
	a := c.target()
	return ok && test(a.foldCase(s), a.foldCase(literal))
}

// holds reports whether an ordering operator accepts the sign of value minus literal.
func (o Operator) holds(sign int) bool {
	switch o {
	case GreaterThan:
		return sign > 0
	case GreaterOrEqual:
		return sign >= 0
	case LessThan:
		return sign < 0
	case LessOrEqual:
		return sign <= 0
	}
	return false
}

// Key is the comparison in terms of [Resource.Keys]: the attribute's name there, inside of brackets that of the
// attribute and its sub-attribute, and the literal folded in the same way ("" for `pr`).
//
// ok is false when those rows cannot answer: common attributes, groups and members, complex attributes as a whole,
// and the substring operators where a key may be cut ([MaxKey]): `sw` with a literal of that length, `co` and `ew`
// unless the caller looks at whole values.
func (c *Compare) Key() (attr, value string, ok bool) {
	a := c.target()
	if c.Path.key == "" || a.Type == TypeComplex {
		return "", "", false
	}
	switch c.Op {
	case Present:
		return c.Path.key, "", true
	case Contains, StartsWith, EndsWith:
		literal, _ := c.Literal.(string)
		value = a.foldCase(literal)
		return c.Path.key, value, c.Op == StartsWith && len(value) <= MaxKey-utf8.UTFMax
	}
	value, ok = a.Fold(c.Literal)
	return c.Path.key, value, ok
}
