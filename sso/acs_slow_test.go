package sso_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

// slow is a body that comes after something else has happened.
type slow struct {
	*strings.Reader
	before func()
}

func (s slow) Read(p []byte) (int, error) {
	s.before()
	return s.Reader.Read(p)
}

// Whoever sends a response slowly does not keep the certificate that has been taken away since they began to.
func TestACS_SlowPostKeepsNoCertificate(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	response, state := w.ask(b, w.adfs, "")
	takeAway := sync.OnceFunc(func() {
		_, stranger := ssotest.SAMLKeys()
		w.ruled(w.adfs, func(s *directory.SignIn) {
			rules := *s.SAML
			rules.Certificates = []string{directory.PEM(stranger.Certificate)}
			s.SAML = &rules
		})
	})
	r := httptest.NewRequest(http.MethodPost, b.absolute("/"+w.adfs.ID+"/acs"), slow{strings.NewReader(formOf(response, state).Encode()), takeAway})
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", w.server.URL)
	for _, c := range b.cookies() {
		r.AddCookie(c)
	}
	before := w.traces(w.acme)
	before.entries++ // of the change
	answer := httptest.NewRecorder()
	w.serve(answer, r)
	w.wantRefused(page{Response: answer.Result(), text: answer.Body.String()}, before, sso.CodeSignature)
}
