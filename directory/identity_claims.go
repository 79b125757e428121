package directory

import (
	"cmp"
	"context"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// IdentityOfClaims is what the claims of an ID token would say, for [Directory.TestMatch]: an admin has pasted them, and
// nothing is verified. Nobody signs in by it: that takes a Provider.
func IdentityOfClaims(s SignIn, text []byte) (Identity, error) {
	claims, err := scim.ParseJSON(text, scim.Limits{})
	if err != nil {
		return Identity{}, err
	}
	of := func(name string) string {
		v, _ := mapping.Claim(claims, name)
		text, _ := v.(string)
		return text
	}
	verified, _ := claims.Get("email_verified")
	return Identity{
		Issuer: cmp.Or(of("iss"), s.Issuer), Subject: of("sub"), Principal: of(cmp.Or(s.PrincipalClaim, "sub")),
		Tenant: cmp.Or(of("tid"), of("hd")), Email: of("email"), Name: of("name"), Attributes: claims,
		// An address of Entra's never counts (X15).
		EmailVerified: (verified == true || verified == "true") && of("tid") == "" && of("oid") == "",
	}, nil
}

// previewLogin adds to a preview of claims whom the login would find, or why it would be refused.
func (d *Directory) previewLogin(ctx context.Context, c Connection, claims []byte, shown *Preview) error {
	if !c.Settings.SignIn.on() {
		return nil
	}
	identity, err := IdentityOfClaims(*c.Settings.SignIn, claims)
	if err != nil {
		return err
	}
	found, _, err := d.TestMatch(ctx, c, identity)
	shown.Subject = found.Subject
	if found.Code != "" {
		shown.Status = refusedLoginStatus
		shown.Refused = strings.TrimSuffix(string(found.Code)+": "+found.Cause, ": ")
	}
	return err
}
