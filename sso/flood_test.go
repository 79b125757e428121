package sso_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

// A stranger who begins logins and makes up their answers has one entry a minute, and the operator's log tells of each.
func TestCallback_StrangersDoNotFillTheAuditLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	const tries = 10
	for range tries {
		at, _ := url.Parse(b.get("/" + w.okta.ID + "/login").to)
		answer := url.Values{"state": {at.Query().Get("state")}, "error": {"x"}, "iss": {w.idp.Issuer}}
		if p := b.get("/" + w.okta.ID + "/callback?" + answer.Encode()); p.StatusCode != http.StatusForbidden {
			t.Errorf("answered %d", p.StatusCode)
		}
	}
	if left := w.traces(w.acme).refused; !slices.Equal(left, []string{string(sso.CodeProviderRefused)}) {
		t.Errorf("audit entries %v", left)
	}
	if n := strings.Count(w.log.String(), "code="+string(sso.CodeProviderRefused)); n != tries {
		t.Errorf("the log tells of %d", n)
	}
}

// What the identity provider has signed and is refused all the same has an entry each.
func TestCallback_EachRefusalOfASignedTokenIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rule(func(s *directory.SignIn) { s.Tenants = []string{"ours"} })
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { token.Claims["tid"] = "theirs" }})
	for range 3 {
		before := w.traces(w.acme)
		w.wantRefused(w.browser().login(w.okta, ""), before, directory.LoginForeignTenant)
	}
}
