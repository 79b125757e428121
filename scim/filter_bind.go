package scim

import (
	"cmp"
	"strings"
)

// binder resolves the names of a parsed filter and checks that each operator and literal fits its attribute, so
// that an evaluator meets no surprises.
type binder struct {
	t       *ResourceType
	hints   *ResourceType // whose attributes errors suggest; nil: those of t
	profile Profile
	where   string
}

// bind binds a tree. in is the attribute whose value filter the tree is, or nil at the top.
func (b *binder) bind(n Node, in *AttrPath) error {
	switch n := n.(type) {
	case *And:
		return b.all(n.Terms, in)
	case *Or:
		return b.all(n.Terms, in)
	case *Not:
		return b.bind(n.Term, in)
	case *ValuePath:
		return b.valuePath(n)
	case *Compare:
		return b.compare(n, in)
	}
	return nil
}

func (b *binder) all(terms []Node, in *AttrPath) error {
	for _, n := range terms {
		if err := b.bind(n, in); err != nil {
			return err
		}
	}
	return nil
}

func (b *binder) valuePath(n *ValuePath) error {
	if err := b.resolve(&n.Path, n.Pos); err != nil {
		return err
	}
	if n.Path.Attr.Type != TypeComplex || n.Path.Sub != nil {
		return b.refuse(n.Path.String()+"[…]", n.Pos, "a value filter on a complex attribute such as emails or addresses")
	}
	return b.bind(n.Filter, &n.Path)
}

func (b *binder) compare(c *Compare, in *AttrPath) error {
	if in != nil {
		if err := b.resolveInside(&c.Path, in, c.Pos); err != nil {
			return err
		}
	} else if err := b.resolve(&c.Path, c.Pos); err != nil {
		return err
	}
	target, err := b.target(c)
	if err != nil {
		return err
	}
	if in != nil {
		c.Path.key = b.key(in, c.Path.Attr)
	} else {
		c.Path.key = b.key(&c.Path, c.Path.Sub)
	}
	if c.Op == Present {
		return nil
	}
	return b.check(c, target)
}

// key is the name of an attribute in [Resource.Keys], or "".
func (b *binder) key(path *AttrPath, sub *Attribute) string {
	if path.Schema == nil || b.t.isRows(path.Attr) {
		return ""
	}
	return keyName(path.Schema, path.extension, path.Attr, sub)
}

// resolve binds a path that stands outside of brackets.
func (b *binder) resolve(path *AttrPath, pos int) error {
	s, a, sub, ok := b.t.resolve(*path, b.profile)
	if !ok {
		return b.unknown(path, pos, cmp.Or(b.hints, b.t).hint(*path, a))
	}
	path.Schema, path.Attr, path.Sub, path.extension = s, a, sub, s != nil && s != b.t.Schema
	return b.readable(path, a, sub, pos)
}

// resolveInside binds the name of a sub-attribute of in.
func (b *binder) resolveInside(path, in *AttrPath, pos int) error {
	if path.URN == "" && path.SubName == "" {
		path.Attr = in.Attr.sub(path.Name, b.profile)
	}
	if path.Attr == nil {
		return b.unknown(path, pos, subHint(in.Attr))
	}
	return b.readable(path, in.Attr, path.Attr, pos)
}

func (b *binder) readable(path *AttrPath, a, sub *Attribute, pos int) error {
	if instead := b.t.unreadable(a, sub); instead != "" {
		return b.refuse(path.String(), pos, instead)
	}
	return nil
}

// unreadable says what to compare instead of an attribute, or its sub-attribute, that no filter may use: those that
// are never returned, for a filter on password would be an oracle for it, and those that only an answer has,
// because they follow from its base URL or from what it shows (D-29): no store can compare them, and no match would be
// a lie (T-060). It is empty for all others.
func (t *ResourceType) unreadable(a, sub *Attribute) string {
	if a.secret() || sub != nil && sub.secret() {
		return "attributes that can be read"
	}
	if meta := find(commonAttributes, "meta"); a == meta && (sub == meta.Sub("location") || sub == meta.Sub("version")) {
		return "id, meta.created, meta.lastModified, meta.resourceType"
	}
	if rows := t.rows(); rows != nil && a == rows && sub != nil && sub == rows.Sub("$ref") {
		return rows.Name + ".value"
	}
	return ""
}

// target is the attribute that is compared. A bare complex attribute means its "value" (D-32, T-058, T-059); only
// "pr" asks for the whole.
func (b *binder) target(c *Compare) (*Attribute, error) {
	a := c.Path.Attr
	if c.Path.Sub != nil {
		a = c.Path.Sub
	}
	if a.Type != TypeComplex || c.Op == Present {
		return a, nil
	}
	if c.Path.Sub = a.Sub("value"); c.Path.Sub == nil {
		return nil, b.refuse(c.Path.String(), c.Pos, "one of its sub-attributes: "+subNames(a))
	}
	return c.Path.Sub, nil
}

// check holds operator and literal against the attribute's type.
func (b *binder) check(c *Compare, a *Attribute) error {
	if !a.Type.takes(c.Op) {
		return b.refuse(c.Path.String()+" "+c.Op.String(), c.Pos, a.Type.operators())
	}
	v, ok := b.literal(a, c.Literal)
	if !ok {
		return b.refuse(show(c.Literal), c.Pos, c.Path.String()+" compared to "+describe(a))
	}
	c.Literal = v
	return nil
}

// takes reports whether values of the type can be compared by the operator.
func (t Type) takes(o Operator) bool {
	switch t {
	case TypeBoolean, TypeBinary:
		return o == Equal || o == NotEqual
	case TypeInteger, TypeDecimal, TypeDateTime:
		return o != Contains && o != StartsWith && o != EndsWith
	default:
		return true
	}
}

// operators lists what takes allows, for an error.
func (t Type) operators() string {
	var names []string
	for o := Equal; o <= Present; o++ {
		if o == Present || t.takes(o) {
			names = append(names, o.String())
		}
	}
	return strings.Join(names, ", ")
}

// literal converts a literal to the attribute's type by the quirks for values (T-026), and reports whether it fits.
func (b *binder) literal(a *Attribute, v Value) (Value, bool) {
	switch a.Type {
	case TypeString, TypeReference, TypeBinary:
		return b.text(v)
	case TypeInteger, TypeDecimal:
		_, ok := a.Fold(v)
		return v, ok
	}
	v, err := b.profile.coerceSimple(a, v, "")
	return v, err == nil && v != nil
}

func (b *binder) text(v Value) (Value, bool) {
	if n, ok := v.(Number); ok && b.profile.Has(QuirkNumbersForStrings) {
		return string(n), true
	}
	s, ok := v.(string)
	return s, ok && strings.IndexByte(s, 0) < 0 // no engine takes U+0000 in a text
}

func (b *binder) unknown(path *AttrPath, pos int, allowed string) error {
	return NewError(KindUnknownInFilter, place(b.where, pos), path.String(), allowed)
}

func (b *binder) refuse(value string, pos int, allowed string) error {
	return NewError(KindFilterNotAllowed, place(b.where, pos), value, allowed)
}
