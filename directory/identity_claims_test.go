package directory_test

import (
	"testing"

	"github.com/usher-scim/usher/directory"
)

func TestIdentityOfClaims(t *testing.T) {
	t.Parallel()
	entra := directory.SignIn{Issuer: "https://idp.example.com", PrincipalClaim: "oid"}
	for _, c := range []struct {
		name, claims string
		rules        directory.SignIn
		want         directory.Identity
	}{
		{
			"sub is the principal unless told", `{"iss":"https://other.example.com","sub":"u1","email":"a@b.c","email_verified":true,"name":"Ann"}`,
			directory.SignIn{Issuer: "https://idp.example.com"},
			directory.Identity{Issuer: "https://other.example.com", Subject: "u1", Principal: "u1", Email: "a@b.c", EmailVerified: true, Name: "Ann"},
		},
		{
			"an address of Entra's never counts", `{"sub":"u1","oid":"o1","tid":"t1","email":"a@b.c","email_verified":true}`, entra,
			directory.Identity{Issuer: "https://idp.example.com", Subject: "u1", Principal: "o1", Tenant: "t1", Email: "a@b.c"},
		},
		{
			"a claim inside of another", `{"sub":"u1","hd":"b.c","ids":{"employee":"7"},"email_verified":"true"}`,
			directory.SignIn{PrincipalClaim: "ids.employee"},
			directory.Identity{Subject: "u1", Principal: "7", Tenant: "b.c", EmailVerified: true},
		},
		{"no text is no principal", `{"sub":7,"oid":{}}`, entra, directory.Identity{Issuer: "https://idp.example.com"}},
	} {
		got, err := directory.IdentityOfClaims(c.rules, []byte(c.claims))
		if err != nil {
			t.Fatal(err)
		}
		got.Attributes = nil
		if g, w := identityText(got), identityText(c.want); g != w {
			t.Errorf("%s: %s, want %s", c.name, g, w)
		}
	}
	for _, text := range []string{"", "[]", "7", `{"sub":"a","sub":"b"}`} {
		if _, err := directory.IdentityOfClaims(entra, []byte(text)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func identityText(i directory.Identity) string {
	verified := ""
	if i.EmailVerified {
		verified = " verified"
	}
	return i.Issuer + " " + i.Subject + " " + i.Principal + " " + i.Tenant + " " + i.Email + " " + i.Name + verified
}
