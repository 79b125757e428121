package foreign

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed testdata/oidc-provider
var programs embed.FS

// Client is the one client of a [Provider], in the words of OpenID Connect Dynamic Client Registration §2.
type Client struct {
	ID                       string   `json:"client_id"`
	Secret                   string   `json:"client_secret"`
	RedirectURIs             []string `json:"redirect_uris"`
	BackchannelLogoutURI     string   `json:"backchannel_logout_uri,omitempty"`
	BackchannelLogoutSession bool     `json:"backchannel_logout_session_required,omitempty"`
	PostLogoutRedirectURIs   []string `json:"post_logout_redirect_uris,omitempty"`
}

// What a [Provider] does otherwise than it would by itself.
const (
	// Thin leaves the claims of a person out of ID tokens: only UserInfo tells them.
	Thin = "thin"
	// Quiet shows no page: whom login_hint names is signed in.
	Quiet = "quiet"
)

// Provider is a running identity provider that is not ours.
type Provider struct {
	// Issuer is its URL.
	Issuer string
	t      testing.TB
}

// Start starts the provider on a free port of 127.0.0.1. It ends with the test.
func Start(t testing.TB, c Client, modes ...string) *Provider {
	t.Helper()
	files, err := fs.Sub(programs, "testdata/oidc-provider")
	if err != nil {
		t.Fatal(err)
	}
	client, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join(Folder(t, files), "op.mjs"), string(client)}, modes...)...)
	var said bytes.Buffer
	node.Stderr = &said
	stdin, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = node.Wait()
		if t.Failed() {
			t.Logf("the provider says: %s", &said)
		}
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider did not start: %v", err)
	}
	return &Provider{strings.TrimSpace(issuer), t}
}

// Tell sets what the provider says of somebody.
func (p *Provider) Tell(subject string, claims map[string]any) {
	p.t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPut, p.Issuer+"/people/"+subject, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		p.t.Fatalf("the provider answers %s", res.Status)
	}
}
