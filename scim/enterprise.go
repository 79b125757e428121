package scim

// enterpriseUser is the extension of RFC 7643 §4.3.
var enterpriseUser = &Schema{
	ID: URNEnterpriseUser, Name: "EnterpriseUser", Description: "Enterprise User",
	Attributes: []*Attribute{
		indexed(text("employeeNumber", "Numeric or alphanumeric identifier assigned to a person.")),
		text("costCenter", "The name of a cost center."),
		text("organization", "The name of an organization."),
		text("division", "The name of a division."),
		text("department", "The name of a department."),
		complexValue("manager", "The User's manager.",
			indexed(&Attribute{Name: "value", CaseExact: true, Description: "The id of the SCIM resource of the User's manager."}),
			reference("$ref", "The URI of the SCIM resource of the User's manager.", "User"),
			&Attribute{Name: "displayName", Mutability: ReadOnly, Description: "The displayName of the User's manager."},
		),
	},
}
