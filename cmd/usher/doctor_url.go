package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	probeTimeout = 10 * time.Second
	probeBody    = 64
	clockSkew    = time.Minute
	renewBefore  = 14 * 24 * time.Hour
)

// checkPublicURL looks at the server from where identity providers stand.
func (d *doctor) checkPublicURL() {
	public, err := d.knownPublicURL()
	if err != nil {
		hint := "set --public-url or USHER_PUBLIC_URL"
		if errors.Is(err, fs.ErrPermission) {
			hint = notOwner
		}
		d.fail("public URL", hint, "%v", err)
		d.checkClock(nil)
		return
	}
	answer, err := d.probe(public)
	d.checkReachable(public, answer, err)
	d.checkCertificate(public, answer)
	d.checkClock(answer)
}

// probe asks for /healthz. It sends no secret and leaves the certificate to its own check, which says more.
func (d *doctor) probe(public string) (*http.Response, error) {
	client := &http.Client{
		Timeout:   probeTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // see above
	}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(d.ctx, http.MethodGet, public+"/healthz", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, probeBody))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return answer, err
	}
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "ok" {
		return answer, fmt.Errorf("%s/healthz answers %s, which is not Usher", public, answer.Status)
	}
	return answer, nil
}

func (d *doctor) checkReachable(public string, answer *http.Response, err error) {
	switch {
	case err == nil && isLoopbackURL(public):
		d.warn("public URL", "serve with --public-url https://… for an identity provider to reach it", "%s answers, on this machine only", public)
	case err == nil && answer.TLS == nil:
		d.fail("public URL", "identity providers need https", "%s is plain HTTP", public)
	case err == nil:
		d.ok("public URL", "%s answers", public)
	case errors.Is(err, http.ErrSchemeMismatch):
		d.fail("public URL", "give usher serve --tls-cert and --tls-key, or the proxy a certificate; or name the port that has TLS", "%s answers, but without TLS", public)
	case isLoopbackURL(public) && isUnreached(err):
		d.warn("public URL", "start usher serve; set --public-url to what identity providers reach", "nothing answers at %s", public)
	default:
		d.fail("public URL", "check DNS, the firewall, the proxy's route, and that usher serve runs", "%s: %v", public, err)
	}
}

// isUnreached reports whether there was no connection at all.
func isUnreached(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

// checkCertificate looks at the chain of the file, else at the one that the public URL shows.
func (d *doctor) checkCertificate(public string, answer *http.Response) {
	var chain []*x509.Certificate
	switch {
	case d.tlsCert != "":
		var err error
		if chain, err = readChain(d.tlsCert); err != nil {
			d.fail("certificate", "--tls-cert takes PEM: the certificate, then its intermediates", "%v", err)
			return
		}
	case answer != nil && answer.TLS != nil:
		chain = answer.TLS.PeerCertificates
	default:
		return
	}
	host := ""
	if u, err := url.Parse(public); err == nil {
		host = u.Hostname()
	}
	d.judge(chain, host)
}

// judge finds what an identity provider would refuse.
func (d *doctor) judge(chain []*x509.Certificate, host string) {
	leaf, now := chain[0], d.now()
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, untrusted := leaf.Verify(x509.VerifyOptions{Intermediates: intermediates, CurrentTime: now})
	unnamed := leaf.VerifyHostname(host)
	switch {
	case now.Before(leaf.NotBefore):
		d.fail("certificate", "check the clock of this machine, or wait", "not valid before %s", when(leaf.NotBefore))
	case now.After(leaf.NotAfter):
		d.fail("certificate", "renew it", "expired at %s", when(leaf.NotAfter))
	case unnamed != nil:
		d.fail("certificate", "get one for the host of the public URL", "%v", unnamed)
	case untrusted != nil:
		d.fail("certificate", "identity providers trust public authorities only; give the whole chain, leaf first", "%v", untrusted)
	case leaf.NotAfter.Sub(now) < renewBefore:
		d.warn("certificate", "renew it; serve takes up the new file by itself", "expires at %s", when(leaf.NotAfter))
	default:
		d.ok("certificate", "for %s, until %s", host, when(leaf.NotAfter))
	}
}

func readChain(path string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return chain, nil
}

// checkClock compares this machine's time with what is known: expiry of tokens and certificates hangs on it.
func (d *doctor) checkClock(answer *http.Response) {
	now := d.now()
	if built := version().BuiltOf; built != nil && now.Before(*built) {
		d.fail("clock", "set the clock; run a time service", "it is %s here, before this program was made", when(now))
		return
	}
	if answer != nil {
		if there, err := http.ParseTime(answer.Header.Get("Date")); err == nil && there.Sub(now).Abs() > clockSkew {
			d.fail("clock", "run a time service on both ends", "it is %s here and %s at the public URL", when(now), when(there))
			return
		}
	}
	d.ok("clock", "%s", when(now))
}
