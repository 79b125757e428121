package scim

import (
	"fmt"
	"strings"
)

// attributes reads the attributes of a schema, or the sub-attributes of in.
func (r *declarationReader) attributes(member string, list Array, in *Attribute) []*Attribute {
	attrs := make([]*Attribute, 0, len(list))
	for i, v := range list {
		where := fmt.Sprintf("%s%s[%d]", r.where, member, i)
		o, ok := v.(*Object)
		if !ok {
			r.err = firstError(r.err, wrong(where, "%s is no attribute: an object with name, type and so on", show(v)))
			return nil
		}
		inner := declarationReader{o: o, where: where + ".", err: r.err}
		a := inner.attribute(in)
		if find(attrs, a.Name) != nil {
			inner.fail("name", "%q stands there twice; upper and lower case are the same", a.Name)
		}
		r.err = inner.err
		if r.err != nil {
			return nil // one error is enough, and the first one is the clearest
		}
		attrs = append(attrs, a)
	}
	return attrs
}

func firstError(err error, next error) error {
	if err != nil {
		return err
	}
	return next
}

// attribute reads one attribute; in is the complex attribute that it is a part of, or nil.
func (r *declarationReader) attribute(in *Attribute) *Attribute {
	a := &Attribute{Name: r.text("name", maxAttributeName), Generation: 1}
	r.checkName(a, in)
	if i := r.keyword("type", typeNames[:]); i > 0 {
		a.Type = Type(i)
	}
	a.MultiValued, _ = r.boolean("multiValued")
	a.Description = r.text("description", maxDescription)
	a.Required, _ = r.boolean("required")
	r.caseExact(a)
	if i := r.keyword("mutability", mutabilityNames[:]); i > 0 {
		a.Mutability = Mutability(i)
	}
	r.returned(a)
	if i := r.keyword("uniqueness", uniquenessNames[:]); i > 0 {
		a.Uniqueness = Uniqueness(i)
	}
	a.CanonicalValues = r.texts("canonicalValues", maxSuggestions)
	a.ReferenceTypes = r.texts("referenceTypes", maxSuggestions)
	a.Indexed, _ = r.boolean("indexed")
	r.subAttributes(a, in)
	r.rest()
	r.checkAttribute(a, in)
	return a
}

// checkName holds a name to the grammar of RFC 7643 §2.1. Only a sub-attribute may be "$ref".
func (r *declarationReader) checkName(a, in *Attribute) {
	if !isAttrName(a.Name) || a.Name[0] == '$' && (in == nil || a.Name != "$ref") {
		r.fail("name", "%q is no attribute name: a letter, then letters, digits, - and _", a.Name)
	}
}

// caseExact is for text. What refers to something, or is a code of bytes, is exact by its nature (RFC 7643 §2.3.6,
// §2.3.7).
func (r *declarationReader) caseExact(a *Attribute) {
	exact, given := r.boolean("caseExact")
	a.CaseExact = exact
	switch a.Type {
	case TypeString:
	case TypeReference, TypeBinary:
		if given && !exact {
			r.fail("caseExact", "a %s is always case-exact; leave it out", a.Type)
		}
		a.CaseExact = true
	default:
		if exact {
			r.fail("caseExact", "means nothing for a %s; leave it out", a.Type)
		}
	}
}

// returned is never for what can only be written (RFC 7643 §7).
func (r *declarationReader) returned(a *Attribute) {
	i := r.keyword("returned", returnedNames[:])
	if i > 0 {
		a.Returned = Returned(i)
	}
	if a.Mutability != WriteOnly {
		return
	}
	if i >= 0 && a.Returned != ReturnedNever {
		r.fail("returned", "what is writeOnly is returned never; leave it out")
	}
	a.Returned = ReturnedNever
}

func (r *declarationReader) subAttributes(a, in *Attribute) {
	list := r.list("subAttributes", MaxDeclaredAttributes)
	switch {
	case a.Type != TypeComplex && len(list) > 0:
		r.fail("subAttributes", "only a complex attribute has them, this one is of type %s", a.Type)
	case a.Type == TypeComplex && in != nil:
		r.fail("type", "a sub-attribute cannot be complex again")
	case a.Type == TypeComplex && len(list) == 0:
		r.fail("subAttributes", "a complex attribute has at least one")
	default:
		a.SubAttributes = r.attributes("subAttributes", list, a)
	}
}

// checkAttribute refuses characteristics that contradict each other: one of the two would not be kept.
func (r *declarationReader) checkAttribute(a, in *Attribute) {
	secret := a.secret() || in != nil && in.secret()
	switch {
	case a.Required && a.Mutability == ReadOnly:
		r.fail("required", "what is readOnly cannot be required: no client can give it")
	case a.Mutability == ReadOnly && a.Returned == ReturnedNever:
		r.fail("returned", "what is readOnly and never returned would be seen by nobody")
	case a.Type == TypeReference && len(a.ReferenceTypes) == 0:
		r.fail("referenceTypes", `a reference says to what it refers: "external", "uri", or names of resource types`)
	case a.Type != TypeReference && len(a.ReferenceTypes) > 0:
		r.fail("referenceTypes", "only a reference has them, this attribute is of type %s", a.Type)
	case a.Type != TypeString && len(a.CanonicalValues) > 0:
		r.fail("canonicalValues", "are for attributes of type string, this one is of type %s", a.Type)
	case a.Indexed && a.Type == TypeComplex:
		r.fail("indexed", "mark the sub-attributes that are looked up, not the complex attribute")
	case a.Indexed && secret:
		r.fail("indexed", "what is never returned is not looked up either (a filter would tell its value)")
	}
	r.checkUnique(a, in, secret)
	r.checkSub(a, in)
}

// checkUnique allows what one text can be compared by.
func (r *declarationReader) checkUnique(a, in *Attribute, secret bool) {
	if a.Uniqueness == UniqueNone {
		return
	}
	switch {
	case a.MultiValued || in != nil && in.MultiValued:
		r.fail("uniqueness", "is possible for single values only, not for elements of a list")
	case a.Type != TypeString && a.Type != TypeReference && a.Type != TypeInteger:
		r.fail("uniqueness", "is possible for the types string, reference and integer, this attribute is of type %s", a.Type)
	case secret:
		r.fail("uniqueness", "what is never returned cannot be unique: the refusal would tell somebody else's value")
	}
}

// checkSub holds the sub-attributes that RFC 7643 §2.4 defines to their meaning.
func (r *declarationReader) checkSub(a, in *Attribute) {
	switch {
	case in == nil:
	case equalName(a.Name, "primary") && in.MultiValued && (a.Type != TypeBoolean || a.MultiValued):
		r.fail("type", "primary is a single boolean (RFC 7643 §2.4)")
	case a.Name == "$ref" && (a.Type != TypeReference || a.MultiValued):
		r.fail("type", "$ref is a single reference (RFC 7643 §2.4)")
	}
}

// Object is the declaration as a document, in the form that [ParseDeclaration] reads.
func (d *Declaration) Object() *Object {
	if d.Type != nil {
		return d.Type.object()
	}
	return object(
		"schemas", Array{URNSchema},
		"id", d.Schema.ID,
		"name", orNil(d.Schema.Name),
		"description", orNil(d.Schema.Description),
		"resourceType", d.Extends,
		"required", trueOrNil(d.Required),
		"attributes", declaredObjects(d.Schema.Attributes),
	)
}

// declaredObjects are the attributes' discovery documents with the member that is only Usher's.
func declaredObjects(attrs []*Attribute) Array {
	list := make(Array, len(attrs))
	for i, a := range attrs {
		o := a.object()
		if !a.CaseExact && a.Type != TypeString {
			o.Delete("caseExact")
		}
		if a.Indexed {
			o.Set("indexed", true)
		}
		if len(a.SubAttributes) > 0 {
			o.Set("subAttributes", declaredObjects(a.SubAttributes))
		}
		list[i] = o
	}
	return list
}

func (t *DeclaredType) object() *Object {
	extensions := make(Array, len(t.Extensions))
	for i, e := range t.Extensions {
		extensions[i] = object("schema", e.Schema, "required", e.Required)
	}
	return object(
		"schemas", Array{URNResourceType},
		"id", t.Name,
		"name", t.Name,
		"endpoint", t.Endpoint,
		"description", orNil(t.Description),
		"schema", t.Schema,
		"schemaExtensions", extensions,
	)
}

func trueOrNil(b bool) any {
	if b {
		return true
	}
	return nil
}

// hasPrefixURN reports whether one URN continues another, so that an attribute of the one could be read as the other.
func hasPrefixURN(urn, prefix string) bool {
	rest, ok := cutFold(urn, prefix)
	return ok && strings.HasPrefix(rest, ":")
}
