package postgres_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// authority signs certificates of servers.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	a.certificate, err = x509.ParseCertificate(a.sign(t, a.certificate, a.key))
	must(t, err)
	return a
}

// sign returns a certificate of the key.
func (a authority) sign(t *testing.T, c *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, a.certificate, &key.PublicKey, a.key)
	must(t, err)
	return der
}

// file is what sslrootcert names.
func (a authority) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}), 0o600))
	return path
}

// encrypt gives a server a certificate for localhost, and switches TLS on.
func (a authority) encrypt(t *testing.T, server *postgrestest.Server) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	certificate := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
	}, key)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	dir, err := os.Stat(server.Dir())
	must(t, err)
	for name, block := range map[string]*pem.Block{
		"cert": {Type: "CERTIFICATE", Bytes: certificate}, "key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		path := filepath.Join(server.Dir(), name)
		must(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
		must(t, os.Chown(path, int(dir.Sys().(*syscall.Stat_t).Uid), -1))
		execute(t, server.URL("postgres"), `ALTER SYSTEM SET ssl_`+name+`_file = '`+path+`'`)
	}
	execute(t, server.URL("postgres"), `ALTER SYSTEM SET ssl = on`)
	execute(t, server.URL("postgres"), `SELECT pg_reload_conf()`)
	await(t, func() bool {
		return count(t, server.URL("postgres"), `SELECT count(*) FROM pg_settings WHERE name = 'ssl' AND setting = 'on'`) == 1
	})
}

// The way to the database is encrypted as the URL asks for it, and what does not fit is told.
func TestTLS(t *testing.T) {
	t.Parallel()
	own, err := postgrestest.StartNetwork()
	must(t, err)
	t.Cleanup(func() { must(t, own.Stop()) })
	_, port, _ := strings.Cut(own.Addr(), ":")
	at := func(host, query string) string { return "postgres://usher@" + host + ":" + port + "/postgres?" + query }
	ours, another := newAuthority(t), newAuthority(t)

	wantRefused(t, at("localhost", "sslmode=require"), refusedTLS, "ssl = on")
	wantRefused(t, at("localhost", "dbname=none"), `database "none" does not exist`, "createdb --owner usher none")
	ours.encrypt(t, own)
	full := "sslmode=verify-full&sslrootcert="
	wantRefused(t, at("localhost", full+another.file(t)), "certificate signed by unknown authority", "sslrootcert=FILE")
	wantRefused(t, at("localhost", "sslmode=verify-full"), "certificate signed by unknown authority", "sslrootcert=FILE")
	wantRefused(t, at("127.0.0.1", full+ours.file(t)), "cannot validate certificate for 127.0.0.1", "write the host in the URL as")

	s := open(t, at("localhost", full+ours.file(t)))
	must(t, s.Commit(t.Context(), logged("first")))
	sessions := `SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'usher' AND `
	if encrypted, plain := count(t, own.URL("postgres"), sessions+`ssl`), count(t, own.URL("postgres"), sessions+`NOT ssl`); encrypted == 0 || plain > 0 {
		t.Errorf("%d encrypted sessions and %d others", encrypted, plain)
	}
}

// refusedTLS is told where it is the cause, and not where an attempt without TLS was made as well.
const refusedTLS = "server refused TLS connection"

// wantRefused opens a database in vain.
func wantRefused(t *testing.T, url, text, hint string) {
	t.Helper()
	_, err := postgres.Open(t.Context(), url, postgres.Options{})
	failed, ok := errors.AsType[*postgres.Error](err)
	if !ok || !strings.Contains(err.Error(), text) || !strings.Contains(failed.Hint, hint) {
		t.Errorf("%s: %v (%+v), want %q with the hint %q", url, err, failed, text, hint)
	}
	if strings.Contains(err.Error(), refusedTLS) != (text == refusedTLS) {
		t.Errorf("%s: %v", url, err)
	}
}
