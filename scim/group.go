package scim

// groupAttributes are the attributes of RFC 7643 §4.2. displayName is required by its text and unique by D-18.
func groupAttributes() []*Attribute {
	ref := reference("$ref", "The URI of the member.", "User", "Group")
	ref.Mutability = Immutable
	return []*Attribute{
		{
			Name: "displayName", Required: true, Uniqueness: UniqueServer,
			Description: "A human-readable name for the Group, unique without regard to case.",
		},
		{
			Name: "members", Type: TypeComplex, MultiValued: true, Description: "The members of the Group.",
			SubAttributes: []*Attribute{
				{Name: "value", Required: true, CaseExact: true, Mutability: Immutable, Description: "Identifier of the member."},
				ref,
				{
					Name: "type", CanonicalValues: []string{"User", "Group"}, Mutability: Immutable,
					Description: "The type of the member's resource.",
				},
				text("display", "A human-readable name of the member."),
			},
		},
	}
}
