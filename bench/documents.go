package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// userBody is a user as an identity provider posts one: core attributes, two e-mails, two phones, an address, the
// enterprise extension with a manager. 1,356 bytes.
func userBody(n int) []byte {
	name := userName(n)
	family, given := fmt.Sprintf("Family%04d", rand.IntN(2000)), fmt.Sprintf("Given%03d", rand.IntN(500))
	return fmt.Appendf(nil, userTemplate, name, n, family, given, given+" "+family, n%10_000)
}

func userName(n int) string { return fmt.Sprintf("user.%07d@example.com", n) }

const userTemplate = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"userName":"%[1]s","externalId":"00u%09[2]d","active":true,` +
	`"name":{"familyName":"%[3]s","givenName":"%[4]s","formatted":"%[5]s"},"displayName":"%[5]s",` +
	`"nickName":"%[4]s","title":"Senior Process Engineer, Northern Region and the Islands","userType":"Employee",` +
	`"preferredLanguage":"en-GB","locale":"en-GB","timezone":"Europe/London",` +
	`"profileUrl":"https://people.example.com/profiles/%09[2]d",` +
	`"emails":[{"value":"%[1]s","type":"work","primary":true},{"value":"home.%[1]s","type":"home"}],` +
	`"phoneNumbers":[{"value":"+44 20 7946 %04[6]d","type":"work"},{"value":"+44 7700 90 %04[6]d","type":"mobile"}],` +
	`"addresses":[{"type":"work","streetAddress":"%04[6]d Long Meadow Business Park","locality":"Milton Keynes",` +
	`"region":"Buckinghamshire","postalCode":"MK9 1AA","country":"GB","primary":true,` +
	`"formatted":"%04[6]d Long Meadow Business Park\nMilton Keynes\nMK9 1AA"}],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E%09[2]d",` +
	`"costCenter":"CC-41300-NR1","organization":"Example Manufacturing","division":"Industrial Products",` +
	`"department":"Process Engineering Desk",` +
	`"manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`

// activeBody is Entra's toggle: an operation with a path, and a string where a boolean belongs.
func activeBody(active bool) []byte {
	word := "False"
	if active {
		word = "True"
	}
	return []byte(patchBody(`{"op":"Replace","path":"active","value":"` + word + `"}`))
}

// memberBody is Entra's "add members".
func memberBody(ids ...string) []byte {
	return []byte(patchBody(`{"op":"Add","path":"members","value":` + memberValues(ids) + `}`))
}

func patchBody(operation string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
}

func groupBody(name string, ids []string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"` + name +
		`","members":` + memberValues(ids) + `}`)
}

func memberValues(ids []string) string {
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = `{"value":"` + id + `"}`
	}
	return "[" + strings.Join(values, ",") + "]"
}
