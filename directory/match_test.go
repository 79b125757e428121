package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestMatch_X12_AnAddressFindsWhoSignsInOnlyWhereItIsVerified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules    directory.SignIn
		document string
		verified bool
	}{
		"the principal is the address":   {directory.SignIn{PrincipalClaim: "email"}, `"externalId":"id-ceo",`, false},
		"there is no principal":          {directory.SignIn{}, ``, false},
		"no principal, verified address": {directory.SignIn{}, ``, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, c.rules)
			w.prove()
			i := unverified("ceo@example.com")
			i.EmailVerified = c.verified
			mallory := w.signIn(i).Session.Subject
			w.clock.add(time.Hour)
			rec := w.user(`{"userName":"ceo@example.com",` + c.document + `"emails":[{"value":"ceo@example.com","primary":true}]}`)
			if is := w.subject(rec.ID) == mallory; is != c.verified {
				t.Fatalf("SCIM's user is who signed in before under the address: %v", is)
			}
			equal(t, "the next login is the same person's", w.signIn(i).Session.Subject, mallory)
		})
	}
}
