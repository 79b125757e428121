package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// served is a usher serve that runs inside the test.
type served struct {
	addr   string
	data   string
	flags  []string // that say where the data is
	stop   context.CancelFunc
	exited chan int
	stderr *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func serve(t *testing.T, flags ...string) *served {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	return serveFrom(t, data, []string{"--data", data}, flags...)
}

// serveFrom is serve with the flags that say where the data is.
func serveFrom(t *testing.T, data string, from []string, flags ...string) *served {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	s := &served{data: data, flags: from, exited: make(chan int, 1), stderr: &lockedBuffer{}}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(t.Context())
	t.Cleanup(s.stop)
	args := slices.Concat([]string{"serve", "--addr", "127.0.0.1:0", "--ready-file", ready}, from, flags)
	go func() { s.exited <- run(ctx, args, streams{nil, io.Discard, s.stderr}) }()
	for deadline := time.After(patience); ; {
		if addr, err := os.ReadFile(ready); err == nil {
			s.addr = strings.TrimSpace(string(addr))
			return s
		}
		select {
		case status := <-s.exited:
			t.Fatalf("exit status %d: %s", status, s.stderr)
		case <-deadline:
			t.Fatalf("not ready: %s", s.stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// usher runs a command on the server's data and returns what it printed.
func (s *served) usher(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), slices.Concat(args, s.flags), streams{nil, &out, &errs})
	return out.String() + errs.String(), status
}

// token makes a workspace, a connection and a token.
func (s *served) token(t *testing.T) (base, token string) {
	t.Helper()
	s.usher(t, "workspace", "create", "ACC123")
	s.usher(t, "connection", "create", "okta", "-w", "ACC123", "--profile", "okta")
	out, status := s.usher(t, "token", "create", "-w", "ACC123", "-c", "okta", "--json")
	var view issuedTokenView
	if err := json.Unmarshal([]byte(out), &view); err != nil || status != exitOK {
		t.Fatalf("%d %v %s", status, err, out)
	}
	return view.BaseURL, view.Token
}

// A request that is running when the stop comes is answered; meanwhile /readyz says no.
func TestServe_StopsInOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, "--drain-delay", "1500ms")
	base, token := s.token(t)
	path := strings.TrimPrefix(base, "http://"+s.addr) + "/Users"
	const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com"}`

	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/scim+json\r\nContent-Length: %d\r\n\r\n%s",
		path, token, len(body), body[:10])

	s.stop()
	draining := false
	for !draining {
		res, err := http.Get("http://" + s.addr + "/readyz")
		if err != nil {
			t.Fatal("the listener closed before /readyz said no:", err)
		}
		draining = res.StatusCode == http.StatusServiceUnavailable
		_ = res.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	_, _ = io.WriteString(conn, body[10:])
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Errorf("the running request got %s", res.Status)
	}
	if status := <-s.exited; status != exitOK {
		t.Errorf("exit status %d: %s", status, s.stderr)
	}
	if out, _ := s.usher(t, "user", "list", "-w", "ACC123"); !strings.Contains(out, "ada@example.com") {
		t.Errorf("after the stop: %s", out)
	}
}

// D-28: the flags of the rate limit, over a real connection.
func TestServe_D28_RateLimit(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		flags   []string
		refused int
	}{
		{[]string{"--rate-limit", "0.01", "--rate-burst", "3"}, 7},
		{[]string{"--rate-limit", "0", "--rate-burst", "3"}, 0},
		{nil, 0},
	} {
		s := serve(t, row.flags...)
		base, token := s.token(t)
		refused := 0
		for range 10 {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/Users", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode == http.StatusTooManyRequests {
				refused++
				if after, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || after < 1 || after > 100 {
					t.Errorf("T-019 Retry-After: %q", res.Header.Get("Retry-After"))
				}
			}
		}
		if refused != row.refused {
			t.Errorf("%v: %d of 10 requests were refused, want %d", row.flags, refused, row.refused)
		}
	}
}

func TestServe_TLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key, "first", time.Now().Add(90*24*time.Hour))
	s := serve(t, "--tls-cert", cert, "--tls-key", key)

	for version, want := range map[uint16]bool{tls.VersionTLS13: true, tls.VersionTLS12: true, tls.VersionTLS11: false} {
		conn, err := tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("T-120 %s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	base, _ := s.token(t)
	if !strings.HasPrefix(base, "https://"+s.addr+"/scim/") {
		t.Errorf("base URL %s", base)
	}
	res, err := http.Get("http://" + s.addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP on the TLS port: %s", res.Status)
	}

	out, status := s.usher(t, "doctor", "--public-url", "https://"+s.addr)
	if status != exitFailed || !strings.Contains(out, "certificate") || !strings.Contains(out, "unknown authority") {
		t.Errorf("doctor about a self-signed certificate: %d\n%s", status, out)
	}
}

// A renewed pair of files is taken up; one that does not fit leaves the old pair in place.
func TestCertificate_Renewal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := &certificate{certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
	if _, err := c.get(nil); err == nil {
		t.Fatal("no files: no error")
	}
	name := func() string {
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.Subject.CommonName
	}
	writeCertificate(t, c.certFile, c.keyFile, "first", time.Now().Add(time.Hour))
	if got := name(); got != "first" {
		t.Errorf("got %s", got)
	}
	writeCertificate(t, c.certFile, c.keyFile, "second", time.Now().Add(time.Hour))
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(c.certFile, later, later); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "first" {
		t.Errorf("within %s: got %s", recheck, got)
	}
	c.checked = time.Time{}
	if got := name(); got != "second" {
		t.Errorf("after %s: got %s", recheck, got)
	}
	writeCertificate(t, c.certFile, filepath.Join(dir, "elsewhere.pem"), "third", time.Now().Add(time.Hour))
	later = later.Add(time.Minute)
	if err := os.Chtimes(c.certFile, later, later); err != nil {
		t.Fatal(err)
	}
	c.checked = time.Time{}
	if got := name(); got != "second" {
		t.Errorf("a certificate without its key: got %s", got)
	}
}

func TestDoctor_JudgesCertificates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	dir := t.TempDir()
	tests := []struct {
		name, host string
		now        time.Time
		want       string
	}{
		{"expired", "127.0.0.1", now.AddDate(1, 0, 0), "expired at"},
		{"not yet valid", "127.0.0.1", now.AddDate(-1, 0, 0), "not valid before"},
		{"other host", "scim.example.com", now, "scim.example.com"},
		{"self-signed", "127.0.0.1", now, "unknown authority"},
	}
	path := filepath.Join(dir, "cert.pem")
	writeCertificate(t, path, filepath.Join(dir, "key.pem"), "test", now.Add(90*24*time.Hour))
	chain, err := readChain(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		d := &doctor{app: &app{now: func() time.Time { return tt.now }}}
		d.judge(chain, tt.host)
		if f := d.findings[0]; f.Status != statusFail || !strings.Contains(f.Text, tt.want) || f.Hint == "" {
			t.Errorf("%s: got %+v, want …%s…", tt.name, f, tt.want)
		}
	}
}

// What is wrong on the command line is a usage error, and makes nothing.
func TestServe_WrongFlagsAreUsage(t *testing.T) {
	t.Parallel()
	for _, flags := range []string{
		"--addr 127.0.0.1", "--addr 127.0.0.1:99999", "--private-address 9090", "--private-address :99999",
		"--addr 127.0.0.1:9090 --private-address :9090", "--addr localhost:9090 --private-address 127.0.0.1:9090",
		"--addr 127.0.0.1:9090 --private-address 0.0.0.0:9090",
		"--addr 127.0.0.1:0 --public-url scim.example.com", "--addr 127.0.0.1:0 --trusted-proxies proxy", "--addr 127.0.0.1:0 --allow-private-hooks hook",
		"--addr 127.0.0.1:0 --tls-cert cert.pem", "--addr 127.0.0.1:0 --drain-delay -5s",
	} {
		data := filepath.Join(t.TempDir(), "data")
		var errs bytes.Buffer
		status := run(t.Context(), slices.Concat([]string{"serve", "--data", data}, strings.Fields(flags)), streams{nil, io.Discard, &errs})
		if status != exitUsage || !strings.Contains(errs.String(), "\nhint: ") {
			t.Errorf("%s: exit status %d: %s", flags, status, &errs)
		}
		if exists(data) || exists(data+".key") {
			t.Errorf("%s: made a data folder or a key", flags)
		}
	}
}

// writeCertificate writes a self-signed pair for 127.0.0.1.
func writeCertificate(t *testing.T, certFile, keyFile, name string, until time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
