package mapping

import "regexp"

// The well-known targets: what every profile calls them. Their types are fixed; see docs/mapping.md for the table.
const (
	TargetFirstName   = "first_name"
	TargetLastName    = "last_name"
	TargetDisplayName = "display_name"
	TargetEmail       = "email"
	TargetTitle       = "title"
	TargetDepartment  = "department"
	TargetManager     = "manager"     // an object: value, displayName, as sent
	TargetEmployeeID  = "employee_id" // a text, also where a number was sent
	TargetLocation    = "location"
	TargetPhone       = "phone"
	TargetUserType    = "user_type" // internal or external; follows Rules.UserType (X7)
	TargetLanguage    = "language"
	TargetTimeZone    = "time_zone"
)

// The types of custom targets.
const (
	TypeString   = "string"
	TypeBoolean  = "boolean"
	TypeNumber   = "number"
	TypeDateTime = "datetime"
	TypeList     = "list"
)

// The values of [Rules.UserType].
const (
	UserInternal = "internal"
	UserExternal = "external"
)

// The values of [Attribute.Apply].
const (
	ApplyAlways = "always"
	ApplyCreate = "create"
)

// The types that only well-known targets have.
const (
	typeEmail    = "email"
	typeManager  = "manager"
	typeUserType = "user type"
)

// wellKnown has the types of the well-known targets.
var wellKnown = map[string]string{
	TargetFirstName: TypeString, TargetLastName: TypeString, TargetDisplayName: TypeString,
	TargetEmail: typeEmail, TargetTitle: TypeString, TargetDepartment: TypeString, TargetManager: typeManager,
	TargetEmployeeID: TypeString, TargetLocation: TypeString, TargetPhone: TypeString, TargetUserType: typeUserType,
	TargetLanguage: TypeString, TargetTimeZone: TypeString,
}

// reserved are no attributes: the profile's own id, and what the person is recognised by (X4).
var reserved = map[string]bool{"id": true, "subject": true, "external_id": true, "principal": true}

var targetName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// isKept reports a target whose value stays when the IdP sends none (X13).
func isKept(target string) bool { return target == TargetLanguage || target == TargetTimeZone }

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

// The claims of a login: OpenID Connect Core §5.1 names them so, and WS-Federation, which most SAML set-ups follow.
const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

// Defaults are the attributes of a connection that has none of its own (E3). A source may name several places,
// separated by " | ": the first that has a value counts.
func Defaults() []Attribute {
	return []Attribute{
		{Target: TargetFirstName, Source: "name.givenName | given_name | firstName | " + claims + "givenname"},
		{Target: TargetLastName, Source: "name.familyName | family_name | lastName | " + claims + "surname"},
		{Target: TargetDisplayName, Source: "displayName | name.formatted | name | name.givenName + name.familyName | given_name + family_name"},
		{Target: TargetEmail, Source: `emails[primary eq true].value | emails[type eq "work"].value | emails.value | userName | email | ` + claims + "emailaddress"},
		{Target: TargetTitle, Source: "title"},
		{Target: TargetDepartment, Source: enterprise + "department | department"},
		{Target: TargetManager, Source: enterprise + "manager"},
		{Target: TargetEmployeeID, Source: enterprise + "employeeNumber | employeeNumber"},
		{Target: TargetLocation, Source: `addresses[type eq "work"].locality | addresses.locality | address.locality`},
		{Target: TargetPhone, Source: `phoneNumbers[primary eq true].value | phoneNumbers[type eq "work"].value | phoneNumbers.value | phone_number`},
		{Target: TargetLanguage, Source: "preferredLanguage | locale"},
		{Target: TargetTimeZone, Source: "timezone | zoneinfo"},
	}
}
