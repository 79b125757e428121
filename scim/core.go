package scim

// UserType is the User resource type with its Enterprise extension (RFC 7643 §4.1, §4.3). The value is shared: to
// add an extension, copy the struct and set Extensions anew.
func UserType() *ResourceType { return userType }

// GroupType is the Group resource type (RFC 7643 §4.2). The value is shared; do not change it.
func GroupType() *ResourceType { return groupType }

var userType = &ResourceType{
	ID: "User", Name: "User", Endpoint: "/Users", Description: "User Account",
	Schema:     &Schema{ID: URNUser, Name: "User", Description: "User Account", Attributes: userAttributes()},
	Extensions: []Extension{{Schema: enterpriseUser}},
}

var groupType = &ResourceType{
	ID: "Group", Name: "Group", Endpoint: "/Groups", Description: "Group",
	Schema: &Schema{ID: URNGroup, Name: "Group", Description: "Group", Attributes: groupAttributes()},
}

// commonAttributes belong to every resource and to no schema (RFC 7643 §3, §3.1).
var commonAttributes = []*Attribute{
	{Name: "schemas", Type: TypeReference, MultiValued: true, Required: true, CaseExact: true, Returned: ReturnedAlways},
	{Name: "id", Type: TypeString, CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways, Uniqueness: UniqueServer},
	{Name: "externalId", Type: TypeString, CaseExact: true},
	{Name: "meta", Type: TypeComplex, Mutability: ReadOnly, SubAttributes: []*Attribute{
		{Name: "resourceType", Type: TypeString, CaseExact: true, Mutability: ReadOnly},
		{Name: "created", Type: TypeDateTime, Mutability: ReadOnly},
		{Name: "lastModified", Type: TypeDateTime, Mutability: ReadOnly},
		{Name: "location", Type: TypeReference, CaseExact: true, Mutability: ReadOnly},
		{Name: "version", Type: TypeString, CaseExact: true, Mutability: ReadOnly},
	}},
}

// text is a single-valued string attribute that ignores case: the most frequent kind.
func text(name, description string) *Attribute {
	return &Attribute{Name: name, Description: description}
}

// boolean is a boolean attribute.
func boolean(name, description string) *Attribute {
	return &Attribute{Name: name, Type: TypeBoolean, Description: description}
}

// reference is a URI attribute; types names what it may refer to (RFC 7643 §7).
func reference(name, description string, types ...string) *Attribute {
	return &Attribute{Name: name, Type: TypeReference, CaseExact: true, ReferenceTypes: types, Description: description}
}

// complexValue is a single-valued complex attribute.
func complexValue(name, description string, subs ...*Attribute) *Attribute {
	return &Attribute{Name: name, Type: TypeComplex, Description: description, SubAttributes: subs}
}

// list is a multi-valued complex attribute with the default sub-attributes of RFC 7643 §2.4 around its value.
// types are the canonical values of "type": suggestions, never enforced (T-041).
//
// display is declared for e-mails too, as in RFC 7643 §8.7.1: Okta sends it in PUT, and a declared attribute comes
// back as it was sent, which is the second of the two ways that T-048 names.
func list(name, description string, value *Attribute, types ...string) *Attribute {
	return &Attribute{
		Name: name, Type: TypeComplex, MultiValued: true, Description: description,
		SubAttributes: []*Attribute{
			value,
			text("display", "A human-readable name, primarily used for display purposes."),
			{Name: "type", CanonicalValues: types, Description: "A label indicating the attribute's function."},
			boolean("primary", "A Boolean value indicating the preferred value. At most one value is primary."),
		},
	}
}
