package scim

// userAttributes are the attributes of RFC 7643 §4.1 with the characteristics of §8.7.1.
func userAttributes() []*Attribute {
	return append(userSingular(), userPlural()...)
}

func userSingular() []*Attribute {
	return []*Attribute{
		{
			Name: "userName", Required: true, Uniqueness: UniqueServer,
			Description: "Unique identifier for the User, typically used by the user to directly authenticate. Case is ignored.",
		},
		complexValue("name", "The components of the user's real name.",
			text("formatted", "The full name, formatted for display."),
			indexed(text("familyName", "The family name of the User, or last name.")),
			indexed(text("givenName", "The given name of the User, or first name.")),
			text("middleName", "The middle name(s) of the User."),
			text("honorificPrefix", "The honorific prefix(es) of the User, or title."),
			text("honorificSuffix", "The honorific suffix(es) of the User."),
		),
		indexed(text("displayName", "The name of the User, suitable for display to end-users.")),
		text("nickName", "The casual way to address the user in real life."),
		reference("profileUrl", "A URL that points to a page with the User's online profile.", "external"),
		text("title", "The user's title, such as \"Vice President\"."),
		text("userType", "The relationship between the organization and the user."),
		text("preferredLanguage", "The User's preferred written or spoken language, such as \"en_US\"."),
		text("locale", "The User's default location, for localizing currency, date time format and numbers."),
		text("timezone", "The User's time zone in the \"Olson\" format, such as \"America/Los_Angeles\"."),
		boolean("active", "A Boolean value indicating the User's administrative status. Defaults to true."),
		{
			Name: "password", CaseExact: true, Mutability: WriteOnly, Returned: ReturnedNever,
			Description: "Accepted and discarded: this service stores no password of an identity provider.",
		},
	}
}

func userPlural() []*Attribute {
	return []*Attribute{
		list("emails", "Email addresses for the user. Kept as sent.", indexed(text("value", "An email address.")),
			"work", "home", "other"),
		list("phoneNumbers", "Phone numbers for the User. Kept as sent.", text("value", "A phone number."),
			"work", "home", "mobile", "fax", "pager", "other"),
		list("ims", "Instant messaging addresses for the User.", text("value", "An instant messaging address."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		list("photos", "URLs of photos of the User.", reference("value", "URL of a photo of the User.", "external"),
			"photo", "thumbnail"),
		addresses(),
		groupsOfUser(),
		list("entitlements", "Entitlements for the User that represent a thing the User has.",
			text("value", "The value of an entitlement.")),
		list("roles", "Roles for the User that collectively represent who the User is.",
			text("value", "The value of a role.")),
		list("x509Certificates", "Certificates issued to the User.",
			&Attribute{Name: "value", Type: TypeBinary, CaseExact: true, Description: "A DER-encoded X.509 certificate in base64."}),
	}
}

func addresses() *Attribute {
	return &Attribute{
		Name: "addresses", Type: TypeComplex, MultiValued: true, Description: "Physical mailing addresses for this User.",
		SubAttributes: []*Attribute{
			text("formatted", "The full mailing address, formatted for display."),
			text("streetAddress", "The full street address component."),
			text("locality", "The city or locality component."),
			text("region", "The state or region component."),
			text("postalCode", "The zip code or postal code component."),
			text("country", "The country name component. Kept as sent."),
			{Name: "type", CanonicalValues: []string{"work", "home", "other"}, Description: "A label indicating the attribute's function."},
			boolean("primary", "A Boolean value indicating the preferred value. At most one value is primary."),
		},
	}
}

// groupsOfUser is read-only throughout: memberships change through the Group.
func groupsOfUser() *Attribute {
	a := &Attribute{
		Name: "groups", Type: TypeComplex, MultiValued: true, Mutability: ReadOnly,
		Description: "Groups to which the user belongs. Changed only through the Group resource.",
		SubAttributes: []*Attribute{
			{Name: "value", CaseExact: true, Description: "The identifier of the User's group."},
			reference("$ref", "The URI of the Group resource.", "User", "Group"),
			text("display", "A human-readable name of the group."),
			{Name: "type", CanonicalValues: []string{"direct", "indirect"}, Description: "How the membership came about."},
		},
	}
	for _, sub := range a.SubAttributes {
		sub.Mutability = ReadOnly
	}
	return a
}
