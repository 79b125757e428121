package sso_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
)

// simpleSAML is where Debian's package simplesamlphp puts what is served.
const simpleSAML = "/usr/share/simplesamlphp"

// TestSimpleSAMLphp walks through an identity provider that is not ours, over another implementation of XML signatures:
// login, another role, a logout there; signed and encrypted in each of the ways that it knows.
func TestSimpleSAMLphp(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(simpleSAML); err != nil {
		t.Skip("SimpleSAMLphp is not installed: apt-get install simplesamlphp php-cli php-xml php-mbstring php-sqlite3")
	}
	for name, options := range map[string]struct {
		idp   string // options of the identity provider towards us, in PHP
		rules func(*directory.SAML)
	}{
		"both signed":                    {"'saml20.sign.response' => true, 'saml20.sign.assertion' => true", nil},
		"only the response signed":       {"'saml20.sign.response' => true, 'saml20.sign.assertion' => false", nil},
		"only the assertion signed":      {"'saml20.sign.response' => false, 'saml20.sign.assertion' => true", func(r *directory.SAML) { r.SignedAssertions = true }},
		"encrypted, the response signed": {"'saml20.sign.response' => true, 'assertion.encryption' => true", func(r *directory.SAML) { r.CBC = true }},
		"encrypted, both signed":         {"'saml20.sign.response' => true, 'saml20.sign.assertion' => true, 'assertion.encryption' => true", func(r *directory.SAML) { r.CBC = true }},
		"requests signed":                {"'validate.authnrequest' => true", func(r *directory.SAML) { r.SignRequests = true }},
		"certificates in change": {"'saml20.sign.response' => true", func(r *directory.SAML) {
			r.Certificates = append([]string{otherCertificate()}, r.Certificates...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPHP(t)
			p.start(options.idp)
			p.join(options.rules)
			b := p.browser()
			p.login(b)
			if s, ok := b.session(); !ok || s.IDPSession == "" {
				t.Fatalf("session %+v\n%s", s, p.log)
			}
			if page := b.get("/session"); !strings.Contains(page.text, "<dd>ACME, as Editor</dd>") {
				t.Errorf("%d: %s", page.StatusCode, page.text)
			}
			p.say("Viewer")
			other := p.browser()
			p.login(other)
			if page := other.get("/session"); !strings.Contains(page.text, "<dd>ACME, as Viewer</dd>") {
				t.Errorf("%d: %s", page.StatusCode, page.text)
			}
			p.logout(b)
			if _, ok := b.session(); ok {
				t.Errorf("the session outlives the logout there\n%s", p.log)
			}
		})
	}
}

// php is the world with SimpleSAMLphp beside it.
type php struct {
	*world
	folder, url string
	keys        saml.Keys
	connection  directory.Connection
}

func newPHP(t *testing.T) *php {
	t.Helper()
	p := &php{world: newWorldAt(t, time.Now()), folder: t.TempDir()}
	var err error
	p.keys, err = saml.GenerateKeys(time.Now())
	p.check(err)
	p.connection, err = p.directory.CreateConnection(t.Context(), operator, p.acme, directory.NewConnection{Name: "php"})
	p.check(err)
	return p
}

func (p *php) write(name, text string) {
	p.Helper()
	file := filepath.Join(p.folder, name)
	p.check(os.MkdirAll(filepath.Dir(file), 0o700))
	p.check(os.WriteFile(file, []byte(text), 0o600))
}

// start writes its settings and runs it on a port of its own.
func (p *php) start(options string) {
	p.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.check(err)
	address := listener.Addr().String()
	p.check(listener.Close())
	p.url = "http://" + address
	settings, err := os.ReadFile("/etc/simplesamlphp/config.php")
	p.check(err)
	p.write("config/config.php", string(settings)+fmt.Sprintf(`
$config = array_merge($config, ['baseurlpath' => '%s/', 'certdir' => '%[2]s/cert/', 'tempdir' => '%[2]s/tmp', 'loggingdir' => '%[2]s/log/',
	'datadir' => '%[2]s/data/', 'metadatadir' => '%[2]s/metadata', 'secretsalt' => 'salt of a test', 'enable.saml20-idp' => true,
	'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'session.phpsession.savepath' => '%[2]s/tmp', 'logging.handler' => 'errorlog',
	'metadata.sources' => [['type' => 'flatfile', 'directory' => '%[2]s/metadata']], 'module.enable' => ['exampleauth' => true, 'saml' => true, 'core' => true]]);
`, p.url, p.folder))
	own, err := saml.GenerateKeys(time.Now())
	p.check(err)
	key, certificate, _ := strings.Cut(strings.Replace(own.Secret(), "Purpose: signing\n\n", "", 1), "-----BEGIN CERTIFICATE-----")
	certificate, _, _ = strings.Cut(certificate, "-----BEGIN PRIVATE KEY-----")
	p.write("cert/server.pem", key)
	p.write("cert/server.crt", "-----BEGIN CERTIFICATE-----"+certificate)
	p.write("metadata/saml20-idp-hosted.php", `<?php $metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__', 'privatekey' => 'server.pem',
		'certificate' => 'server.crt', 'auth' => 'example-userpass', 'redirect.sign' => true, 'sign.logout' => true, 'validate.logout' => true,
		'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent']]];`)
	at := p.server.URL + sso.Path + "/" + p.connection.ID
	p.write("metadata/saml20-sp-remote.php", fmt.Sprintf(`<?php $metadata['%[1]s/metadata'] = ['AssertionConsumerService' => '%[1]s/acs',
		'SingleLogoutService' => '%[1]s/slo', 'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'keys' => [
		['type' => 'X509Certificate', 'signing' => true, 'encryption' => false, 'X509Certificate' => '%s'],
		['type' => 'X509Certificate', 'signing' => false, 'encryption' => true, 'X509Certificate' => '%s']], %s];`, at,
		base64.StdEncoding.EncodeToString(p.keys.Signing.Certificate.Raw), base64.StdEncoding.EncodeToString(p.keys.Decryption[0].Certificate.Raw), options))
	for _, folder := range []string{"tmp", "log", "data"} {
		p.check(os.MkdirAll(filepath.Join(p.folder, folder), 0o700))
	}
	p.say("Editor")
	p.run(address)
}

// say has Ada come with another role from now on.
func (p *php) say(role string) {
	p.Helper()
	p.write("config/authsources.php", fmt.Sprintf(`<?php $config = ['example-userpass' => ['exampleauth:UserPass',
		'ada:adapw' => ['uid' => ['ada'], 'email' => ['ada@example.com'], 'displayName' => ['Ada Byron'], 'role' => ['%s', 'Owner']]]];`, role))
}

func (p *php) run(address string) {
	p.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, "php", "-d", "opcache.enable=0", "-S", address, "-t", simpleSAML+"/www")
	server.Env = append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+filepath.Join(p.folder, "config"))
	out := new(lines)
	server.Stdout, server.Stderr = out, out
	p.check(server.Start())
	p.Cleanup(func() {
		cancel()
		_ = server.Wait()
		if p.Failed() {
			p.Logf("SimpleSAMLphp: %s", out)
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("it does not answer: %v\n%s", err, out)
		}
		time.Sleep(20 * time.Millisecond) // of a process that starts
	}
}

// join makes the connection's rules of its metadata.
func (p *php) join(change func(*directory.SAML)) {
	p.Helper()
	text := p.browser().get(p.url + "/saml2/idp/metadata.php").text
	provider, err := saml.ReadMetadata([]byte(text), time.Now())
	if err != nil {
		p.Fatalf("%v in %s", err, text)
	}
	rules := provider.Rules()
	if change != nil {
		change(&rules)
	}
	settings := p.connection.Settings
	settings.SignIn = &directory.SignIn{Protocol: directory.ProtocolSAML, Issuer: provider.EntityID, UpdateRole: true, SAML: &rules}
	p.connection, err = p.directory.UpdateConnection(p.Context(), operator, p.connection, directory.ConnectionChange{Settings: &settings})
	p.check(err)
	p.check(p.directory.SetSignInSecret(p.Context(), operator, p.connection, p.keys.Secret()))
}

// follow walks along redirects.
func (b *browser) follow(p page) page {
	b.Helper()
	for range 12 {
		if p.to == "" {
			return p
		}
		p = b.get(p.to)
	}
	b.Fatal("there is no end to it")
	return p
}

var inputs = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`)

func (p page) form() url.Values {
	form := url.Values{}
	for _, field := range inputs.FindAllStringSubmatch(p.text, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	return form
}

// login is one with Ada's password.
func (p *php) login(b *browser) {
	p.Helper()
	asked := b.follow(b.get("/" + p.connection.ID + "/login"))
	form := asked.form()
	if form.Get("AuthState") == "" {
		p.Fatalf("no password is asked for: %d %s\n%s", asked.StatusCode, asked.text, p.log)
	}
	form.Set("username", "ada")
	form.Set("password", "adapw")
	answered := b.follow(b.post(p.url+"/module.php/core/loginuserpass.php", form))
	if answered.form().Get("SAMLResponse") == "" {
		p.Fatalf("no response: %d %s", answered.StatusCode, answered.text)
	}
	acs := "/" + p.connection.ID + "/acs"
	shown := b.postFrom("http://idp.example", acs, answered.form())
	if done := b.postFrom(p.server.URL, acs, shown.form()); done.StatusCode != http.StatusSeeOther {
		p.Fatalf("answered %d: %s\n%s", done.StatusCode, done.text, p.log)
	}
}

// logout is one that is begun there: it sends the browser to us, and we send it back.
func (p *php) logout(b *browser) {
	p.Helper()
	over := b.follow(b.get(p.url + "/saml2/idp/SingleLogoutService.php?ReturnTo=" + url.QueryEscape(p.url+"/logout.php")))
	if over.StatusCode != http.StatusOK || strings.Contains(over.text, "error") {
		p.Errorf("answered %d: %s", over.StatusCode, over.text)
	}
}
