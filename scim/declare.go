package scim

import (
	"fmt"
	"slices"
	"strings"
)

// Declaration is what a workspace adds to the schemas that every service has: a [Schema] or a [DeclaredType]. Exactly
// one of the two is set.
type Declaration struct {
	// Schema is a schema (RFC 7643 §7). One with the URN of a core schema adds its attributes to that schema; any other
	// extends the resource type that Extends names, or is the base schema of a declared type.
	Schema *Schema
	// Extends is the name of the resource type that the schema belongs to.
	Extends string
	// Required says that every resource of that type must have the extension.
	Required bool
	// Type is a resource type (RFC 7643 §6).
	Type *DeclaredType
}

// DeclaredType is a resource type whose schemas are given by their URNs.
type DeclaredType struct {
	Name, Endpoint, Description string
	Schema                      string
	Extensions                  []DeclaredExtension
}

// DeclaredExtension is an extension of a [DeclaredType].
type DeclaredExtension struct {
	Schema   string
	Required bool
}

// ID is the URN of a schema, or the name of a resource type.
func (d *Declaration) ID() string {
	if d.Type != nil {
		return d.Type.Name
	}
	return d.Schema.ID
}

// The bounds of declarations.
const (
	MaxDeclaredAttributes = 200 // of one schema, sub-attributes counted
	MaxDeclaredSchemas    = 50  // of one workspace
	MaxDeclaredTypes      = 20

	maxURN           = 200
	maxAttributeName = 64
	maxDescription   = 1000
	maxSuggestions   = 200
)

// DeclarationError says what is wrong with a declaration, to the person who wrote it.
type DeclarationError struct {
	// Where is the member that is wrong, such as "attributes[2].type"; it may be empty.
	Where string
	// Problem says what is wrong with it and what would be right.
	Problem string
}

// Error implements error.
func (e *DeclarationError) Error() string {
	if e.Where == "" {
		return e.Problem
	}
	return e.Where + ": " + e.Problem
}

func wrong(where, format string, args ...any) *DeclarationError {
	return &DeclarationError{Where: where, Problem: fmt.Sprintf(format, args...)}
}

// ParseDeclaration reads a Schema document (RFC 7643 §7), with the members "resourceType" and "required" beside those
// of the RFC and "indexed" in attributes, or a ResourceType document (RFC 7643 §6). It is strict: a member that it does
// not know is an error, for a mistyped characteristic would be a default in silence. Errors are *[DeclarationError].
// Whether a declaration fits those that a workspace has is [CheckDeclarations].
func ParseDeclaration(o *Object) (*Declaration, error) {
	r := declarationReader{o: o}
	var d *Declaration
	if r.isType() {
		d = r.resourceType()
	} else {
		d = r.schema()
	}
	if r.err != nil {
		return nil, r.err
	}
	return d, nil
}

// declarationReader takes the members of one object. The first error stays, and what is read after it does not count.
type declarationReader struct {
	o     *Object
	where string // what stands before a member's name, with its dot
	taken []string
	err   error
}

func (r *declarationReader) fail(member, format string, args ...any) {
	if r.err == nil {
		r.err = wrong(r.where+member, format, args...)
	}
}

func (r *declarationReader) get(member string) Value {
	r.taken = append(r.taken, member)
	v, _ := r.o.Get(member)
	return v
}

func (r *declarationReader) text(member string, most int) string {
	v := r.get(member)
	s, ok := v.(string)
	switch {
	case v == nil:
	case !ok:
		r.fail(member, "%s is no text", show(v))
	case len(s) > most:
		r.fail(member, "has %d bytes, at most %d are possible", len(s), most)
	case strings.IndexByte(s, 0) >= 0:
		r.fail(member, "has a character that cannot be stored")
	}
	return s
}

func (r *declarationReader) boolean(member string) (value, given bool) {
	v := r.get(member)
	b, ok := v.(bool)
	if v != nil && !ok {
		r.fail(member, "%s is neither true nor false", show(v))
	}
	return b, v != nil
}

// keyword reads one of a closed list of words and returns its place, or -1 when the member is absent.
func (r *declarationReader) keyword(member string, words []string) int {
	s := r.text(member, maxAttributeName)
	if s == "" {
		return -1
	}
	i := slices.Index(words, s)
	if i < 0 {
		r.fail(member, "%q is not one of %s", s, strings.Join(words, ", "))
	}
	return i
}

func (r *declarationReader) texts(member string, most int) []string {
	list := r.list(member, most)
	texts := make([]string, 0, len(list))
	for _, v := range list {
		s, ok := v.(string)
		if !ok || s == "" || len(s) > maxURN || slices.Contains(texts, s) {
			r.fail(member, "%s is no text of 1 to %d bytes that stands there once", show(v), maxURN)
			return nil
		}
		texts = append(texts, s)
	}
	return texts
}

func (r *declarationReader) list(member string, most int) Array {
	v := r.get(member)
	list, ok := v.(Array)
	switch {
	case v != nil && !ok:
		r.fail(member, "%s is no list", show(v))
	case len(list) > most:
		r.fail(member, "has %d elements, at most %d are possible", len(list), most)
		return nil
	}
	return list
}

// rest refuses the members that nobody took.
func (r *declarationReader) rest() {
	for _, m := range r.o.Members {
		if !slices.ContainsFunc(r.taken, func(name string) bool { return equalName(name, m.Name) }) {
			r.fail(m.Name, "is not known here; known are %s", strings.Join(r.taken, ", "))
			return
		}
	}
}

// isType tells a ResourceType document from a Schema document, by what it says of itself or by what it has.
func (r *declarationReader) isType() bool {
	list, _ := r.get("schemas").(Array)
	for _, v := range list {
		urn, _ := v.(string)
		switch {
		case equalName(urn, URNResourceType):
			return true
		case equalName(urn, URNSchema):
			return false
		}
		r.fail("schemas", "%s is neither %s nor %s", show(v), URNSchema, URNResourceType)
	}
	_, hasEndpoint := r.o.Get("endpoint")
	return hasEndpoint
}

func (r *declarationReader) schema() *Declaration {
	d := &Declaration{Schema: &Schema{
		ID: r.urn("id"), Name: r.text("name", maxAttributeName), Description: r.text("description", maxDescription),
	}}
	r.get("meta")
	d.Extends = r.text("resourceType", maxAttributeName)
	d.Required, _ = r.boolean("required")
	core := coreSchema(d.Schema.ID)
	if core != nil {
		r.coreSchema(d, core)
	} else {
		r.ownSchema(d)
	}
	list := r.list("attributes", MaxDeclaredAttributes)
	r.rest()
	if len(list) == 0 {
		r.fail("attributes", "a schema has at least one attribute")
	}
	d.Schema.Attributes = r.attributes("attributes", list, nil)
	r.checkNames(d.Schema, core)
	if n := countAttributes(d.Schema.Attributes); n > MaxDeclaredAttributes {
		r.fail("attributes", "there are %d attributes and sub-attributes, at most %d are possible", n, MaxDeclaredAttributes)
	}
	return d
}

// coreSchema completes a declaration that adds to a schema of the service.
func (r *declarationReader) coreSchema(d *Declaration, core *Schema) {
	owner := userType.Name
	if core == groupType.Schema {
		owner = groupType.Name
	}
	if d.Extends != "" && d.Extends != owner {
		r.fail("resourceType", "%s belongs to %s", core.ID, owner)
	}
	if d.Required {
		r.fail("required", "a core schema is no extension; mark attributes as required instead")
	}
	d.Extends = owner
	d.Schema.ID = core.ID
	if d.Schema.Name == "" {
		d.Schema.Name = core.Name
	}
}

func (r *declarationReader) ownSchema(d *Declaration) {
	if d.Extends == "" {
		d.Extends = userType.Name
	}
	if !isTypeName(d.Extends) {
		r.fail("resourceType", "%q is no name of a resource type, such as User", d.Extends)
	}
	if d.Schema.Name == "" {
		r.fail("name", "a schema has a name for people")
	}
}

// checkNames refuses names that mean something else already.
func (r *declarationReader) checkNames(s, core *Schema) {
	for i, a := range s.Attributes {
		at := fmt.Sprintf("attributes[%d].name", i)
		switch {
		case a == nil:
		case slices.ContainsFunc(reservedNames, func(name string) bool { return equalName(name, a.Name) }):
			r.fail(at, "%q is a name that every service gives its own meaning; choose another", a.Name)
		case core != nil && core.Attribute(a.Name) != nil:
			r.fail(at, "%s has an attribute %q already", core.ID, core.Attribute(a.Name).Name)
		}
	}
}

// reservedNames are the names of common attributes, of what is kept as rows, and of what is never stored.
var reservedNames = []string{"schemas", "id", "externalId", "meta", "groups", "members", "password"}

func countAttributes(attrs []*Attribute) int {
	n := len(attrs)
	for _, a := range attrs {
		if a != nil {
			n += len(a.SubAttributes)
		}
	}
	return n
}

// coreSchema returns the built-in schema of the URN that attributes may be added to, or nil.
func coreSchema(urn string) *Schema {
	for _, s := range []*Schema{userType.Schema, groupType.Schema, enterpriseUser} {
		if equalName(s.ID, urn) {
			return s
		}
	}
	return nil
}

// reservedURNs begin names that the RFCs give out: only core schemas themselves may be named.
var reservedURNs = []string{"urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:", "urn:ietf:params:scim:event:"}

// urn reads the name of a schema.
func (r *declarationReader) urn(member string) string {
	s := r.text(member, maxURN)
	if !isSchemaURN(s) {
		r.fail(member, "%q is no URN such as urn:ietf:params:scim:schemas:extension:acme:2.0:User: letters, digits and - . _ between colons", s)
	}
	if coreSchema(s) != nil {
		return s
	}
	for _, prefix := range reservedURNs {
		if _, ok := cutFold(s, prefix); ok {
			r.fail(member, "%s… is reserved; name your own as urn:ietf:params:scim:schemas:extension:<app>:2.0:User", prefix)
		}
	}
	return s
}

// isSchemaURN takes the URNs (RFC 8141) whose every byte stands for itself in JSON, in a URL and in an attribute path.
func isSchemaURN(s string) bool {
	rest, ok := cutFold(s, "urn:")
	parts := strings.Split(rest, ":")
	if !ok || len(s) > maxURN || len(parts) < 2 {
		return false
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") != "" {
			return false
		}
	}
	return true
}

func (r *declarationReader) resourceType() *Declaration {
	t := &DeclaredType{
		Name: r.text("name", maxAttributeName), Endpoint: r.text("endpoint", maxAttributeName),
		Description: r.text("description", maxDescription), Schema: r.urn("schema"),
	}
	if id := r.text("id", maxAttributeName); id != "" && id != t.Name {
		r.fail("id", "%q is not the name %q, which is the id here", id, t.Name)
	}
	r.get("meta")
	r.extensions(t)
	r.rest()
	if !isTypeName(t.Name) {
		r.fail("name", "%q is no name of a resource type: a letter, then letters and digits", t.Name)
	}
	for _, taken := range reservedTypes {
		if equalName(taken, t.Name) {
			r.fail("name", "the service has a resource type %s already", taken)
		}
	}
	r.endpoint(t.Endpoint)
	if coreSchema(t.Schema) != nil {
		r.fail("schema", "%s belongs to a resource type of the service", t.Schema)
	}
	return &Declaration{Type: t}
}

// The names that resource types and endpoints cannot have, whatever their case.
var (
	reservedTypes     = []string{"User", "Group", "Schema", "ResourceType", "ServiceProviderConfig", "Me", "Bulk"}
	reservedEndpoints = []string{"/Users", "/Groups", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Bulk", "/Me"}
)

// isTypeName tells whether s can name a resource type; the name stands in URLs and in rows.
func isTypeName(s string) bool {
	return s != "" && len(s) <= maxAttributeName && isLetter(s[0]) &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func (r *declarationReader) endpoint(s string) {
	name, ok := strings.CutPrefix(s, "/")
	if !ok || !isAttrName(name) || strings.ContainsRune(name, '$') {
		r.fail("endpoint", "%q is no endpoint such as /Devices: a slash, a letter, then letters, digits, - and _", s)
	}
	for _, taken := range reservedEndpoints {
		if equalName(taken, s) {
			r.fail("endpoint", "the service has an endpoint %s already", taken)
		}
	}
}

func (r *declarationReader) extensions(t *DeclaredType) {
	for i, v := range r.list("schemaExtensions", MaxDeclaredSchemas) {
		o, ok := v.(*Object)
		where := fmt.Sprintf("schemaExtensions[%d]", i)
		if !ok {
			r.fail(where, `%s is no object with "schema" and "required"`, show(v))
			return
		}
		in := declarationReader{o: o, where: where + ".", err: r.err}
		e := DeclaredExtension{Schema: in.urn("schema")}
		e.Required, _ = in.boolean("required")
		in.rest()
		for _, other := range append(t.Extensions, DeclaredExtension{Schema: t.Schema}) {
			if equalName(other.Schema, e.Schema) {
				in.fail("schema", "%s stands there twice", e.Schema)
			}
		}
		if s := coreSchema(e.Schema); s != nil && s != enterpriseUser {
			in.fail("schema", "%s is no extension", s.ID)
		}
		t.Extensions = append(t.Extensions, e)
		r.err = in.err
	}
}
