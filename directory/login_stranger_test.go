package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// unverified is somebody of the identity provider who writes an address into the own account that it has not verified.
func unverified(address string) directory.Identity {
	i := identity("mallory", `{"email":"`+address+`"}`)
	i.Email, i.EmailVerified = address, false
	return i
}

// restoredOwner is an owner whom SCIM has deleted, and an admin has let in again.
func (w *world) restoredOwner() (subject string) {
	w.t.Helper()
	rec := w.user(`{"userName":"ada@example.com","externalId":"id-ada","emails":[{"value":"ada@example.com","primary":true}]}`)
	subject = w.signIn(identity("ada", "")).Session.Subject
	w.user(`{"userName":"boss@example.com","externalId":"id-boss"}`)
	for _, owner := range []string{subject, w.signIn(identity("boss", "")).Session.Subject} {
		_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, owner, directory.MemberChange{Role: new("owner")})
		check(w.t, err)
	}
	w.clock.add(time.Hour)
	check(w.t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	w.clock.add(time.Hour)
	_, err := w.directory.RestoreMember(w.ctx, operator, w.workspace, subject)
	check(w.t, err)
	w.skip()
	return subject
}

func TestLogin_J2_NoNameFindsWhomAnAdminHasRestored(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{"preferred_username", "upn", "unique_name"} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
			owner := w.restoredOwner()
			s := w.signIn(identity("mallory", `{"`+claim+`":"ada@example.com"}`))
			if s.Session.Subject == owner {
				t.Fatal("who bears the owner's name is the owner")
			}
			equal(t, "role", w.membership(s.Session.Subject).Role, "member")
			equal(t, "the owner's next login", w.signIn(identity("ada", "")).Session.Subject, owner)
		})
	}
}

func TestLogin_J2_NoAddressFindsWhomAnAdminHasRestored(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	owner := w.restoredOwner()
	s := w.signIn(unverified("ada@example.com"))
	if s.Session.Subject == owner {
		t.Fatal("who writes down the owner's address is the owner")
	}
	equal(t, "role", w.membership(s.Session.Subject).Role, "member")
}

func TestLogin_J2_ThePrincipalFindsWhomAnAdminHasRestored(t *testing.T) {
	t.Parallel()
	for principal, finds := range map[string]bool{"externalId": true, "userName": false} {
		t.Run(principal, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "rfc") // nobody signs in yet: no link has the principal
			rec := w.user(`{"userName":"a.lovelace","externalId":"id-ada"}`)
			subject := w.subject(rec.ID)
			check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
			w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodBoth })
			w.connectionSettings(func(s *directory.ConnectionSettings) {
				s.Principal = principal
				s.SignIn = &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: "https://idp.example.com", ClientID: "usher"}
			})
			if finds {
				w.wantRefused(identity("ada", ""), directory.LoginDeleted)
			}
			w.clock.add(time.Minute)
			_, err := w.directory.RestoreMember(w.ctx, operator, w.workspace, subject)
			check(t, err)
			equal(t, "is the person", w.signIn(identity("ada", "")).Session.Subject == subject, finds)
		})
	}
}

func TestClaims_AChildsIdentityProviderVouchesForNoAddressOfTheTenant(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodSCIM, directory.SignIn{})
	w.prove()
	w.beneath("CHILD", directory.MethodJIT, directory.SignIn{})
	s, err := w.tryLogin(w.foreign("ceo"), "")
	check(t, err)
	c, err := w.directory.Claims(w.ctx, s.Session)
	check(t, err)
	equal(t, "e-mail and verified", []any{c.Email, c.EmailVerified}, []any{"ceo@example.com", false})
}

func TestLogin_X12_APrincipalThatOnlyLooksTheSameIsAnothers(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"userName", "nickName"} {
		for text, linked := range map[string]bool{
			"mar\u212a": false, "\uff4d\uff41\uff52\uff4b": false, "MARK": true, // Kelvin sign, full width
		} {
			t.Run(path+" "+text, func(t *testing.T) {
				t.Parallel()
				w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
				w.connectionSettings(func(s *directory.ConnectionSettings) { s.Principal = path })
				mark := w.subject(w.user(`{"userName":"mark","nickName":"mark"}`).ID)
				i := identity("mark", "")
				i.Principal = "mark"
				other := identity("mallory", "")
				other.Principal = text
				if !linked {
					if w.signIn(other).Session.Subject == mark {
						t.Fatalf("%q is mark", text)
					}
					equal(t, "mark", w.signIn(i).Session.Subject, mark)
					return
				}
				equal(t, "mark", w.signIn(i).Session.Subject, mark)
				w.wantRefused(other, directory.LoginLinkedElsewhere)
			})
		}
	}
}

func TestLogin_X12_TheCaseOfAUserNameIsNoMatter(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Principal = "userName" })
	rec := w.user(`{"userName":"Ada@Example.com"}`)
	i := identity("ada", "")
	i.Principal = "ada@example.com"
	equal(t, "subject", w.signIn(i).Session.Subject, w.subject(rec.ID))
}

func TestLogin_B11_AnAddressThatOnlyLooksTheSameIsAnothers(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Linking: true})
	w.prove()
	p, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "mark@example.com"})
	check(t, err)
	i := identity("mallory", "")
	i.Email = "mar\u212a@example.com"
	if w.signIn(i).Session.Subject == p.Subject {
		t.Fatal("the address with a Kelvin sign is mark's")
	}
	i = identity("mark", "")
	i.Email = "Mark@example.com"
	equal(t, "subject", w.signIn(i).Session.Subject, p.Subject)
}

func TestLogin_B11_AnInvitedOwnerKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	for name, linking := range map[string]bool{"nothing is linked": false, "the address is not verified": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{Linking: linking})
			root := *w
			w.prove()
			w.beneath("CHILD", directory.MethodJIT, directory.SignIn{})
			owner, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@example.com", Role: "owner"})
			check(t, err)
			i := identity("ada", "")
			i.EmailVerified = !linking
			s := root.signIn(i)
			if s.Session.Subject == owner.Subject {
				t.Fatal("the address alone makes an owner")
			}
			equal(t, "role", root.membership(s.Session.Subject).Role, "member")
		})
	}
}

// A leaver is known by the userName under whatever name it is sent in, so that nobody comes back as somebody new.
func TestLogin_J2_LeaverIsKnownByTheNamesOfSAML(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
		"urn:oid:0.9.2342.19200300.100.1.1", "uid", "username",
	} {
		w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
		w.connectionSettings(func(s *directory.ConnectionSettings) { s.SignIn = bySAML(t) })
		rec := w.user(`{"userName":"ada.l@corp.example","externalId":"some-object-id"}`)
		check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
		i := identity("G-pairwise", "")
		i.Email, i.Principal = "ada@mail.example", i.Subject
		i.Attributes.Set(claim, "Ada.L@corp.example")
		w.wantRefused(i, directory.LoginDeleted)
	}
}
