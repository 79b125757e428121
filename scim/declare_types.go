package scim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// CheckDeclarations reports whether a workspace can have all of these declarations together. Errors are
// *[DeclarationError].
func CheckDeclarations(all []*Declaration) error {
	c := declarationCheck{}
	for _, d := range all {
		if d.Type != nil {
			c.types = append(c.types, d.Type)
		} else {
			c.schemas = append(c.schemas, d)
		}
	}
	switch {
	case len(c.schemas) > MaxDeclaredSchemas:
		return wrong("", "the workspace would have %d schemas, at most %d are possible", len(c.schemas), MaxDeclaredSchemas)
	case len(c.types) > MaxDeclaredTypes:
		return wrong("", "the workspace would have %d resource types, at most %d are possible", len(c.types), MaxDeclaredTypes)
	}
	if err := c.checkSchemas(); err != nil {
		return err
	}
	return c.checkTypes()
}

type declarationCheck struct {
	schemas []*Declaration
	types   []*DeclaredType
}

func (c *declarationCheck) checkSchemas() error {
	for i, d := range c.schemas {
		id := d.Schema.ID
		if coreSchema(id) == nil {
			for _, s := range []*Schema{userType.Schema, groupType.Schema, enterpriseUser} {
				if hasPrefixURN(id, s.ID) || hasPrefixURN(s.ID, id) {
					return wrong("id", "%s and %s begin with one another: an attribute of one would read as the other", id, s.ID)
				}
			}
		}
		for _, other := range c.schemas[:i] {
			switch {
			case equalName(other.Schema.ID, id):
				return wrong("id", "the schema %s is declared already", id)
			case hasPrefixURN(other.Schema.ID, id), hasPrefixURN(id, other.Schema.ID):
				return wrong("id", "%s and %s begin with one another: an attribute of one would read as the other", id, other.Schema.ID)
			}
		}
	}
	return nil
}

func (c *declarationCheck) checkTypes() error {
	for i, t := range c.types {
		for _, other := range c.types[:i] {
			switch {
			case equalName(other.Name, t.Name):
				return wrong("name", "the resource type %s is declared already", other.Name)
			case equalName(other.Endpoint, t.Endpoint):
				return wrong("endpoint", "%s is the endpoint of %s", t.Endpoint, other.Name)
			case equalName(other.Schema, t.Schema):
				return wrong("schema", "%s is the schema of %s", t.Schema, other.Name)
			}
		}
		if err := c.checkType(t); err != nil {
			return err
		}
	}
	return nil
}

func (c *declarationCheck) checkType(t *DeclaredType) error {
	base := schemaOf(c.schemas, t.Schema)
	switch {
	case base == nil:
		return wrong("schema", "%s, the schema of the resource type %s, is not declared", t.Schema, t.Name)
	case base.Extends != t.Name:
		return wrong("schema", "%s extends %s; declare it with \"resourceType\": %q to make it the schema of that type",
			t.Schema, base.Extends, t.Name)
	case base.Required:
		return wrong("schema", "%s is declared as a required extension, and cannot be the schema of %s", t.Schema, t.Name)
	}
	for _, e := range t.Extensions {
		if schemaOf(c.schemas, e.Schema) == nil && coreSchema(e.Schema) == nil {
			return wrong("schemaExtensions", "%s, an extension of %s, is not declared", e.Schema, t.Name)
		}
	}
	return nil
}

func schemaOf(all []*Declaration, urn string) *Declaration {
	for _, d := range all {
		if d.Schema != nil && equalName(d.Schema.ID, urn) {
			return d
		}
	}
	return nil
}

// In reports whether a stored document has values of this declared schema: under its URN, or among the attributes of
// the core schema that it adds to.
func (s *Schema) In(attrs *Object) bool {
	in := attrs
	if core := coreSchema(s.ID); core == nil || core == enterpriseUser {
		v, _ := attrs.Get(s.ID)
		in, _ = v.(*Object)
	}
	return slices.ContainsFunc(s.Attributes, func(a *Attribute) bool {
		_, ok := in.Get(a.Name)
		return ok
	})
}

// ResourceTypes compiles the resource types of a service with these declarations: User and Group, then the declared
// ones in their order. What is built in is shared, what is declared is not copied; neither may be changed afterwards.
// A declared type whose schema is not among the declarations is left out, as is an extension.
func ResourceTypes(all []*Declaration) []*ResourceType {
	c := typeCompiler{all: all, core: map[*Schema]*Schema{}}
	for _, d := range all {
		if d.Schema != nil && coreSchema(d.Schema.ID) == nil {
			d.Schema.Index = SchemaIndex{newSchemaIndex(d.Schema)}
		}
	}
	user := c.widen(userType)
	types := []*ResourceType{user, c.widen(groupType)}
	for _, d := range all {
		if d.Type == nil {
			continue
		}
		if t := c.declared(d.Type); t != nil {
			types = append(types, t)
		}
	}
	for _, t := range types {
		t.seal()
	}
	return types
}

type typeCompiler struct {
	all  []*Declaration
	core map[*Schema]*Schema // with what is added
}

// widen returns a built-in type with what is declared for it; the type itself when that is nothing.
func (c *typeCompiler) widen(t *ResourceType) *ResourceType {
	wide := *t
	wide.Schema = c.added(t.Schema)
	wide.Extensions = slices.Clone(t.Extensions)
	for i, e := range wide.Extensions {
		wide.Extensions[i].Schema = c.added(e.Schema)
	}
	wide.Extensions = append(wide.Extensions, c.extensionsOf(t.Name, "")...)
	if wide.Schema == t.Schema && slices.Equal(wide.Extensions, t.Extensions) {
		return t
	}
	return &wide
}

// added returns a built-in schema with the attributes that are declared for it.
func (c *typeCompiler) added(s *Schema) *Schema {
	d := schemaOf(c.all, s.ID)
	if d == nil || c.core[s] != nil {
		return cmp.Or(c.core[s], s)
	}
	wide := &Schema{ID: s.ID, Name: s.Name, Description: s.Description}
	wide.Attributes = append(slices.Clone(s.Attributes), d.Schema.Attributes...)
	wide.Index = SchemaIndex{newSchemaIndex(wide)}
	c.core[s] = wide
	return wide
}

// extensionsOf lists the declared schemas that extend the type, but for its base schema.
func (c *typeCompiler) extensionsOf(name, base string) []Extension {
	var list []Extension
	for _, d := range c.all {
		if d.Schema != nil && coreSchema(d.Schema.ID) == nil && d.Extends == name && !equalName(d.Schema.ID, base) {
			list = append(list, Extension{Schema: d.Schema, Required: d.Required})
		}
	}
	return list
}

func (c *typeCompiler) declared(d *DeclaredType) *ResourceType {
	base := schemaOf(c.all, d.Schema)
	if base == nil {
		return nil
	}
	t := &ResourceType{
		ID: d.Name, Name: d.Name, Endpoint: d.Endpoint, Description: d.Description, Schema: base.Schema,
	}
	for _, e := range d.Extensions {
		s := c.find(e.Schema)
		if s != nil {
			t.Extensions = append(t.Extensions, Extension{Schema: s, Required: e.Required})
		}
	}
	for _, e := range c.extensionsOf(d.Name, d.Schema) {
		if t.schema(e.Schema.ID) == nil {
			t.Extensions = append(t.Extensions, e)
		}
	}
	return t
}

func (c *typeCompiler) find(urn string) *Schema {
	if equalName(urn, enterpriseUser.ID) {
		return c.added(enterpriseUser)
	}
	if d := schemaOf(c.all, urn); d != nil {
		return d.Schema
	}
	return nil
}

// seal gives the type its stamp: a digest of all that decides which form the values of declared attributes have in a
// document, and which keys go with it.
func (t *ResourceType) seal() {
	h := sha256.New()
	declared := false
	for s := range t.schemas() {
		for _, a := range s.Attributes {
			if a.Generation > 0 {
				declared = true
				fmt.Fprintf(h, "%s\x00%s\n", foldASCII(s.ID), a.form(true))
			}
		}
	}
	if !declared {
		return
	}
	sum := h.Sum(nil)
	t.Stamp = max(int64(binary.BigEndian.Uint64(sum)&math.MaxInt64), 1)
}

// form tells two attributes apart whose values are stored, indexed or claimed in different ways.
func (a *Attribute) form(generation bool) string {
	s := fmt.Sprintf("%s %s %t %t %t %t %t", foldASCII(a.Name), a.Type, a.MultiValued, a.CaseExact,
		a.Uniqueness != UniqueNone, a.Indexed, a.secret())
	if generation {
		s += fmt.Sprintf(" %d", a.Generation)
	}
	for _, sub := range a.SubAttributes {
		s += " (" + sub.form(generation) + ")"
	}
	return s
}

// SameForm reports whether what is stored of one attribute is good for the other as it is: only then they may share a
// generation.
func (a *Attribute) SameForm(b *Attribute) bool { return a.form(false) == b.form(false) }
