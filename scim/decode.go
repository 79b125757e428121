package scim

import (
	"errors"
	"strconv"
	"strings"
)

// Decode makes a resource of a POST or PUT body by the quirks of p: names in schema case, values coerced and checked,
// what the server assigns left out. Errors are *[Error]. What was ignored is in Warnings.
func (t *ResourceType) Decode(body *Object, p Profile) (*Resource, error) {
	d := decoder{
		p: p, t: t, rows: t.rows(),
		r: &Resource{Type: t, Attributes: &Object{Members: make([]Member, 0, min(body.Len(), 32))}},
	}
	if err := d.schemas(body); err != nil {
		return nil, err
	}
	if body != nil {
		for _, m := range body.Members {
			if err := d.member(m); err != nil {
				return nil, err
			}
		}
	}
	d.addStrays()
	d.r.unite()
	return d.r, d.r.validate(nil)
}

// decoder is one walk over a body.
type decoder struct {
	p      Profile
	t      *ResourceType
	rows   *Attribute
	r      *Resource
	strays []stray
}

// stray is an extension attribute that stood at the top level (T-030).
type stray struct {
	schema *Schema
	attr   *Attribute
	value  Value
}

// member takes one top-level member of the body.
func (d *decoder) member(m Member) error {
	if isURN(m.Name) {
		return d.urn(m)
	}
	if s, a := d.t.Attribute("", m.Name); s != nil {
		return d.set(d.r.Attributes, a, m.Value, a.Name)
	} else if a != nil {
		return d.commonAttribute(a, m.Value)
	}
	if d.p.Has(QuirkExtensionAtTop) {
		if s, a := d.t.extensionAttribute(m.Name); a != nil {
			return d.stray(s, a, m.Value)
		}
	}
	return d.unknown(m.Name, d.t.Schema.Attributes)
}

// schemas checks the schemas attribute. A lenient profile needs none and drops URNs that are not the type's (T-030,
// T-051); an extension whose URN is missing from the list is taken all the same (T-031).
func (d *decoder) schemas(body *Object) error {
	v, _ := body.Get("schemas")
	if v == nil && d.p.Has(QuirkIgnoreUnknown) {
		return nil
	}
	list, ok := v.(Array)
	if !ok {
		if _, isText := v.(string); isText && d.p.Has(QuirkLooseShapes) {
			return nil
		}
		return NewError(KindBadSchemas, "schemas", show(v), "a list with "+d.t.Schema.ID)
	}
	return d.schemaList(list)
}

func (d *decoder) schemaList(list Array) error {
	seen := map[*Schema]bool{}
	for _, v := range list {
		urn, isText := v.(string)
		if !isText {
			return NewError(KindBadSchemas, "schemas", show(v), "schema URNs as text")
		}
		s := d.t.schema(urn)
		if (s == nil || seen[s]) && !d.p.Has(QuirkIgnoreUnknown) {
			return NewError(KindBadSchemas, "schemas", urn, "each of "+d.t.urns()+" at most once")
		}
		seen[s] = true
	}
	if !seen[d.t.Schema] && !d.p.Has(QuirkIgnoreUnknown) {
		return NewError(KindBadSchemas, "schemas", "", "a list with "+d.t.Schema.ID)
	}
	return nil
}

// urns lists the type's schemas for a detail.
func (t *ResourceType) urns() string {
	s := t.Schema.ID
	for _, e := range t.Extensions {
		s += ", " + e.Schema.ID
	}
	return s
}

// commonAttribute takes externalId; id, meta and schemas are the server's.
func (d *decoder) commonAttribute(a *Attribute, v Value) error {
	if a.Name != "externalId" {
		return nil
	}
	c := newCoercion(d.p, a.Name)
	v, err := c.attribute(a, v)
	if err != nil {
		return err
	}
	d.r.ExternalID, _ = v.(string)
	d.r.HasExternalID = true
	return nil
}

// urn takes the object of an extension, or refuses what looks like one of its attributes.
func (d *decoder) urn(m Member) error {
	if s := d.t.schema(m.Name); s != nil && s != d.t.Schema {
		return d.extension(s, m.Value)
	}
	urn, rest := knownURN(m.Name, d.t, Profile{})
	if s := d.t.schema(urn); s != nil && s != d.t.Schema { // "urn:…:User:role" must not be lost silently (D-07)
		return flattened(s, m.Name, rest)
	}
	return d.unknown(m.Name, nil)
}

func (d *decoder) extension(s *Schema, v Value) error {
	if list, ok := v.(Array); ok && len(list) == 1 && d.p.Has(QuirkLooseShapes) {
		v = list[0]
	}
	if v == nil {
		return nil
	}
	o, ok := v.(*Object)
	if !ok {
		return NewError(KindWrongType, s.ID, show(v), "an object with "+names(s.Attributes))
	}
	out := &Object{Members: make([]Member, 0, min(len(o.Members), 32))}
	for _, m := range o.Members {
		a := s.Attribute(m.Name)
		if a == nil {
			return unknownInExtension(s, m.Name)
		}
		if err := d.set(out, a, m.Value, a.Name); err != nil {
			return within(s.ID+":", err)
		}
	}
	if out.Len() > 0 {
		d.r.Attributes.Set(s.ID, out)
	}
	return nil
}

// within puts what an attribute stands in, such as the URN of an extension and a colon, before the place of an error.
func within(prefix string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.Where = prefix + e.Where
	}
	return err
}

// unknownInExtension refuses a name that a declared extension lacks: a mistyped role must not silently become the
// default role (D-07).
func unknownInExtension(s *Schema, name string) error {
	allowed := names(s.Attributes)
	if near := nearest(name, s.Attributes); near != "" {
		allowed += " (nearest: " + near + ")"
	}
	return NewError(KindUnknownInExtension, s.ID, name, allowed)
}

// flattened refuses an attribute path in the place of a member's name.
func flattened(s *Schema, name, path string) error {
	first, _, _ := strings.Cut(path, ".")
	a := s.Attribute(first)
	if a == nil {
		return unknownInExtension(s, path)
	}
	return NewError(KindUnknownInExtension, name, "", strconv.Quote(a.Name)+" in an object under "+s.ID)
}

// set puts the coerced value of an attribute into dst, unless the server owns the attribute or nothing is assigned.
func (d *decoder) set(dst *Object, a *Attribute, v Value, where string) error {
	switch {
	case a.Mutability == ReadOnly:
		return nil
	case a.Mutability == WriteOnly && a.Name == "password":
		d.r.Password = d.r.Password || v != nil // the value goes no further (C9)
		return nil
	case a == d.rows:
		return d.members(a, v)
	}
	out, err := d.coerce(a, v, where)
	if out != nil {
		dst.Set(a.Name, out)
	}
	return err
}

func (d *decoder) coerce(a *Attribute, v Value, where string) (Value, error) {
	out, warnings, err := d.p.coerce(a, v, where)
	for _, w := range warnings {
		d.r.warn(w)
	}
	return out, err
}

func (r *Resource) warn(s string) { r.Warnings = addWarning(r.Warnings, s) }

func (d *decoder) stray(s *Schema, a *Attribute, v Value) error {
	v, err := d.coerce(a, v, a.Name)
	if v != nil {
		d.strays = append(d.strays, stray{schema: s, attr: a, value: v})
	}
	return err
}

// addStrays moves what stood at the top level into its extension, unless it stood there too.
func (d *decoder) addStrays() {
	for _, s := range d.strays {
		v, _ := d.r.Attributes.Get(s.schema.ID)
		ext, ok := v.(*Object)
		if !ok {
			ext = &Object{}
			d.r.Attributes.Set(s.schema.ID, ext)
		}
		if _, there := ext.Get(s.attr.Name); there {
			d.r.warn("attribute " + strconv.Quote(s.attr.Name) + " at the top level ignored; the one under " + s.schema.ID + " counts")
			continue
		}
		ext.Set(s.attr.Name, s.value)
	}
}

// unknown ignores an undeclared attribute with a warning, or refuses it (D-07).
func (d *decoder) unknown(name string, declared []*Attribute) error {
	if len(d.r.Warnings) >= maxWarnings && d.p.Has(QuirkIgnoreUnknown) {
		return nil // no need to look for the nearest name of each of a million
	}
	near := nearest(name, declared)
	if d.p.Has(QuirkIgnoreUnknown) {
		d.r.warn(unknownWarning(name, near))
		return nil
	}
	allowed := "declared attributes"
	if near != "" {
		allowed += " (nearest: " + near + ")"
	}
	return NewError(KindUnknownAttribute, "", name, allowed)
}

// members takes a group's list: bare ids, displayName for display, $ref null (T-087, T-088, T-124). The same id twice
// is one member.
func (d *decoder) members(a *Attribute, v Value) error {
	d.r.HasMembers = true
	v, err := d.coerce(a, v, a.Name)
	if err != nil {
		return err
	}
	list, _ := v.(Array)
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		m, err := memberRef(a, e)
		if err != nil {
			return err
		}
		if !seen[m.Value] {
			seen[m.Value] = true
			d.r.Members = append(d.r.Members, m)
		}
	}
	return nil
}

// memberRef reads a coerced element of a group's members.
func memberRef(a *Attribute, element Value) (MemberRef, error) {
	o, _ := element.(*Object)
	get := func(name string) string {
		v, _ := o.Get(name)
		s, _ := v.(string)
		return s
	}
	m := MemberRef{Value: get("value"), Display: get("display")}
	kind := get("type")
	if kind == "" {
		return m, nil
	}
	allowed := a.Sub("type").CanonicalValues
	for _, c := range allowed {
		if strings.EqualFold(c, kind) {
			m.Type = c
			return m, nil
		}
	}
	return m, NewError(KindNotCanonical, "members.type", kind, strings.Join(allowed, ", "))
}
