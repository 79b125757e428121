package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
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
	for _, w := range all {
		connections, err := dir.Connections(d.ctx, w)
		if err != nil {
			d.fail("sign-in", damaged, "%v", err)
			return
		}
		issuers = append(issuers, d.checkSignInOf(w, connections)...)
	}
	slices.Sort(issuers)
	issuers = slices.Compact(issuers)
	if len(issuers) == 0 {
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

// checkSignInOf looks at one workspace, and returns the issuers by which people sign in to it.
func (d *doctor) checkSignInOf(w directory.Workspace, connections []directory.Connection) (issuers []string) {
	for _, c := range connections {
		if c.LetsIn() {
			s := c.Settings.SignIn
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
	if w.Settings.Method == directory.MethodJIT && len(issuers) == 0 {
		d.warn("sign-in", "usher connection sign-in NAME -w "+w.Key, "people come into workspace %s by signing in, and no connection lets them", w.Key)
	}
	return issuers
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
