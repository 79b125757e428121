package scimclient

import (
	"encoding/json"
	"time"
)

// User is the core User with its Enterprise extension. A nil slice is not sent; an
// empty one is, and clears the attribute. See RFC 7643 §4.1 and §4.3.
type User struct {
	Received `json:"-"`

	Schemas    []string `json:"schemas,omitempty"` // filled in when empty
	ID         string   `json:"id,omitempty"`
	ExternalID string   `json:"externalId,omitempty"`
	Meta       Meta     `json:"meta,omitzero"`

	UserName          string       `json:"userName,omitempty"`
	Name              Name         `json:"name,omitzero"`
	DisplayName       string       `json:"displayName,omitempty"`
	NickName          string       `json:"nickName,omitempty"`
	ProfileURL        string       `json:"profileUrl,omitempty"`
	Title             string       `json:"title,omitempty"`
	UserType          string       `json:"userType,omitempty"`
	PreferredLanguage string       `json:"preferredLanguage,omitempty"`
	Locale            string       `json:"locale,omitempty"`
	Timezone          string       `json:"timezone,omitempty"`
	Active            *bool        `json:"active,omitempty"` // new(false) deactivates; nil is not sent
	Password          string       `json:"password,omitempty"`
	Emails            []Email      `json:"emails,omitzero"`
	PhoneNumbers      []MultiValue `json:"phoneNumbers,omitzero"`
	IMs               []MultiValue `json:"ims,omitzero"`
	Photos            []MultiValue `json:"photos,omitzero"`
	Addresses         []Address    `json:"addresses,omitzero"`
	Groups            []GroupRef   `json:"groups,omitempty"` // read-only: change the group's members
	Entitlements      []MultiValue `json:"entitlements,omitzero"`
	Roles             []MultiValue `json:"roles,omitzero"`
	X509Certificates  []MultiValue `json:"x509Certificates,omitzero"`

	Enterprise *EnterpriseUser `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
}

// IsActive reports whether the user is active, which is so until the server says otherwise.
func (u *User) IsActive() bool { return u.Active == nil || *u.Active }

// Meta is what a server knows about a resource beside its attributes; it is ignored when it is sent. See RFC 7643 §3.1.
type Meta struct {
	ResourceType string    `json:"resourceType,omitempty"`
	Created      time.Time `json:"created,omitzero"`
	LastModified time.Time `json:"lastModified,omitzero"`
	Location     string    `json:"location,omitempty"`
	Version      string    `json:"version,omitempty"`
}

// UnmarshalJSON reads what servers write. A time that is none stays zero: a resource can be used without it.
func (m *Meta) UnmarshalJSON(text []byte) error {
	var sent struct{ ResourceType, Created, LastModified, Location, Version string }
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	*m = Meta{
		ResourceType: sent.ResourceType, Location: sent.Location, Version: sent.Version,
		Created: dateTime(sent.Created), LastModified: dateTime(sent.LastModified),
	}
	return nil
}

// dateTime reads an xsd:dateTime, of which some servers leave out the zone.
func dateTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

// Name is the components of a user's name. See RFC 7643 §4.1.1.
type Name struct {
	Formatted       string `json:"formatted,omitempty"`
	FamilyName      string `json:"familyName,omitempty"`
	GivenName       string `json:"givenName,omitempty"`
	MiddleName      string `json:"middleName,omitempty"`
	HonorificPrefix string `json:"honorificPrefix,omitempty"`
	HonorificSuffix string `json:"honorificSuffix,omitempty"`
}

// MultiValue is one value of a multi-valued attribute with the default sub-attributes. See RFC 7643 §2.4.
type MultiValue struct {
	Value   string `json:"value,omitempty"`
	Display string `json:"display,omitempty"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

// Email is one of a user's e-mail addresses.
type Email = MultiValue

// Address is a postal address. See RFC 7643 §4.1.2.
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"streetAddress,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postalCode,omitempty"`
	Country       string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Type          string `json:"type,omitempty"`
	Primary       bool   `json:"primary,omitempty"`
}

// EnterpriseUser is the Enterprise extension of a User. See RFC 7643 §4.3.
type EnterpriseUser struct {
	EmployeeNumber string  `json:"employeeNumber,omitempty"`
	CostCenter     string  `json:"costCenter,omitempty"`
	Organization   string  `json:"organization,omitempty"`
	Division       string  `json:"division,omitempty"`
	Department     string  `json:"department,omitempty"`
	Manager        Manager `json:"manager,omitzero"`
}

// Manager is a user's manager.
type Manager struct {
	Value       string `json:"value,omitempty"` // the manager's id
	Ref         string `json:"$ref,omitempty"`
	DisplayName string `json:"displayName,omitempty"` // read-only
}

// GroupRef is a group that a user is in.
type GroupRef struct {
	Value   string `json:"value,omitempty"` // the group's id
	Ref     string `json:"$ref,omitempty"`
	Display string `json:"display,omitempty"`
	Type    string `json:"type,omitempty"` // "direct" or "indirect"
}
