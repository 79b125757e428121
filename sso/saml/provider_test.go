package saml_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// ownKeys take long to make.
var ownKeys = sync.OnceValue(func() saml.Keys {
	keys, err := saml.GenerateKeys(noon)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return keys
})

// login is one by a Provider.
type login struct {
	*world
	provider *saml.Provider
	party    sso.Party
	attempt  directory.Attempt
}

const state = "c3RhdGUgb2YgdGhpcyBsb2dpbg"

func newLogin(t testing.TB) *login {
	t.Helper()
	w := newWorld(t)
	l := &login{world: w, provider: saml.New(saml.Config{Now: func() time.Time { return w.expect.Now }})}
	l.attempt = directory.Attempt{Nonce: strings.TrimPrefix(request, "_")}
	rules := &directory.SAML{SSO: "https://idp.example/sso", Logout: "https://idp.example/slo"}
	for _, c := range w.expect.Certificates {
		rules.Certificates = append(rules.Certificates, directory.PEM(c))
	}
	l.party = sso.Party{
		EntityID: entityID, ACS: acs, SLO: slo, Secret: ownKeys().Secret(),
		Connection: directory.Connection{Root: "r", ID: "c1", Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: issuer, SAML: rules,
		}}},
	}
	return l
}

func (l *login) rules() *directory.SAML { return l.party.Connection.Settings.SignIn.SAML }

// finish posts a response.
func (l *login) finish(r ssotest.Response) (sso.Answer, error) {
	return l.provider.Finish(l.Context(), l.party, l.attempt, post(url.Values{
		"SAMLResponse": {base64.StdEncoding.EncodeToString(r.XML())}, "RelayState": {state},
	}))
}

func TestStart_SendsTheBrowserWithARequest(t *testing.T) {
	t.Parallel()
	for _, signed := range []bool{true, false} {
		l := newLogin(t)
		l.attempt.Fresh = true
		l.rules().SignRequests = signed
		place, err := l.provider.Start(t.Context(), l.party, l.attempt, sso.Ask{State: state})
		if err != nil || !strings.HasPrefix(place, "https://idp.example/sso?SAMLRequest=") || strings.Contains(place, "Signature=") != signed {
			t.Fatalf("%q, %v", place, err)
		}
		m, err := saml.Receive(httptest.NewRequest(http.MethodGet, place, nil))
		if err != nil || m.RelayState != state || !m.Request {
			t.Fatalf("%+v, %v", m, err)
		}
		for _, want := range []string{`ID="` + request + `"`, `AssertionConsumerServiceURL="` + acs + `"`, `ForceAuthn="true"`, entityID} {
			if !strings.Contains(string(m.Text), want) {
				t.Errorf("%s is not in %s", want, m.Text)
			}
		}
	}
}

func TestFinish_SaysWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	r := l.honest()
	r.Attributes = append(r.Attributes, ssotest.SAMLAttribute{Name: "mail", Values: []string{ada}},
		ssotest.SAMLAttribute{Name: "displayName", Values: []string{"Ada Byron"}}, ssotest.SAMLAttribute{Name: "Role", Values: []string{"Owner"}})
	r.Encrypt = &ssotest.Encryption{For: &ownKeys().Decryption[0].Private.PublicKey}
	got, err := l.finish(r)
	if err != nil {
		t.Fatal(err)
	}
	i := got.Identity
	if i.Issuer != issuer || i.Subject != ada || i.Principal != ada || i.Email != ada || i.EmailVerified || i.Name != "Ada Byron" ||
		i.Session != r.Session || i.Context != r.Context || !i.Expires.Equal(r.SessionEnds) || !i.AuthTime.Equal(r.Issued) {
		t.Errorf("%+v", i)
	}
	if got.Replay != r.AssertionID || !got.ReplayUntil.After(noon) {
		t.Errorf("%+v", got)
	}
	role, _ := i.Attributes.Get("role")
	if list, ok := role.(scim.Array); !ok || len(list) != 2 || list[0] != "Editor" {
		t.Errorf("role %v", role) // and not that of a name in another case
	}
}

func TestFinish_ReadsWhatTheConnectionNames(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	l.rules().EmailAttribute, l.rules().NameAttribute = "a", "b"
	l.party.Connection.Settings.SignIn.PrincipalClaim = "c"
	r := l.honest()
	r.Attributes = []ssotest.SAMLAttribute{
		{Name: "a", Values: []string{"x@example.com"}},
		{Name: "b", Values: []string{"X"}},
		{Name: "c", Values: []string{"00u1"}},
		{Name: "mail", Values: []string{ada}},
		{Name: "http://schemas.microsoft.com/claims/groups.link", Values: []string{"https://graph.example"}},
	}
	got, err := l.finish(r)
	if i := got.Identity; err != nil || i.Email != "x@example.com" || i.Name != "X" || i.Principal != "00u1" || i.Subject != ada || !i.RolesOmitted {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestFinish_Refuses(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]struct {
		want   directory.LoginCode
		change func(l *login, r *ssotest.Response)
	}{
		"a login without a nonce":    {saml.CodeUnsolicited, func(l *login, r *ssotest.Response) { l.attempt.Nonce, r.InResponseTo = "", "" }},
		"another login's":            {saml.CodeInResponseTo, func(l *login, _ *ssotest.Response) { l.attempt.Nonce = "another" }},
		"another connection's":       {saml.CodeDestination, func(l *login, _ *ssotest.Response) { l.party.ACS += "2" }},
		"a transient name":           {sso.CodeSubject, func(_ *login, r *ssotest.Response) { r.Format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" }},
		"a connection of OIDC":       {sso.CodeUnconfigured, func(l *login, _ *ssotest.Response) { l.party.Connection.Settings.SignIn.SAML = nil }},
		"a secret that is no key":    {sso.CodeUnconfigured, func(l *login, _ *ssotest.Response) { l.party.Secret = "secret" }},
		"a certificate that is none": {sso.CodeUnconfigured, func(l *login, _ *ssotest.Response) { l.rules().Certificates[0] = "x" }},
		"SHA-1":                      {sso.CodeAlgorithm, func(_ *login, r *ssotest.Response) { r.SignAssertion.Method = ssotest.SignRSASHA1 }},
		"SHA-1 after its day": {sso.CodeAlgorithm, func(l *login, r *ssotest.Response) {
			r.SignAssertion.Method, l.rules().SHA1Until = ssotest.SignRSASHA1, "2026-02-28"
		}},
		"only the response signed": {saml.CodeUnsignedAssertion, func(l *login, r *ssotest.Response) {
			r.SignResponse, r.SignAssertion, l.rules().SignedAssertions = r.SignAssertion, nil, true
		}},
		"a clock that is off": {sso.CodeExpired, func(l *login, _ *ssotest.Response) {
			l.rules().Skew, l.expect.Now = 1, noon.Add(5*time.Minute+time.Second)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t)
			r := l.honest()
			a.change(l, &r)
			if a.want == sso.CodeExpired {
				r.Edit = func(response *etree.Element) {
					ssotest.SAMLElement(response, "SubjectConfirmationData").CreateAttr("NotOnOrAfter", "2026-03-01T13:00:00Z")
				}
			}
			_, err := l.finish(r)
			if code := code(t, err); code != a.want {
				t.Errorf("refused as %q: %v, want %q", code, err, a.want)
			}
		})
	}
	l := newLogin(t)
	l.rules().SHA1Until = "2026-03-01"
	r := l.honest()
	r.SignAssertion.Method = ssotest.SignRSASHA1
	if _, err := l.finish(r); err != nil {
		t.Errorf("SHA-1 on its last day: %v", err)
	}
}

// What is posted must be one response in base64, and nothing else.
func TestFinish_ReadsOneResponse(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(newWorld(t).honest().XML())
	for name, form := range map[string]url.Values{
		"nothing":                 {},
		"a request":               {"SAMLRequest": {good}},
		"two":                     {"SAMLResponse": {good, good}},
		"a request beside it":     {"SAMLResponse": {good}, "SAMLRequest": {good}},
		"no base64":               {"SAMLResponse": {"<x/>"}},
		"URL base64":              {"SAMLResponse": {strings.ReplaceAll(good, "=", "") + "-_"}},
		"two relay states":        {"SAMLResponse": {good}, "RelayState": {"a", "b"}},
		"too long a relay state":  {"SAMLResponse": {good}, "RelayState": {strings.Repeat("x", 81)}},
		"a response for a logout": {"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte("<LogoutResponse/>"))}},
	} {
		l := newLogin(t)
		if got, err := l.provider.Finish(t.Context(), l.party, l.attempt, post(form)); code(t, err) == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A fresh login is one since it was asked for, as far as clocks agree; nobody is held to that who has not asked.
func TestFinish_HoldsToAFreshLogin(t *testing.T) {
	t.Parallel()
	const later = 7 * time.Minute // the person takes so long to sign in
	for name, row := range map[string]struct {
		fresh bool
		skew  int
		ago   time.Duration // before it was asked for
		want  directory.LoginCode
	}{
		"since":                            {true, 0, -time.Minute, ""},
		"at the edge":                      {true, 0, time.Minute, ""},
		"a second before the edge":         {true, 0, time.Minute + time.Second, sso.CodeNotFresh},
		"before, where clocks are in step": {true, 1, 2 * time.Second, sso.CodeNotFresh},
		"a day before, and nobody asked":   {false, 0, 24 * time.Hour, ""},
	} {
		l := newLogin(t)
		l.attempt.Fresh, l.attempt.Created, l.rules().Skew = row.fresh, noon.Add(-later), row.skew
		r := l.honest()
		r.Edit = func(response *etree.Element) {
			at := l.attempt.Created.Add(-row.ago).Format(time.RFC3339)
			ssotest.SAMLElement(response, "AuthnStatement").CreateAttr("AuthnInstant", at)
		}
		if _, err := l.finish(r); code(t, err) != row.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProvider_LogoutIsAnswered(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	message := l.idp.Logout(slo, ada, "_s1")
	message.RelayState = "back"
	got, err := l.provider.Logout(t.Context(), l.party, byURL(message))
	if err != nil || got.Issuer != issuer || got.Subject != ada || got.Session != "_s1" || got.Replay != message.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	answer := got.Answer(true)
	m, err := saml.Receive(httptest.NewRequest(http.MethodGet, answer, nil))
	if err != nil || m.Request || m.RelayState != "back" || !strings.HasPrefix(answer, "https://idp.example/slo?SAMLResponse=") {
		t.Fatalf("%s, %v", answer, err)
	}
	expect := l.expect
	expect.Issuer, expect.EntityID, expect.Location, expect.Request = entityID, issuer, "https://idp.example/slo", message.ID
	expect.Certificates = append(expect.Certificates[:0:0], ownKeys().Signing.Certificate)
	if err := saml.VerifyLogoutResponse(m, expect); err != nil {
		t.Error(err)
	}
	m, err = saml.Receive(httptest.NewRequest(http.MethodGet, got.Answer(false), nil))
	if err := errors.Join(err, saml.VerifyLogoutResponse(m, expect)); code(t, err) != sso.CodeProviderRefused {
		t.Errorf("what has failed is answered with %v", err)
	}
	two, err := l.provider.Logout(t.Context(), l.party, byForm(l.idp.Logout(slo, ada, "_s1", "_s2")))
	if err != nil || two.Session != "" || two.Subject != ada {
		t.Errorf("two sessions: %+v, %v", two, err)
	}
	l.rules().LogoutAnswer = "http://idp.example/slo"
	if got, err := l.provider.Logout(t.Context(), l.party, byURL(message)); err != nil || got.Subject != ada || got.Answer(true) != "" {
		t.Errorf("where no answer can be sent: %+v, %v", got, err)
	}
}

func TestCheck_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]struct {
		want   directory.LoginCode
		change func(l *login)
	}{
		"nothing":               {"", func(*login) {}},
		"no key":                {"", func(l *login) { l.party.Secret = "" }},
		"no key to sign with":   {sso.CodeUnconfigured, func(l *login) { l.party.Secret, l.rules().SignRequests = "", true }},
		"all certificates over": {saml.CodeCertificate, func(l *login) { l.expect.Now = noon.AddDate(20, 0, 0) }},
		"no certificate":        {sso.CodeUnconfigured, func(l *login) { l.rules().Certificates = nil }},
	} {
		l := newLogin(t)
		a.change(l)
		if got := code(t, l.provider.Check(t.Context(), l.party)); got != a.want {
			t.Errorf("%s: %q, want %q", name, got, a.want)
		}
	}
}

func TestKeys_AreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	keys := ownKeys()
	got, err := saml.ReadKeys(keys.Secret())
	if err != nil || !got.Signing.Private.Equal(keys.Signing.Private) || !got.Decryption[0].Private.Equal(keys.Decryption[0].Private) ||
		!got.Decryption[0].Certificate.Equal(keys.Decryption[0].Certificate) || got.Signing.Private.Equal(got.Decryption[0].Private) {
		t.Errorf("%v", err)
	}
	secret := keys.Secret()
	blocks := slices.Collect(strings.SplitAfterSeq(strings.TrimSpace(secret), "-----END CERTIFICATE-----\n"))
	for name, bad := range map[string]string{
		"text":        "secret",
		"a key alone": secret[:strings.Index(secret, "-----BEGIN CERT")],
		"no purpose":  strings.ReplaceAll(secret, "Purpose: signing", "Purpose: fun"),
		"five":        strings.Repeat(blocks[0], 5),
		"half a key":  strings.Replace(secret, "\nMII", "\nAII", 1),
		"another's certificate": func() string {
			mixed := keys
			mixed.Signing = &saml.Key{Private: keys.Signing.Private, Certificate: keys.Decryption[0].Certificate}
			return mixed.Secret()
		}(),
	} {
		if got, err := saml.ReadKeys(bad); err == nil {
			t.Errorf("%s: read %d keys", name, len(got.Decryption))
		} else if strings.Contains(err.Error(), "MII") {
			t.Errorf("%s: a key is in %v", name, err)
		}
	}
	text, err := newLogin(t).provider.Metadata(newLogin(t).party)
	if err != nil || strings.Contains(string(text), "PRIVATE") || !strings.Contains(string(text), base64.StdEncoding.EncodeToString(keys.Decryption[0].Certificate.Raw)) {
		t.Errorf("metadata %s, %v", text, err)
	}
}

// Entra is known by its name, where it leaves out the tenant.
func TestIsEntra(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]bool{
		"https://sts.windows.net/8a1f/": true, "https://STS.windows.net/8a1f/": true, "https://login.microsoftonline.us/8a1f/": true,
		"https://idp.example": false, "https://sts.windows.net.example/": false, "urn:example:idp": false,
	} {
		if saml.IsEntra(issuer) != want {
			t.Errorf("%s is one of Entra's: %v", issuer, !want)
		}
	}
}

// An address is verified where the connection says that the identity provider sees to it, and never one of Entra's.
func TestFinish_VerifiedEmails(t *testing.T) {
	t.Parallel()
	mail := ssotest.SAMLAttribute{Name: "mail", Values: []string{ada}}
	entra := ssotest.SAMLAttribute{Name: "http://schemas.microsoft.com/identity/claims/tenantid", Values: []string{"t"}}
	for name, row := range map[string]struct {
		rule       bool
		attributes []ssotest.SAMLAttribute
		want       bool
	}{
		"by the rule":           {true, []ssotest.SAMLAttribute{mail}, true},
		"without it":            {false, []ssotest.SAMLAttribute{mail}, false},
		"an address of Entra's": {true, []ssotest.SAMLAttribute{mail, entra}, false},
	} {
		l := newLogin(t)
		l.rules().VerifiedEmails = row.rule
		r := l.honest()
		r.Attributes = row.attributes
		if got, err := l.finish(r); err != nil || got.Identity.Email != ada || got.Identity.EmailVerified != row.want {
			t.Errorf("%s: %+v, %v", name, got.Identity, err)
		}
	}
}
