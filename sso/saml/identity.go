package saml

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/sso"
)

const (
	formatTransient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	formatEmail     = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
)

// nameAttributes are those in which identity providers say the name to show, unless the connection names one.
var nameAttributes = []string{
	"displayName", "name", "http://schemas.microsoft.com/identity/claims/displayname", "urn:oid:2.16.840.1.113730.3.1.241", "cn",
}

// Of Entra.
const (
	tenantAttribute  = "http://schemas.microsoft.com/identity/claims/tenantid"
	methodsAttribute = "http://schemas.microsoft.com/claims/authnmethodsreferences"
	// overageAttribute stands there in the place of more groups than fit.
	overageAttribute = "http://schemas.microsoft.com/claims/groups.link"
)

// identify makes an identity of a verified assertion. SAML has no word for a verified address, and an admin of the identity
// provider can write any: none counts as one unless the connection says so, and none of Entra's, as in OpenID Connect.
func (c *connection) identify(said Assertion) (directory.Identity, error) {
	if said.Format == formatTransient {
		return directory.Identity{}, sso.Refuse(sso.CodeSubject, "the name is transient, another one at each login: have persistent ones sent")
	}
	rules := c.party.SignIn()
	i := directory.Identity{
		Issuer: said.Issuer, Subject: said.NameID, Principal: said.NameID,
		Email: said.one(directory.EmailAttributes, c.rules.EmailAttribute), Name: said.one(nameAttributes, c.rules.NameAttribute),
		Tenant: said.one([]string{tenantAttribute}, ""), Attributes: said.object(), Methods: said.values(methodsAttribute),
		Session: said.Session, Context: said.Context, AuthTime: said.Authenticated, Expires: said.SessionEnds,
	}
	if rules.PrincipalClaim != "" && rules.PrincipalClaim != subjectClaim {
		i.Principal = said.one(nil, rules.PrincipalClaim)
	}
	if i.Email == "" && said.Format == formatEmail {
		i.Email = said.NameID
	}
	i.EmailVerified = c.rules.VerifiedEmails && i.Email != "" && i.Tenant == "" && !isEntra(said.Issuer)
	role := cmp.Or(c.party.Connection.Settings.Mapping.RoleClaim, "role")
	i.RolesOmitted = len(said.values(role)) == 0 && len(said.values(overageAttribute)) > 0
	return i, nil
}

// isEntra knows Entra by its name, as no rule of its own makes it say the tenant: an admin there may leave that attribute out.
func isEntra(issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return host == "sts.windows.net" || strings.HasPrefix(host, "login.microsoftonline.")
}

// one is the first value of the attribute that is named, or else of the first usual one that has any.
func (a Assertion) one(usual []string, named string) string {
	if named != "" {
		usual = []string{named}
	}
	for _, name := range usual {
		if values := a.values(name); len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func (a Assertion) values(name string) []string {
	if i := slices.IndexFunc(a.Attributes, func(one Attribute) bool { return one.Name == name }); i >= 0 {
		return a.Attributes[i].Values
	}
	return nil
}

// subjectClaim is what the name is called among the attributes, as it is in OpenID Connect.
const subjectClaim = "sub"

// object are the attributes as the mapping reads them: a text, or a list where there are several. Names that differ in case
// alone are one name to it, and the first of them counts.
func (a Assertion) object() *scim.Object {
	o := &scim.Object{}
	o.Set(subjectClaim, a.NameID)
	for _, one := range a.Attributes {
		if _, known := o.Get(one.Name); known || len(one.Values) == 0 {
			continue
		}
		if len(one.Values) == 1 {
			o.Set(one.Name, one.Values[0])
			continue
		}
		list := make(scim.Array, len(one.Values))
		for i, value := range one.Values {
			list[i] = value
		}
		o.Set(one.Name, list)
	}
	return o
}
