package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
)

// maxIssuers bounds how many identity providers the doctor calls.
const maxIssuers = 20

// checkSignIn looks whether people can sign in where that is set up, and says where settings contradict each other.
func (d *doctor) checkSignIn(dir *directory.Directory) {
	all, err := dir.Workspaces(d.ctx)
	if err != nil {
		d.fail("sign-in", damaged, "%v", err)
		return
	}
	var issuers []string
	ways := 0
	for _, w := range all {
		connections, err := dir.Connections(d.ctx, w)
		if err != nil {
			d.fail("sign-in", damaged, "%v", err)
			return
		}
		there, on := d.checkSignInOf(w, connections)
		for _, c := range connections {
			d.checkKeys(dir, w, c)
		}
		issuers, ways = append(issuers, there...), ways+on
	}
	slices.Sort(issuers)
	issuers = slices.Compact(issuers)
	if ways == 0 {
		return
	}
	public, err := d.knownPublicURL()
	if err == nil && strings.HasPrefix(public, "http:") && !isLoopbackURL(public) {
		d.fail("sign-in", "serve by HTTPS, or let a proxy end TLS, and set --public-url to the https URL", "browsers sign in by HTTPS alone, and the public URL is %s", public)
	}
	for _, issuer := range issuers[:min(len(issuers), maxIssuers)] {
		d.checkIssuer(issuer)
	}
}

// checkSignInOf looks at one workspace, and returns in how many ways people sign in to it, with the issuers of OpenID
// Connect.
func (d *doctor) checkSignInOf(w directory.Workspace, connections []directory.Connection) (issuers []string, ways int) {
	for _, c := range connections {
		if c.LetsIn() {
			s := c.Settings.SignIn
			ways++
			if s.IsSAML() {
				d.checkCertificates(c.Name, w.Key, s.SAML)
				continue
			}
			issuers = append(issuers, s.Issuer)
			if fix := s.OpenToAnybody(); fix != "" {
				d.fail("sign-in", fix+": usher connection sign-in "+c.Name+" -w "+w.Key+" --tenant …",
					"nobody can sign in by connection %s of workspace %s: at %s everybody can get an account", c.Name, w.Key, s.Issuer)
			}
		} else if w.Settings.RequireSSO && c.State == directory.StateEnabled {
			d.warn("sign-in", fmt.Sprintf("%s, or usher workspace update %s --no-require-sso", setUpSignIn(c.Name, w.Key), w.Key),
				"workspace %s takes SCIM only where people sign in, and nobody does by connection %s", w.Key, c.Name)
		}
	}
	if w.Settings.Method == directory.MethodJIT && ways == 0 {
		d.warn("sign-in", setUpSignIn("NAME", w.Key), "people come into workspace %s by signing in, and no connection lets them", w.Key)
	}
	return issuers, ways
}

// setUpSignIn is what to do where nobody signs in by a connection.
func setUpSignIn(connection, workspace string) string {
	return fmt.Sprintf("usher connection sign-in %s -w %s --metadata FILE (SAML), or --issuer URL --client-id ID (OpenID Connect)", connection, workspace)
}

// checkCertificates looks at how long those of an identity provider of SAML are good. One that is will do.
func (d *doctor) checkCertificates(connection, workspace string, rules *directory.SAML) {
	hint := "import the identity provider's metadata again: usher connection sign-in " + connection + " -w " + workspace + " --metadata FILE"
	certificates, err := saml.ParseCertificates(rules.Certificates)
	if err != nil {
		d.fail("certificate", hint, "connection %s: %v", connection, err)
		return
	}
	last := slices.MaxFunc(certificates, byEnd)
	until := last.NotAfter.UTC().Format(time.DateOnly)
	switch days, due := directory.ExpiryWarning(last.NotAfter, time.Now()); {
	case due && days == 0 && rules.ExpiredCertificates:
		d.warn("certificate", hint, "the last certificate of connection %s was good until %s, and is taken all the same", connection, until)
	case due && days == 0:
		d.fail("certificate", hint, "nobody can sign in by connection %s: the last certificate was good until %s", connection, until)
	case due:
		d.warn("certificate", hint, "the last certificate of connection %s is good until %s", connection, until)
	default:
		d.ok("certificate", "connection %s: good until %s", connection, until)
	}
}

func byEnd(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }

// checkKeys looks at our own keys of SAML. Usher goes on when their certificates are over; some identity providers do not.
func (d *doctor) checkKeys(dir *directory.Directory, w directory.Workspace, c directory.Connection) {
	if !c.LetsIn() || !c.Settings.SignIn.IsSAML() {
		return
	}
	secret, err := dir.SignInSecret(d.ctx, c)
	if err != nil {
		d.fail("keys", damaged, "connection %s: %v", c.Name, err)
		return
	}
	d.checkKeysOf(c.Name, "usher connection sign-in "+c.Name+" -w "+w.Key, c.Settings.SignIn, secret)
}

func (d *doctor) checkKeysOf(connection, command string, rules *directory.SignIn, secret string) {
	keys, err := saml.ReadKeys(secret)
	var all []*x509.Certificate
	for _, one := range keys.Certificates() {
		all = append(all, one.Certificate)
	}
	switch {
	case err != nil:
		d.fail("keys", "take the sign-in away with --remove, and import the identity provider's metadata anew", "connection %s: %v", connection, err)
		return
	case rules.SAML.SignRequests && keys.Signing == nil:
		d.fail("keys", command+" --new-keys", "nobody can sign in by connection %s: requests are to be signed, and there is no key", connection)
		return
	case len(all) == 0:
		return
	}
	first := slices.MinFunc(all, byEnd)
	until := first.NotAfter.UTC().Format(time.DateOnly)
	hint := command + " --new-keys, let the identity provider read Usher's metadata again, then --switch-keys"
	if keys.Next != nil {
		hint = "let the identity provider read Usher's metadata again, then " + command + " --switch-keys"
	}
	switch days, due := directory.ExpiryWarning(first.NotAfter, time.Now()); {
	case due && days == 0:
		d.warn("keys", hint, "Usher's own certificates of connection %s were good until %s: some identity providers refuse them", connection, until)
	case due:
		d.warn("keys", hint, "Usher's own certificates of connection %s are good until %s", connection, until)
	default:
		d.ok("keys", "connection %s: Usher's own certificates are good until %s", connection, until)
	}
}

// checkIssuer asks an identity provider what it says of itself.
func (d *doctor) checkIssuer(issuer string) {
	said, err := d.discover(issuer)
	switch {
	case err != nil:
		d.warn("issuer", "see that this machine may call it, and that the issuer is spelled as the identity provider spells it", "%s: %v", issuer, err)
	case said != issuer && !strings.Contains(said, "{tenantid}"):
		d.fail("issuer", "set the issuer to "+said, "%s calls itself %s, so every login is refused", issuer, said)
	default:
		d.ok("issuer", "%s answers", issuer)
	}
}

const maxDiscovery = 1 << 20

func (d *doctor) discover(issuer string) (string, error) {
	req, err := http.NewRequestWithContext(d.ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return "", err
	}
	client := &http.Client{Timeout: probeTimeout}
	defer client.CloseIdleConnections()
	answer, err := client.Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxDiscovery))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return "", err
	}
	var said struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(body, &said); answer.StatusCode != http.StatusOK || err != nil || said.Issuer == "" {
		return "", fmt.Errorf("it answers %s, and not with its OpenID configuration", answer.Status)
	}
	return said.Issuer, nil
}
