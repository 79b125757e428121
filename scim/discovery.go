package scim

import "strconv"

var (
	typeNames       = [...]string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}
	mutabilityNames = [...]string{"readWrite", "readOnly", "immutable", "writeOnly"}
	returnedNames   = [...]string{"default", "always", "never", "request"}
	uniquenessNames = [...]string{"none", "server", "global"}
)

// String is the name of RFC 7643 §2.3.
func (t Type) String() string { return typeNames[t] }

// String is the keyword of RFC 7643 §7.
func (m Mutability) String() string { return mutabilityNames[m] }

// String is the keyword of RFC 7643 §7.
func (r Returned) String() string { return returnedNames[r] }

// String is the keyword of RFC 7643 §7.
func (u Uniqueness) String() string { return uniquenessNames[u] }

// object makes an object of alternating names and values, leaving out nil values: discovery documents have no nulls
// (T-013).
func object(pairs ...any) *Object {
	o := &Object{Members: make([]Member, 0, len(pairs)/2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			o.Members = append(o.Members, Member{pairs[i].(string), pairs[i+1]})
		}
	}
	return o
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func textList(texts []string) any {
	if len(texts) == 0 {
		return nil
	}
	list := make(Array, len(texts))
	for i, s := range texts {
		list[i] = s
	}
	return list
}

func discoveryMeta(resourceType, location string) *Object {
	return texts("resourceType", resourceType, "location", location)
}

// Object is the schema's discovery document (RFC 7643 §7, R-172).
func (s *Schema) Object(location string) *Object {
	return object(
		"schemas", Array{URNSchema},
		"id", s.ID,
		"name", orNil(s.Name),
		"description", orNil(s.Description),
		"attributes", attributeObjects(s.Attributes),
		"meta", discoveryMeta("Schema", location),
	)
}

func attributeObjects(attrs []*Attribute) Array {
	list := make(Array, len(attrs))
	for i, a := range attrs {
		list[i] = a.object()
	}
	return list
}

func (a *Attribute) object() *Object {
	o := object(
		"name", a.Name,
		"type", a.Type.String(),
		"multiValued", a.MultiValued,
		"description", orNil(a.Description),
		"required", a.Required,
		"caseExact", a.CaseExact,
		"mutability", a.Mutability.String(),
		"returned", a.Returned.String(),
		"uniqueness", a.Uniqueness.String(),
		"canonicalValues", textList(a.CanonicalValues),
		"referenceTypes", textList(a.ReferenceTypes),
	)
	if len(a.SubAttributes) > 0 {
		o.Set("subAttributes", attributeObjects(a.SubAttributes))
	}
	return o
}

// Object is the resource type's discovery document (RFC 7643 §6, R-171).
func (t *ResourceType) Object(location string) *Object {
	extensions := make(Array, len(t.Extensions))
	for i, e := range t.Extensions {
		extensions[i] = object("schema", e.Schema.ID, "required", e.Required)
	}
	return object(
		"schemas", Array{URNResourceType},
		"id", t.ID,
		"name", t.Name,
		"endpoint", t.Endpoint,
		"description", orNil(t.Description),
		"schema", t.Schema.ID,
		"schemaExtensions", extensions,
		"meta", discoveryMeta("ResourceType", location),
	)
}

// ServiceProviderConfig is what a service says about itself (RFC 7643 §5, RFC 9865 §4, RFC 9967 §5). PATCH, filters,
// sorting, entity tags and both ways of paging are always there; a change of password and security events never.
type ServiceProviderConfig struct {
	DocumentationURI string // may be empty
	MaxResults       int    // the largest page, and the default one
	MaxBulk          int    // operations of a bulk request; 0: bulk is not offered
	MaxBody          int64  // bytes of a bulk request
	CursorTimeout    int    // seconds
	Schemes          []AuthenticationScheme
}

// AuthenticationScheme is one way to authenticate (RFC 7643 §5).
type AuthenticationScheme struct {
	Type        string // "oauthbearertoken", …
	Name        string
	Description string
	SpecURI     string // may be empty
	Primary     bool
}

// Object is the discovery document, with every member that RFC 7643 §5 requires (R-169, T-009).
func (c ServiceProviderConfig) Object(location string) *Object {
	schemes := make(Array, len(c.Schemes))
	for i, s := range c.Schemes {
		schemes[i] = s.object()
	}
	return object(
		"schemas", Array{URNServiceProviderConfig},
		"documentationUri", orNil(c.DocumentationURI),
		"patch", object("supported", true),
		"bulk", object("supported", c.MaxBulk > 0, "maxOperations", numeral(c.MaxBulk), "maxPayloadSize", numeral(c.maxPayload())),
		"filter", object("supported", true, "maxResults", numeral(c.MaxResults)),
		"changePassword", object("supported", false),
		"sort", object("supported", true),
		"etag", object("supported", true),
		"pagination", c.pagination(),
		"securityEvents", object("asyncRequest", "none", "eventUris", Array{}),
		"authenticationSchemes", schemes,
		"meta", discoveryMeta("ServiceProviderConfig", location),
	)
}

func numeral(n int) Number { return Number(strconv.Itoa(n)) }

func (c ServiceProviderConfig) maxPayload() int {
	if c.MaxBulk <= 0 {
		return 0
	}
	return int(c.MaxBody)
}

// pagination says that lists are paged by index unless a cursor is sent (RFC 9865 §4, C-09, C-11).
func (c ServiceProviderConfig) pagination() *Object {
	return object(
		"cursor", true,
		"index", true,
		"defaultPaginationMethod", "index",
		"defaultPageSize", numeral(c.MaxResults),
		"maxPageSize", numeral(c.MaxResults),
		"cursorTimeout", numeral(c.CursorTimeout),
	)
}

func (s AuthenticationScheme) object() *Object {
	o := object(
		"type", s.Type,
		"name", s.Name,
		"description", s.Description,
		"specUri", orNil(s.SpecURI),
	)
	if s.Primary {
		o.Set("primary", true)
	}
	return o
}
