package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	maxAnswer   = 64 << 10         // bytes of a body, and of a head
	callTimeout = 10 * time.Second // of one call, when the caller's context sets no nearer end
	dialTimeout = 5 * time.Second
)

var (
	errPlain    = errors.New("plain http is for an address of this machine that the operator allows: use https")
	errTooLarge = fmt.Errorf("the answer has more than %d bytes", maxAnswer)
)

// ClientConfig configures a [Client]. The zero value reaches public addresses by HTTPS.
type ClientConfig struct {
	// AllowedNetworks may be reached although they are private. Plain HTTP is possible where they hold a loopback
	// address. The metadata addresses of clouds must be named by themselves. Defaults to none.
	AllowedNetworks []netip.Prefix
	// Resolver finds the addresses of a host. Defaults to net.DefaultResolver.
	Resolver *net.Resolver
	// RootCAs sign the receivers' certificates. Defaults to those of the system.
	RootCAs *x509.CertPool
}

// Client calls addresses that strangers have configured. It looks at each address that it is about to connect to, after
// names were resolved, so that a name that changes its address between two look-ups gains nothing. It follows no
// redirect, heeds no proxy of the environment, and reads answers up to 64 KiB. It is safe for concurrent use.
type Client struct {
	secure, plain *http.Transport
}

// NewClient returns a client.
func NewClient(cfg ClientConfig) *Client {
	allowed := make([]netip.Prefix, len(cfg.AllowedNetworks))
	for i, p := range cfg.AllowedNetworks {
		allowed[i] = unmapPrefix(p).Masked()
	}
	return &Client{secure: newTransport(cfg, allowed, false), plain: newTransport(cfg, allowed, true)}
}

// unmapPrefix turns ::ffff:10.0.0.0/104 into 10.0.0.0/8, which is how addresses are compared.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}

func newTransport(cfg ClientConfig, allowed []netip.Prefix, plain bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout:  dialTimeout,
		Resolver: cfg.Resolver,
		Control: func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("address %q: %w", address, err)
			}
			return checkAddress(a.Addr(), plain, allowed)
		},
	}
	return &http.Transport{
		Proxy:                  nil, // a proxy would be dialled in the place of the address that is to be looked at
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // the limit is on what is sent
		MaxResponseHeaderBytes: maxAnswer,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
	}
}

// answer is what a receiver said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// post sends a body. Whatever the receiver answers is no error, unless it is too large.
func (c *Client) post(ctx context.Context, address string, header http.Header, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	res, err := c.RoundTrip(req) // and not http.Client.Do, which follows redirects
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = errTooLarge
	}
	return answer{status: res.StatusCode, header: res.Header, body: text}, err
}

// Reason says in plain words why a call failed, without the addresses and names of the operator's network that the
// error may hold: it is read by who configured the address.
func Reason(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	for _, own := range []error{errForbidden, errPlain, errTooLarge} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	switch {
	case errors.As(err, &dns):
		return "the host's name cannot be resolved"
	case errors.As(err, &certificate):
		return "the certificate of the host is not valid for it"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "there was no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the host refuses connections"
	}
	return "the connection failed"
}
