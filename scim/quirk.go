package scim

// Quirk is one named deviation of one or more identity providers from the RFC, as a bit. The list is closed: a
// new one needs the vendor's documentation or a captured request, a decision (D-nn) and a test.
type Quirk uint32

// The quirks.
const (
	// QuirkStringBooleans takes "True" and "false" for booleans of boolean attributes, in bodies, PATCH values
	// and filter literals (D-04; T-023 to T-026). Entra, Keycloak.
	QuirkStringBooleans Quirk = 1 << iota
	// QuirkNumbersForStrings takes a JSON number where a string is declared, as its text (T-022). Okta.
	QuirkNumbersForStrings
	// QuirkEmptyStringUnassigns reads "" as "no value" for optional strings and references (D-13; T-035, T-036,
	// T-083). Okta, OneLogin, Entra.
	QuirkEmptyStringUnassigns
	// QuirkIgnoreUnknown drops undeclared attributes of a body with a warning, and schema URNs that are not the
	// resource type's (D-07; T-030, T-039, T-051). Everybody.
	QuirkIgnoreUnknown
	// QuirkLooseShapes takes one object for an array of one, an array of one for a single value, and a bare
	// string for a complex value's "value" (T-037, T-087, T-089, T-099). OneLogin, Entra.
	QuirkLooseShapes
	// QuirkExtensionAtTop finds an attribute that the base schema lacks in an extension: manager, department
	// (T-030, T-058, T-089). Entra.
	QuirkExtensionAtTop
	// QuirkPathKeys reads the keys of a PATCH value without path as attribute paths: "name.givenName",
	// "urn:…:User:employeeNumber" (T-073). Entra with aadOptscim062020.
	QuirkPathKeys
	// QuirkDotAfterURN reads "urn:…:User.manager" as "urn:…:User:manager" (T-090). Entra.
	QuirkDotAfterURN
	// QuirkCreateOnFilter lets add and replace on a value path that matches nothing create the element that its
	// equality conditions describe (D-02; T-074 to T-076). Entra.
	QuirkCreateOnFilter
	// QuirkRemoveListed lets "remove" of a multi-valued attribute with a value remove the listed elements only
	// (D-03; T-077). Entra, JumpCloud, authentik.
	QuirkRemoveListed
	// QuirkEmptyOperations takes an empty Operations array as "no change" (D-24; T-084). Entra's validator.
	QuirkEmptyOperations
	// QuirkPatchWithoutSchemas takes a PATCH body without "schemas" (T-085). Okta.
	QuirkPatchWithoutSchemas
	// QuirkUnquotedLiterals reads a bare word in a filter as a string (D-05; T-053). Entra, authentik.
	QuirkUnquotedLiterals
	// QuirkDisplayNameAlias takes "displayName" for "display" in members, roles and other multi-valued complex
	// attributes that have no displayName of their own (T-124, T-137). Entra.
	QuirkDisplayNameAlias
	// QuirkJSONValues unwraps roles whose value is a JSON text {"id","value","displayName"} (T-113, T-136).
	// Entra.
	QuirkJSONValues
	// QuirkMemberByExternalID takes a group member's value that equals a user's externalId for that user (D-26).
	// Keycloak, authentik, JumpCloud.
	QuirkMemberByExternalID
	// QuirkBareToken takes a credential without "Bearer " when it is well-formed (D-31; T-007). Okta header auth.
	QuirkBareToken
)

// lenient is every quirk but the two that only named clients get.
const lenient = QuirkStringBooleans | QuirkNumbersForStrings | QuirkEmptyStringUnassigns | QuirkIgnoreUnknown |
	QuirkLooseShapes | QuirkExtensionAtTop | QuirkPathKeys | QuirkDotAfterURN | QuirkCreateOnFilter |
	QuirkRemoveListed | QuirkPatchWithoutSchemas | QuirkUnquotedLiterals | QuirkDisplayNameAlias |
	QuirkJSONValues | QuirkBareToken

// Profile is a preset: a named set of quirks and the two switches that change an answer.
type Profile struct {
	Name   string
	Quirks Quirk
	// OmitRefs leaves $ref out of members and groups (D-15). Defaults to false.
	OmitRefs bool
	// GroupPatchBody answers a group PATCH with 200 and the group instead of 204 (D-06). Defaults to false.
	GroupPatchBody bool
}

// Has reports whether the profile has the quirk.
func (p Profile) Has(q Quirk) bool { return p.Quirks&q != 0 }

var profiles = []Profile{
	{Name: "rfc"},
	{Name: "okta", Quirks: lenient},
	{Name: "entra", Quirks: lenient | QuirkEmptyOperations},
	{Name: "onelogin", Quirks: lenient},
	{Name: "jumpcloud", Quirks: lenient | QuirkMemberByExternalID},
	{Name: "ping", Quirks: lenient},
	{Name: "keycloak", Quirks: lenient | QuirkMemberByExternalID},
	{Name: "authentik", Quirks: lenient | QuirkMemberByExternalID},
	{Name: "generic", Quirks: lenient | QuirkEmptyOperations | QuirkMemberByExternalID},
}

// ProfileByName returns the preset of that name, and whether there is one.
func ProfileByName(name string) (Profile, bool) {
	for _, p := range profiles {
		if p.Name == name {
			return p, true
		}
	}
	return Profile{}, false
}

// ProfileNames lists the presets in the order in which help texts show them.
func ProfileNames() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return names
}
