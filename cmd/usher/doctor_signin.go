package main

import (
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
			if s.SAML != nil {
				d.checkCertificates(c.Name, s.SAML)
				continue
			}
			issuers = append(issuers, s.Issuer)
			if fix := s.OpenToAnybody(); fix != "" {
				d.fail("sign-in", fix+": usher connection sign-in "+c.Name+" -w "+w.Key+" --tenant …",
					"nobody can sign in by connection %s of workspace %s: at %s everybody can get an account", c.Name, w.Key, s.Issuer)
			}
		} else if w.Settings.RequireSSO && c.State == directory.StateEnabled {
			d.warn("sign-in", fmt.Sprintf("usher connection sign-in %s -w %s, or usher workspace update %s --no-require-sso", c.Name, w.Key, w.Key),
				"workspace %s takes SCIM only where people sign in, and nobody does by connection %s", w.Key, c.Name)
		}
	}
	if w.Settings.Method == directory.MethodJIT && ways == 0 {
		d.warn("sign-in", "usher connection sign-in NAME -w "+w.Key, "people come into workspace %s by signing in, and no connection lets them", w.Key)
	}
	return issuers, ways
}

// checkCertificates looks at how long those of an identity provider of SAML are good. One that is will do.
func (d *doctor) checkCertificates(connection string, rules *directory.SAML) {
	const hint = "ask the identity provider for its metadata, and put its new certificate beside the old one"
	certificates, err := saml.ParseCertificates(rules.Certificates)
	if err != nil {
		d.fail("certificate", hint, "connection %s: %v", connection, err)
		return
	}
	last := certificates[0]
	for _, c := range certificates {
		if c.NotAfter.After(last.NotAfter) {
			last = c
		}
	}
	until := last.NotAfter.UTC().Format(time.DateOnly)
	switch days, due := saml.Warning(last, time.Now()); {
	case due && days == 0:
		d.fail("certificate", hint, "nobody can sign in by connection %s: the last certificate was good until %s", connection, until)
	case due:
		d.warn("certificate", hint, "the last certificate of connection %s is good until %s", connection, until)
	default:
		d.ok("certificate", "connection %s: good until %s", connection, until)
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
