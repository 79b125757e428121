package scim

// Type is an attribute's data type. See RFC 7643 §2.3.
type Type uint8

// The data types of RFC 7643 §2.3.
const (
	TypeString Type = iota
	TypeBoolean
	TypeDecimal
	TypeInteger
	TypeDateTime
	TypeBinary
	TypeReference
	TypeComplex
)

// Mutability says when an attribute's value may be set. See RFC 7643 §7.
type Mutability uint8

// The mutabilities of RFC 7643 §7; the zero value is the RFC's default.
const (
	ReadWrite Mutability = iota
	ReadOnly
	Immutable
	WriteOnly
)

// Returned says when an attribute is part of an answer. See RFC 7643 §7.
type Returned uint8

// The values of "returned" in RFC 7643 §7; the zero value is the RFC's default.
const (
	ReturnedDefault Returned = iota
	ReturnedAlways
	ReturnedNever
	ReturnedRequest
)

// Uniqueness says how far a value must be unique. See RFC 7643 §7.
type Uniqueness uint8

// The values of "uniqueness" in RFC 7643 §7; the zero value is the RFC's default.
const (
	UniqueNone Uniqueness = iota
	UniqueServer
	UniqueGlobal
)

// Attribute is one attribute of a schema with all its characteristics. See RFC 7643 §7.
type Attribute struct {
	Name            string
	Type            Type
	MultiValued     bool
	Description     string
	Required        bool
	CaseExact       bool
	Mutability      Mutability
	Returned        Returned
	Uniqueness      Uniqueness
	CanonicalValues []string
	ReferenceTypes  []string
	SubAttributes   []*Attribute
	// Indexed asks a store to keep a [Key] for each value, so that filters on it need no scan. It costs every
	// write a place in an index, so only what IdPs look people up by has it, and nothing that a store keeps in a
	// column (userName, active). Of a complex attribute the sub-attributes are asked. Not a characteristic of RFC 7643.
	Indexed bool
	// Generation is 0 for what is built in. For a declared attribute it rises whenever the form of its values or of its
	// keys changes, and is part of the name of its keys: a key of another generation is no key of this attribute.
	Generation int64
	// Building tells that documents may lack their keys of this generation: filters and sorts must not rest on them.
	Building bool
}

// Sub returns the named sub-attribute, ignoring case, or nil.
func (a *Attribute) Sub(name string) *Attribute { return find(a.SubAttributes, name) }

// Schema is a named set of attributes. See RFC 7643 §7.
type Schema struct {
	ID          string // URN
	Name        string
	Description string
	Attributes  []*Attribute
	// Index is what [ResourceTypes] has found in the attributes. It follows from them and is never set by hand.
	Index SchemaIndex
}

// Attribute returns the named attribute, ignoring case, or nil.
func (s *Schema) Attribute(name string) *Attribute { return find(s.Attributes, name) }

func find(attrs []*Attribute, name string) *Attribute {
	for _, a := range attrs {
		if equalName(a.Name, name) {
			return a
		}
	}
	return nil
}

// equalName compares attribute names and URNs: ASCII case is ignored, nothing else is (RFC 7643 §2.1), so that
// "uſerName" is not userName.
func equalName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Extension is a schema that adds attributes to a resource type. See RFC 7643 §3.3.
type Extension struct {
	Schema   *Schema
	Required bool
}

// ResourceType is a kind of resource: its endpoint, its base schema and its extensions. See RFC 7643 §6.
type ResourceType struct {
	ID          string // also its name: "User", "Group"
	Name        string
	Endpoint    string // with its slash: "/Users"
	Description string
	Schema      *Schema
	Extensions  []Extension
	// ReadOnly says that clients can read resources of the type and nothing else.
	ReadOnly bool
	// Stamp is 0 for a type without declared attributes, else it tells in which form documents of the type are stored.
	// A [Record] with another stamp was stored under other declarations and is read as what it says under these.
	Stamp int64
}

// Attribute finds an attribute by its name, and by its schema's URN unless that is empty; both ignore case. An
// empty URN, and the base schema's own, mean the base schema and the common attributes. The schema is nil
// for a common attribute; the attribute is nil when there is none.
func (t *ResourceType) Attribute(urn, name string) (*Schema, *Attribute) {
	s := t.Schema
	if urn != "" {
		s = t.schema(urn)
	}
	if s == nil {
		return nil, nil
	}
	if a := s.Attribute(name); a != nil {
		return s, a
	}
	if s == t.Schema {
		return nil, find(commonAttributes, name)
	}
	return nil, nil
}

// schema returns the base schema or the extension of that URN, or nil.
func (t *ResourceType) schema(urn string) *Schema {
	if equalName(t.Schema.ID, urn) {
		return t.Schema
	}
	for _, e := range t.Extensions {
		if equalName(e.Schema.ID, urn) {
			return e.Schema
		}
	}
	return nil
}

// extensionAttribute finds an attribute that is named without its URN in the extensions ([QuirkExtensionAtTop]).
func (t *ResourceType) extensionAttribute(name string) (*Schema, *Attribute) {
	for _, e := range t.Extensions {
		if a := e.Schema.Attribute(name); a != nil {
			return e.Schema, a
		}
	}
	return nil, nil
}

// lookup resolves a name in the standard notation of RFC 7644 §3.10, with or without URN and sub-attribute. The
// attribute is nil when the name is that of a whole schema; ok is false when nothing has that name.
func (t *ResourceType) lookup(name string) (s *Schema, a, sub *Attribute, ok bool) {
	path, ok := splitAttr(name, t, Profile{})
	if !ok {
		return nil, nil, nil, false
	}
	if path.Name == "" {
		return t.schema(path.URN), nil, nil, true
	}
	if s, a = t.Attribute(path.URN, path.Name); a == nil {
		return nil, nil, nil, false
	}
	if path.SubName != "" {
		if sub = a.Sub(path.SubName); sub == nil {
			return nil, nil, nil, false
		}
	}
	return s, a, sub, true
}

// The schema URNs of RFC 7643 §8.7 and the message URNs of RFC 7644 §8.2.
const (
	URNUser           = "urn:ietf:params:scim:schemas:core:2.0:User"
	URNGroup          = "urn:ietf:params:scim:schemas:core:2.0:Group"
	URNEnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

	URNServiceProviderConfig = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	URNResourceType          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	URNSchema                = "urn:ietf:params:scim:schemas:core:2.0:Schema"

	URNListResponse  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	URNSearchRequest = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	URNPatchOp       = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	URNBulkRequest   = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	URNBulkResponse  = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	URNError         = "urn:ietf:params:scim:api:messages:2.0:Error"
)
