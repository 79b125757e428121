package oidc

import (
	"cmp"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// identify makes an identity of verified claims.
func identify(party sso.Party, i *issuer, c claims) directory.Identity {
	principal, _ := c.at(cmp.Or(party.SignIn().PrincipalClaim, "sub"))
	principalText, _ := principal.(string)
	auth, _ := c.time("auth_time")
	return directory.Identity{
		Issuer: nameOf(i, c), Subject: c.text("sub"), Principal: principalText, Tenant: c.text(i.tenantClaim()),
		Email: c.text("email"), EmailVerified: c.vouchesForEmail(), Name: c.text("name"),
		Attributes: c.Object, RolesOmitted: c.omitsRole(roleClaim(party)),
		Session: c.text("sid"), Methods: c.texts("amr"), Context: c.text("acr"), AuthTime: auth,
	}
}

// nameOf is the issuer's name, of one of many tenants with the tenant in it. Google has two and is known by the first.
func nameOf(i *issuer, c claims) string {
	if i.manyTenants() {
		return i.of(c.text("tid"))
	}
	return i.Name
}

func roleClaim(party sso.Party) string {
	return cmp.Or(party.Connection.Settings.Mapping.RoleClaim, "role")
}

// omitsRole tells whether the role is left out for its size, or the groups of which it may be made.
func (c claims) omitsRole(claim string) bool {
	_, told := c.at(claim)
	return !told && (c.omits(claim) || c.omits("groups"))
}
