package scim_test

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/scim"
)

// From a client's body to what is stored, and back to an answer.
func Example() {
	okta, _ := scim.ProfileByName("okta")
	body, err := scim.ParseJSON([]byte(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
		"USERNAME": "jane@example.com",
		"externalId": "00u1",
		"emails": {"value": "jane@example.com", "primary": "True"},
		"title": "",
		"prefferedLanguage": "en"
	}`), scim.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := scim.UserType().Decode(body, okta)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Warnings[0])
	fmt.Println(r.Text("userName"), r.Active())

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rec := &scim.Record{Type: r.Type, ID: "42", ExternalID: r.ExternalID, Version: 1, Created: at, LastModified: at, Body: r.Body()}
	show, _ := scim.ParseProjection(r.Type, "", "meta")
	fmt.Printf("%s\n", scim.Renderer{Base: "https://scim.example.com/v2", Show: show}.Append(nil, rec))
	// Output:
	// unknown attribute "prefferedLanguage" ignored; the nearest declared one is "preferredLanguage"
	// jane@example.com true
	// {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"42","externalId":"00u1","userName":"jane@example.com","emails":[{"value":"jane@example.com","primary":true}],"active":true}
}

// A refusal says what is wrong with which value, where, and what to do about it.
func ExampleError_Detail() {
	okta, _ := scim.ProfileByName("okta")
	body, _ := scim.ParseJSON([]byte(`{"userName": "jane", "active": "yes"}`), scim.Limits{})
	_, err := scim.UserType().Decode(body, okta)
	fmt.Println(err)
	// Output:
	// scim: active: the value has the wrong type: "yes". Allowed: true or false. Correct the value or its mapping in Okta "Provisioning > To App > Attribute Mappings" or Entra "Provisioning > Attribute mapping".
}
