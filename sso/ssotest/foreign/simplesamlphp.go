package foreign

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"embed"
	"encoding/json"
	"encoding/pem"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/sso/saml"
)

//go:embed testdata/simplesamlphp
var simpleSAMLphp embed.FS

// simpleSAMLphpFolder is where Debian's package simplesamlphp puts what is served.
const simpleSAMLphpFolder = "/usr/share/simplesamlphp/www"

// The names of its keys' files.
const (
	firstKey = "first"
	nextKey  = "next"
)

// SimpleSAMLphp is a running identity provider of SAML that is not ours, over another implementation of XML signatures.
type SimpleSAMLphp struct {
	// URL is that of its first page. It calls itself localhost, which is another site than 127.0.0.1 to a browser.
	URL    string
	t      testing.TB
	folder string
	test   simpleSAMLphpTest
}

// simpleSAMLphpTest is what its settings read.
type simpleSAMLphpTest struct {
	URL     string                         `json:"url"`
	Key     string                         `json:"key"` // the file's name, without its ending
	NextKey string                         `json:"next_key"`
	People  map[string]map[string][]string `json:"people"`
	Options map[string]bool                `json:"options"`
}

// StartSimpleSAMLphp starts one on a free port, with options of its towards the service provider, such as
// "assertion.encryption". It ends with the test.
func StartSimpleSAMLphp(t testing.TB, options map[string]bool) *SimpleSAMLphp {
	t.Helper()
	for _, needed := range []string{simpleSAMLphpFolder, "/etc/simplesamlphp/config.php"} {
		if _, err := os.Stat(needed); err != nil {
			t.Skip("SimpleSAMLphp is not installed: tools/prereq.sh does it by apt, or says why it does not")
		}
	}
	php, err := exec.LookPath("php")
	if err != nil {
		t.Skip("php is not installed: tools/prereq.sh does it by apt, or says why it does not")
	}
	p := &SimpleSAMLphp{t: t, folder: t.TempDir()}
	files, err := fs.Sub(simpleSAMLphp, "testdata/simplesamlphp")
	p.check(err)
	p.check(os.CopyFS(p.folder, files))
	for _, name := range []string{"cert", "data", "log", "tmp"} {
		p.check(os.Mkdir(filepath.Join(p.folder, name), 0o700))
	}
	p.writeKeys()
	p.URL = "http://localhost:" + p.run(php)
	p.test = simpleSAMLphpTest{URL: p.URL, Key: firstKey, People: map[string]map[string][]string{}, Options: options}
	p.save()
	return p
}

// MetadataURL is where its metadata is.
func (p *SimpleSAMLphp) MetadataURL() string { return p.URL + "/saml2/idp/metadata.php" }

// PasswordURL is where its form of name and password is posted.
func (p *SimpleSAMLphp) PasswordURL() string { return p.URL + "/module.php/core/loginuserpass.php" }

// LogoutURL is where a logout begins: it ends the sessions at all services, and then the browser is at [SimpleSAMLphp.LoggedOutURL].
func (p *SimpleSAMLphp) LogoutURL() string {
	return p.URL + "/saml2/idp/SingleLogoutService.php?ReturnTo=" + p.LoggedOutURL()
}

// LoggedOutURL is the page at the end of a logout.
func (p *SimpleSAMLphp) LoggedOutURL() string { return p.URL + "/logout.php" }

// Know has it import the metadata of the one service provider.
func (p *SimpleSAMLphp) Know(metadata string) {
	p.t.Helper()
	p.write("service.xml", metadata)
}

// Tell sets what it says of somebody, who has the password of the name, with "pw" behind.
func (p *SimpleSAMLphp) Tell(name string, attributes map[string][]string) {
	p.t.Helper()
	p.test.People[name] = attributes
	p.save()
}

// NextCertificate has its metadata show the next one from now on, beside the one that it signs with.
func (p *SimpleSAMLphp) NextCertificate() {
	p.t.Helper()
	p.test.NextKey = nextKey
	p.save()
}

// SwitchCertificate has it sign with the next one from now on, and forget the one before.
func (p *SimpleSAMLphp) SwitchCertificate() {
	p.t.Helper()
	p.test.Key, p.test.NextKey = nextKey, ""
	p.save()
}

func (p *SimpleSAMLphp) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *SimpleSAMLphp) save() {
	p.t.Helper()
	text, err := json.Marshal(p.test)
	p.check(err)
	p.write("test.json", string(text))
}

func (p *SimpleSAMLphp) write(name, text string) {
	p.t.Helper()
	p.check(os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600))
}

// simpleSAMLphpKeys are the two that it has, one after the other. They serve for all tests: making them takes long.
var simpleSAMLphpKeys = sync.OnceValues(func() (saml.Keys, error) { return saml.GenerateKeys(time.Now()) })

// writeKeys writes both of them, each with its certificate.
func (p *SimpleSAMLphp) writeKeys() {
	p.t.Helper()
	keys, err := simpleSAMLphpKeys()
	p.check(err)
	for name, key := range map[string]saml.Key{firstKey: *keys.Signing, nextKey: keys.Decryption[0]} {
		private, err := x509.MarshalPKCS8PrivateKey(key.Private)
		p.check(err)
		p.write("cert/"+name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
		p.write("cert/"+name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: key.Certificate.Raw})))
	}
}

// startedLine is the first that PHP's own server writes, with the port that it has found.
var startedLine = regexp.MustCompile(`\(http://127\.0\.0\.1:(\d+)\) started`)

// run starts it, and returns its port.
func (p *SimpleSAMLphp) run(php string) (port string) {
	p.t.Helper()
	server := exec.CommandContext(p.t.Context(), php, "-d", "opcache.enable=0", "-S", "127.0.0.1:0", "-t", simpleSAMLphpFolder)
	server.Env = append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+filepath.Join(p.folder, "config"))
	stderr, err := server.StderrPipe()
	p.check(err)
	p.check(server.Start())
	var said bytes.Buffer
	lines, copied := bufio.NewReader(io.TeeReader(stderr, &said)), make(chan struct{})
	first, _ := lines.ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		close(copied)
	}()
	p.t.Cleanup(func() {
		<-copied // the context of the test is over, which ends it
		_ = server.Wait()
		if p.t.Failed() {
			p.t.Logf("SimpleSAMLphp says: %s", strings.TrimSpace(said.String()))
		}
	})
	found := startedLine.FindStringSubmatch(first)
	if found == nil {
		p.t.Fatalf("SimpleSAMLphp did not start: %s", first)
	}
	return found[1]
}
