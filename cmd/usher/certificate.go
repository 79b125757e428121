package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// serverTLS serves the certificate of two PEM files, from TLS 1.2 on: Entra documents nothing newer (T-120).
func serverTLS(certFile, keyFile string) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	if _, err := c.get(nil); err != nil {
		return nil, hint(fmt.Errorf("certificate: %w", err), "--tls-cert needs the certificate followed by its intermediates, --tls-key its private key, both in PEM")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

// recheck is how often the files are looked at again.
const recheck = time.Minute

// certificate is a pair of files, read again when the first of them has changed: a renewal needs no restart.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	pair    *tls.Certificate
	changed time.Time // of the file that pair was read from
	checked time.Time
}

// get is a [tls.Config.GetCertificate]. While new files do not fit together, the old pair goes on.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.pair != nil && now.Sub(c.checked) < recheck {
		return c.pair, nil
	}
	err := c.read()
	if c.pair == nil {
		return nil, err
	}
	c.checked = now
	return c.pair, nil
}

func (c *certificate) read() error {
	info, err := os.Stat(c.certFile)
	if err != nil || info.ModTime().Equal(c.changed) {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.changed = &pair, info.ModTime()
	return nil
}
