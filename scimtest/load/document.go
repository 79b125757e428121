package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// userBody is a user as an identity provider posts one: core attributes, two e-mails, two phones, an address, the
// enterprise extension with a manager. 1,356 bytes.
func (s *Server) userBody(n int) []byte {
	family, given := fmt.Sprintf("Family%04d", rand.IntN(2000)), fmt.Sprintf("Given%03d", rand.IntN(500))
	return fmt.Appendf(nil, userTemplate, s.userName(n), n, family, given, given+" "+family, n%10_000, s.prefix[:4])
}

// userName is unique to the server and the run: the prefix is random.
func (s *Server) userName(n int) string { return fmt.Sprintf("%s%07d@example.com", s.prefix, n) }

const userTemplate = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"userName":"%[1]s","externalId":"%[7]s%08[2]d","active":true,` +
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

// activeBody is the toggle of RFC 7644 §3.5.2.3.
func activeBody(active bool) []byte {
	return patchBody(fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, active))
}

// entraActiveBody is Entra's toggle: a capital letter, and a string where a boolean belongs.
func entraActiveBody(active bool) []byte {
	word := "False"
	if active {
		word = "True"
	}
	return patchBody(`{"op":"Replace","path":"active","value":"` + word + `"}`)
}

// memberBody adds members (RFC 7644 §3.5.2.1).
func memberBody(ids ...string) []byte {
	return patchBody(`{"op":"add","path":"members","value":` + memberValues(ids) + `}`)
}

// entraMemberBody is Entra's: op is Add or Remove.
func entraMemberBody(op, id string) []byte {
	return patchBody(`{"op":"` + op + `","path":"members","value":` + memberValues([]string{id}) + `}`)
}

func patchBody(operation string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`)
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

// bulkBody is a bulk request (RFC 7644 §3.7) of operations that are JSON already. The server is to go on after errors,
// so that the answer tells of each.
func bulkBody(operations []string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` +
		strings.Join(operations, ",") + `]}`)
}
